"""Third-party charts: list what is pinned, fill a mirror for `groundwork:chartMirror`, take the CRDs out of one.

Usage: python -m charts list
       python -m charts vendor [--record] DIRECTORY [CHART …]
       python -m charts crds MIRROR DIRECTORY
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path

from charts.definitions import NoDefinitions, write_definitions
from charts.pins import Pin, digests, pins, write_digests
from charts.vendor import Vendored, vendor


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0, or 1 when the mirror is not what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m charts", description="Third-party charts.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every pinned chart, where it comes from, and whether its digest is known")
    vendoring = commands.add_parser("vendor", help="download, verify and pack charts into a mirror")
    vendoring.add_argument("directory", type=Path, help="where the mirror is; made if it is not there")
    vendoring.add_argument("chart", nargs="*", help="keys of charts/versions.yaml; all of them when none is given")
    vendoring.add_argument("--record", action="store_true", help="add the digests of charts taken on trust to the list")
    defining = commands.add_parser("crds", help="write the CRDs of a mirror's charts, for GROUNDWORK_CRDS")
    defining.add_argument("mirror", type=Path, help="where the charts are")
    defining.add_argument("directory", type=Path, help="where the CRDs go; made if it is not there")
    options = parser.parse_args(arguments)
    known, pinned = digests(), pins()
    if options.command == "list":
        width = _width(pinned.values())
        for pin in pinned.values():
            print(f"{pin.archive:<{width}}{'digest known' if pin.stem in known else 'on trust':<14}{pin.repository}")
        return 0
    if options.command == "crds":
        return _define(pinned.values(), options.mirror, options.directory)
    if unknown := [key for key in options.chart if key not in pinned]:
        for key in unknown:
            near = get_close_matches(key, pinned, n=1)
            print(
                f"{key} is not in charts/versions.yaml{f'; did you mean {near[0]}?' if near else ''}", file=sys.stderr
            )
        return 1
    return _vendor([pinned[key] for key in options.chart or pinned], options.directory, known, options.record)


def _define(pinned: Collection[Pin], mirror: Path, directory: Path) -> int:
    width = _width(pinned)
    try:
        for pin, count in write_definitions(pinned, mirror, directory):
            print(f"{pin.archive:<{width}}{count} definitions")
    except NoDefinitions as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


def _vendor(wanted: list[Pin], directory: Path, known: dict[str, str], record: bool) -> int:
    failed, on_trust, width = 0, {}, _width(wanted)
    for outcome in vendor(wanted, directory, known):
        if not isinstance(outcome, Vendored):
            pin, reason = outcome
            failed += 1
            print(f"{pin.archive:<{width}}{pin.repository}: {reason}", file=sys.stderr, flush=True)
            continue
        if not outcome.verified:
            on_trust[outcome.pin.stem] = outcome.digest
        how = "verified" if outcome.verified else "on trust"
        cut = f"{outcome.dropped} references of its schema to other hosts dropped" if outcome.dropped else ""
        print(f"{outcome.pin.archive:<{width}}{how:<10}{cut}".rstrip(), flush=True)
    if record and on_trust:
        write_digests(known | on_trust)
        print(f"{len(on_trust)} digests recorded in charts/digests.yaml: review them", file=sys.stderr)
    elif on_trust:
        print(
            f"{len(on_trust)} charts taken on trust, as nobody recorded their digests: --record does", file=sys.stderr
        )
    if failed:
        print(f"{failed} of {len(wanted)} charts are not in {directory}", file=sys.stderr)
    return int(failed > 0)


def _width(listed: Iterable[Pin]) -> int:
    return max(len(pin.archive) for pin in listed) + 2


if __name__ == "__main__":
    sys.exit(main())
