"""The table of prices of a region, and what is assumed of use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent

HOURS = 730
"""Hours of a month, as AWS's calculator counts them: 365 × 24 / 12."""


class Unpriced(LookupError):
    """Something without a price; the message says what, and where it would have to stand."""


@dataclass(frozen=True)
class Prices:
    """The prices of one region."""

    region: str
    as_of: date
    table: Mapping[str, Mapping[str, float]]

    def of(self, kind: str, name: str) -> float:
        """Return the price of one unit. Raises Unpriced."""
        try:
            return self.table[kind][name]
        except KeyError:
            raise Unpriced(f"{name} has no price under {kind} in cost/prices/{self.region}.yaml") from None


def load(region: str) -> Prices:
    """Return a region's prices. Raises Unpriced with the regions that there are."""
    path = HERE / "prices" / f"{region}.yaml"
    if not path.is_file():
        there_are = ", ".join(sorted(each.stem for each in path.parent.glob("*.yaml")))
        raise Unpriced(f"there are no prices of region {region}; there are those of {there_are}")
    document = yaml.safe_load(path.read_text())
    table = {key: value for key, value in document.items() if key not in ("asOf", "sources")}
    return Prices(region, document["asOf"], table)


def usage(path: Path | None = None) -> dict[str, Any]:
    """Return what is assumed of use: cost/usage.yaml, with the values of ``path`` in place of its own.

    Raises Unpriced for a file that can't be read, for a key that nothing depends on, and for what is no number.
    """
    assumed = yaml.safe_load((HERE / "usage.yaml").read_text())
    try:
        given = yaml.safe_load(path.read_text()) or {} if path else {}
    except (OSError, yaml.YAMLError) as error:
        raise Unpriced(f"{path}: can't be read: {error}") from None
    if not isinstance(given, dict):
        raise Unpriced(f"{path}: is no mapping; write it like cost/usage.yaml")
    if unknown := given.keys() - assumed.keys():
        named = ", ".join(sorted(map(str, unknown)))
        raise Unpriced(f"{path}: nothing depends on {named}; there are {', '.join(assumed)}")
    for key, value in given.items():
        by_name = isinstance(assumed[key], dict)
        numbers = list(value.values()) if by_name and isinstance(value, dict) else [None if by_name else value]
        if not all(isinstance(each, int | float) and each >= 0 for each in numbers):
            raise Unpriced(f"{path}: {key}: {value} is no number; write it like {'{surge: 10}' if by_name else 10}")
    return assumed | given
