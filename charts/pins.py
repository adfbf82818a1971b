"""Which third-party charts there are, where they come from, and what their archives should be.

`versions.yaml` pins the versions; `digests.yaml` has the SHA-256 of archives, for as many of them as somebody has seen
their publisher's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

VERSIONS = Path(__file__).with_name("versions.yaml")
DIGESTS = Path(__file__).with_name("digests.yaml")

_ABOUT_DIGESTS = """\
# SHA-256 of packaged charts as their publishers have them, by the archive's name without .tgz. An archive that has
# another is refused by `python -m charts vendor`; one that is not listed is taken on trust, and
# `python -m charts vendor --record` lists it.
"""


@dataclass(frozen=True)
class Pin:
    """One version of one chart."""

    key: str
    """What components call it."""
    chart: str
    """What it calls itself."""
    repository: str
    """URL of a Helm repository, or the OCI path above the chart."""
    version: str
    crds: tuple[str, ...] = ()
    """API groups that it brings."""
    crds_switches: tuple[str, ...] = ()
    """Values, by their paths, that decide whether it does."""

    @property
    def is_oci(self) -> bool:
        return self.repository.startswith("oci://")

    @property
    def stem(self) -> str:
        """The archive's name without its suffix."""
        return f"{self.chart}-{self.version}"

    @property
    def archive(self) -> str:
        """Name of the packaged chart, in a repository as in a mirror."""
        return f"{self.stem}.tgz"


def pins(versions: Path = VERSIONS) -> dict[str, Pin]:
    """Return every pinned chart by its key."""
    given: Mapping[str, Mapping[str, Any]] = yaml.safe_load(versions.read_text())
    return {
        key: Pin(
            key,
            pin.get("chart", key),
            pin["repository"],
            pin["version"],
            tuple(pin.get("crds", ())),
            tuple(pin.get("crdsSwitch", ())),
        )
        for key, pin in sorted(given.items())
    }


def digests(path: Path = DIGESTS) -> dict[str, str]:
    """Return the digests that are known, in hexadecimal, by `Pin.stem`."""
    return yaml.safe_load(path.read_text())


def write_digests(known: Mapping[str, str], path: Path = DIGESTS) -> None:
    """Write the list of digests anew."""
    path.write_text(_ABOUT_DIGESTS + yaml.safe_dump(dict(known), sort_keys=True))
