"""From a stack file, or the configuration that Pulumi made of it, to a platform."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from spec import (  # noqa: F401  have their rules added
    access_rules,
    capacity_rules,
    connection_rules,
    data_rules,
    edge_rules,
    frontend_rules,
    gitops_rules,
    ingress_rules,
    interface_rules,
    kafka_rules,
    mesh_rules,
    name_rules,
    observability_rules,
    own_machines_rules,
    sign_in_rules,
    spot_rules,
    way_in_rules,
)
from spec.mistakes import Mistake, SpecError, from_validation
from spec.platform import Platform
from spec.rules import broken_rules

NAMESPACE = "groundwork:"
ROOT = Path(__file__).resolve().parent.parent


def from_config(config: Mapping[str, Any], source: str) -> Platform:
    """Return the platform that ``config`` describes: its keys are those of a stack file without ``groundwork:``.

    A key with an empty value counts as not given, as Pulumi.yaml has to declare a default for each that may be left
    out. ``source`` is named in errors. Raises SpecError with every mistake: those of form first, since a rule
    that relates two values can only be asked once both are sound.
    """
    optional = {field.alias for field in Platform.model_fields.values() if not field.is_required()}
    data = {key: value for key, value in config.items() if not (key in optional and value in ({}, [], ""))}
    try:
        platform = Platform.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        raise SpecError(source, from_validation(error, Platform, data)) from None
    if mistakes := broken_rules(platform):
        raise SpecError(source, mistakes)
    return platform


def from_file(path: Path) -> Platform:
    """Return the platform that a stack file describes. Raises SpecError, also for what is not YAML."""
    try:
        document = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise SpecError(path.name, [Mistake((), f"is not YAML: {error}")]) from None
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise SpecError(
            path.name, [Mistake(("config",), "is missing", "a stack file holds its settings under config:")]
        )
    return from_config({k.removeprefix(NAMESPACE): v for k, v in config.items() if k.startswith(NAMESPACE)}, path.name)


def stack_file(stack: str, root: Path = ROOT) -> Path:
    """Return the path of a stack's file. Raises SpecError that lists the stacks there are."""
    path = root / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        there_are = stacks(root)
        near = get_close_matches(stack, there_are, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        remedy = f"{hint}stacks: {', '.join(there_are)}"
        raise SpecError(path.name, [Mistake(("stack",), "does not exist", remedy, stack)])
    return path


def stacks(root: Path = ROOT) -> list[str]:
    """Return the names of the stacks that have a file."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml"))
