"""Alerts of one part of the platform, as the Prometheus operator reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from spec.alerts import Alert, rules


def groups(part: str, changed: Mapping[str, Alert]) -> list[dict[str, Any]]:
    """Return a part's groups of rules as Prometheus takes them, with what a stack file has ``changed`` about alerts."""
    return [
        {**group, "rules": [_rule(rule, changed.get(rule["alert"])) for rule in group["rules"]]}
        for group in rules(part)
    ]


def prometheus_rule(
    part: str, changed: Mapping[str, Alert], namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> CustomResource:
    """Return the PrometheusRule of a part: one for each, so that a change of a number touches one object."""
    return CustomResource(
        f"alerts-{part}",
        api_version="monitoring.coreos.com/v1",
        kind="PrometheusRule",
        metadata={"name": part, "namespace": namespace},
        spec={"groups": groups(part, changed)},
        opts=opts,
    )


def _rule(given: Mapping[str, Any], changed: Alert | None) -> dict[str, Any]:
    rule = {key: value for key, value in given.items() if key != "threshold"}
    threshold = given.get("threshold")
    if changed:
        threshold = threshold if changed.threshold is None else changed.threshold
        rule |= {"for": changed.for_} if changed.for_ else {}
        rule |= {"labels": {**given["labels"], "severity": changed.severity}} if changed.severity else {}
    return rule if threshold is None else rule | {"expr": rule["expr"].replace("$threshold", f"{threshold:.15g}")}
