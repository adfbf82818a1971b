"""Alerts: the numbers at which they fire, and what a stack file may change about each.

The rules lie beside the components that attach them, one file for each part of a platform. They are Prometheus' own
rule files (https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/) but for one key: an alert whose
number is a matter of opinion names it in `threshold`, and its expression has `$threshold` in that place.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, model_validator

from spec.base import Duration, Section

RULES = Path(__file__).resolve().parent.parent / "components" / "observability" / "rules"

Severity = Literal["critical", "warning", "info"]


class Alert(Section):
    """What is different about one alert; what is left out stays as its rule file has it."""

    threshold: Annotated[float, Field(ge=0)] | None = None
    """The number that the alert compares with, in the unit of its rule file."""
    for_: Duration | None = Field(default=None, alias="for")
    """How long it has to hold, such as 5m."""
    severity: Severity | None = None
    """`critical` calls somebody, the others can wait."""

    @model_validator(mode="after")
    def _says_something(self) -> Alert:
        if self.threshold is None and self.for_ is None and self.severity is None:
            raise ValueError("changes nothing; give threshold, for or severity")
        return self


@cache
def rules(part: str) -> list[dict[str, Any]]:
    """Return the groups of rules of a part of the platform, by its name, such as ``postgres``; not to be changed."""
    return yaml.load((RULES / f"{part}.yaml").read_text(), yaml.CSafeLoader)["groups"]


@cache
def parts() -> frozenset[str]:
    """Return the parts of a platform that have alerts."""
    return frozenset(path.stem for path in RULES.glob("*.yaml"))


@cache
def thresholds() -> Mapping[str, float | None]:
    """Return every alert there is, and the number at which it fires, if it has one."""
    return {
        rule["alert"]: rule.get("threshold")
        for part in sorted(parts())
        for group in rules(part)
        for rule in group["rules"]
    }
