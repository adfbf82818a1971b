"""The schema that editors complete stack files from, and what Pulumi.yaml declares, say what the model says."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

from spec.__main__ import SCHEMA, schema
from spec.load import ROOT, stack_file, stacks
from spec.platform import Platform

KEYS = {field.alias or name for name, field in Platform.model_fields.items()}


@pytest.fixture(scope="module")
def refusing() -> Validator:
    """What the schema is checked with, after it was itself: that takes longer than any check."""
    made = validator_for(schema())
    made.check_schema(schema())
    return made(schema())


def test_schema_in_the_repository_is_current() -> None:
    assert json.loads(SCHEMA.read_text()) == schema(), "run `make schema`"


@pytest.mark.parametrize("stack", stacks())
def test_stack_files_name_the_schema_and_follow_it(stack: str, refusing: Validator) -> None:
    text = stack_file(stack).read_text()
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA.relative_to(ROOT)}\n")
    refusing.validate(yaml.safe_load(text))


def test_schema_refuses_what_the_model_refuses(refusing: Validator) -> None:
    with pytest.raises(jsonschema.ValidationError, match="servces"):
        refusing.validate({"config": {"groundwork:servces": []}})


def test_pulumi_yaml_declares_every_key_with_type_and_description() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert set(declared) == KEYS
    properties = Platform.model_json_schema(by_alias=True)["properties"]
    for key, declaration in declared.items():
        assert declaration["description"]
        assert ("default" in declaration) == (key not in ("name", "cluster", "security")), key
        if declaration["type"] == "array":
            assert properties[key]["type"] == "array"
