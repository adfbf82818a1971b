"""The policy pack: `pulumi preview --policy-pack policies`, once `make policies` has filled its virtualenv."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pulumi_policy import (  # pyright: ignore[reportMissingImports]  of the pack's own virtualenv
    EnforcementLevel,
    PolicyPack,
    ResourceValidationPolicy,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError  # pyright: ignore[reportMissingImports]

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policies.rules import RULES, STACK_RULES, UNKNOWN, Resource, Rule, StackRule


def _plain(value: Any) -> Any:
    """Return an input as rules read it: what is not known yet raises when the SDK is asked for it."""
    if isinstance(value, Mapping):
        return {key: _known(lambda key=key: value[key]) for key in value}
    if isinstance(value, list | tuple):
        return [_known(lambda position=position: value[position]) for position in range(len(value))]
    return value


def _known(ask: Callable[[], Any]) -> Any:
    try:
        return _plain(ask())
    except UnknownValueError:
        return UNKNOWN


def _resource(args: Any) -> Resource:
    dependencies = getattr(args, "dependencies", None) or ()
    return Resource(
        args.resource_type,
        args.name,
        _plain(args.props),
        frozenset((each.resource_type, each.name) for each in dependencies),
        _plain(args.provider.props) if args.provider else {},
    )


def _of_resource(rule: Rule) -> ResourceValidationPolicy:
    def validate(args: Any, report: Any) -> None:
        for problem in rule.check(_resource(args)):
            report(f"{args.name} {problem}")

    return ResourceValidationPolicy(rule.name, rule.description, validate)


def _of_stack(rule: StackRule) -> StackValidationPolicy:
    def validate(args: Any, report: Any) -> None:
        urns = {(each.resource_type, each.name): each.urn for each in args.resources}
        for resource, problem in rule.check([_resource(each) for each in args.resources]):
            report(f"{resource.name} {problem}", urns[resource.type, resource.name])

    return StackValidationPolicy(rule.name, rule.description, validate)


PolicyPack(
    "groundwork",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[*map(_of_resource, RULES), *map(_of_stack, STACK_RULES)],
)
