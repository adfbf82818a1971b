"""The schemas that are published for files which others read, as check-jsonschema ships them."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from jsonschema import Draft7Validator


def mistakes(name: str, document: Any) -> list[str]:
    """Return what a document breaks of a schema: github-workflows, github-actions or renovate."""
    schema = json.loads((files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json").read_text())
    return [f"{error.json_path}: {error.message[:300]}" for error in Draft7Validator(schema).iter_errors(document)]
