"""From a stack file, or the configuration that Pulumi made of it, to a platform."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from spec import (  # noqa: F401  have their rules added
    access_rules,
    capacity_rules,
    connection_rules,
    data_rules,
    database_rules,
    edge_rules,
    frontend_rules,
    gitops_rules,
    ingress_rules,
    interface_rules,
    kafka_rules,
    machine_rules,
    mesh_rules,
    name_rules,
    observability_rules,
    own_machines_rules,
    permission_rules,
    sign_in_rules,
    spot_rules,
    stack_yaml,
    way_in_rules,
)
from spec.clear_text import in_clear_text
from spec.mistakes import Mistake, SpecError, did_you_mean, from_validation
from spec.partial import mistakes_beside
from spec.platform import Platform
from spec.rules import broken_rules

NAMESPACE = "groundwork:"
# https://www.pulumi.com/docs/iac/concepts/config/#stack-settings-file
_TOP_LEVEL = {"config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"}
ROOT = Path(__file__).resolve().parent.parent


def from_config(config: Mapping[str, Any], source: str) -> Platform:
    """Return the platform that ``config`` describes: its keys are those of a stack file without ``groundwork:``.

    A key with an empty value counts as not given, as Pulumi.yaml has to declare a default for each that may be left
    out. ``source`` is named in errors. Raises SpecError with every mistake: those of form, and of what is sound apart
    from them, those that relate one value to another.
    """
    optional = {field.alias for field in Platform.model_fields.values() if not field.is_required()}
    data = {key: value for key, value in config.items() if not (key in optional and value in ({}, [], ""))}
    try:
        platform = Platform.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        mistakes = from_validation(error, Platform, data)
        raise SpecError(source, [*mistakes, *mistakes_beside(mistakes, data)]) from None
    if mistakes := broken_rules(platform):
        raise SpecError(source, mistakes)
    return platform


def own(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return this program's part of a stack's configuration, its keys without ``groundwork:``.

    A key without a namespace is the project's, as Pulumi has it. One whose namespace is misspelt is returned with it,
    as a key that does not exist: Pulumi would take it for another program's, and nobody would ever be told.
    """
    found: dict[str, Any] = {}
    for key, value in config.items():
        namespace, _, name = key.rpartition(":")
        if f"{namespace}:" in (":", NAMESPACE):
            found[name] = value
        elif get_close_matches(f"{namespace}:", [NAMESPACE], cutoff=0.75):
            found[key] = value
    return found


def from_file(path: Path) -> Platform:
    """Return the platform that a stack file describes. Raises SpecError, also for what is not YAML."""
    config = settings(path)
    platform = from_config(config, path.name)
    if mistakes := in_clear_text(platform, config, NAMESPACE):
        raise SpecError(path.name, mistakes)
    return platform


def settings(path: Path) -> dict[str, Any]:
    """Return what a stack file holds, by keys without ``groundwork:``. Raises SpecError for what is not YAML."""
    document = parsed(path)
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise SpecError(
            path.name, [Mistake(("config",), "is missing", "a stack file holds its settings under config:")]
        )
    if unknown := document.keys() - _TOP_LEVEL:
        problem = "is not a key that exists here"
        found = [Mistake((key,), problem, did_you_mean(key, _TOP_LEVEL, "keys")) for key in sorted(map(str, unknown))]
        raise SpecError(path.name, found)
    return own(config)


def parsed(path: Path) -> Any:
    """Return what a file of YAML holds. Raises SpecError, with the line, for what is not YAML as Pulumi reads it."""
    try:
        return stack_yaml.load(path.read_bytes())
    except ValueError as error:
        raise SpecError(path.name, [Mistake((), f"is not YAML as Pulumi reads it: {error}")]) from None


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
