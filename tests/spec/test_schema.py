"""The schema that editors complete stack files from, and what Pulumi.yaml declares, say what the model says."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from spec.__main__ import SCHEMA, schema
from spec.load import ROOT, stack_file, stacks
from spec.platform import Platform

KEYS = {field.alias or name for name, field in Platform.model_fields.items()}


def test_schema_in_the_repository_is_current() -> None:
    assert json.loads(SCHEMA.read_text()) == schema(), "run `make schema`"


@pytest.mark.parametrize("stack", stacks())
def test_stack_files_name_the_schema_and_follow_it(stack: str) -> None:
    text = stack_file(stack).read_text()
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA.relative_to(ROOT)}\n")
    jsonschema.validate(yaml.safe_load(text), schema())


def test_schema_refuses_what_the_model_refuses() -> None:
    with pytest.raises(jsonschema.ValidationError, match="servces"):
        jsonschema.validate({"config": {"groundwork:servces": []}}, schema())


def test_pulumi_yaml_declares_every_key_with_type_and_description() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert set(declared) == KEYS
    properties = Platform.model_json_schema(by_alias=True)["properties"]
    for key, declaration in declared.items():
        assert declaration["description"]
        assert ("default" in declaration) == (key not in ("name", "cluster", "security")), key
        if declaration["type"] == "array":
            assert properties[key]["type"] == "array"
