"""What a dashboard is made of, apart from Grafana: rows of panels, each with its queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

# Units are Grafana's: https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts
Unit = Literal["short", "percent", "s", "ms", "bytes", "Bps", "reqps", "ops", "cps"]

RATE = "$__rate_interval"
"""The span of a `rate`: Grafana's, which never gets shorter than four scrapes."""


@dataclass(frozen=True)
class Lines:
    """Values over time."""

    title: str
    unit: Unit
    queries: Mapping[str, str]
    """Expressions, by the legend of the lines that each gives."""
    stacked: bool = False
    description: str = ""


@dataclass(frozen=True)
class Number:
    """One value, as it is now."""

    title: str
    unit: Unit
    query: str
    alarming: float | None = None
    """From here on it is red."""


@dataclass(frozen=True)
class LogLines:
    """Lines of logs."""

    title: str
    query: str


Panel = Lines | Number | LogLines


@dataclass(frozen=True)
class Choice:
    """Something that whoever looks can choose: the values that a label has, any number of them."""

    name: str
    metric: str
    """A selector, in which earlier choices may be used; empty for the label's values anywhere."""
    label: str


@dataclass(frozen=True)
class Search:
    """A word that whoever looks can look for."""

    name: str


@dataclass(frozen=True)
class Dashboard:
    """A dashboard; its uid is part of its address and stays what it is."""

    uid: str
    title: str
    description: str
    rows: Mapping[str, Sequence[Panel]]
    choices: Sequence[Choice | Search] = ()
    datasource: Literal["prometheus", "loki"] = "prometheus"
    """By its type, which is also its uid."""

    def panels(self) -> list[Panel]:
        """Return all panels, in order."""
        return [panel for row in self.rows.values() for panel in row]
