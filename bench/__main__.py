"""Time and peak memory of each stack in the sandbox, beside a floor measured in the same run; and growth with services.

Prints ratios, and a verdict on each target. Ends with 0 whatever they are, with 1 if something could not be measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import report
from bench.cases import PHASES, SERVICES, Case, with_services
from bench.measure import NotMeasured, Sample
from sandbox.providers import ROOT
from sandbox.workspace import stacks
from tools import ToolUnavailable, ensure

Say = Callable[[str], None]


def measure(case: Case, runs: int, directory: Path, say: Say) -> dict[str, Any]:
    """Measure a stack and its floor by turns, so that a machine's moods meet both; return the samples by phase."""
    samples: dict[str, dict[str, list[Sample]]] = {who: {phase: [] for phase in PHASES} for who in ("stack", "floor")}
    floor, resources = None, 0
    for turn in range(runs):
        for who in samples:
            home = directory / f"{who}-{turn}"
            if who == "floor" and floor is None:
                floor, resources = case.floor(directory / "stack-0", directory / "floor")
            for phase, command in PHASES.items():
                sample = (case if who == "stack" else floor or case).run(command, home)
                samples[who][phase].append(sample)
                say(f"  {case.stack} {turn + 1}/{runs}: {who} {phase} {sample.seconds:.1f} s")
    return {"resources": resources, **samples}


def grow(checkout: Path, stack: str, runs: int, directory: Path, say: Say) -> dict[str, Any]:
    """Measure the preview of a stack with few and many services, and of its floor; return samples by number."""
    samples: dict[str, dict[int, list[Sample]]] = {
        who: {number: [] for number in SERVICES} for who in ("stack", "floor")
    }
    for number in SERVICES:
        here = directory / str(number)
        case = with_services(checkout, stack, number, here / "checkout")
        case.run("up", here / "up")
        floor, resources = case.floor(here / "up", here / "floor")
        for turn in range(runs):
            for who, measured in (("stack", case), ("floor", floor)):
                sample = measured.run("preview", here / f"{who}-{turn}")
                samples[who][number].append(sample)
                done = f"{number} services, {resources} resources, {turn + 1}/{runs}"
                say(f"  {done}: {who} preview {sample.seconds:.1f} s")
    return samples


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    made.add_argument("stack", nargs="*", default=["dev", "prod", "sesacthon"], help="stacks (default: %(default)s)")
    made.add_argument("-C", "--directory", type=Path, default=ROOT, help="directory of Pulumi.yaml")
    made.add_argument("-n", "--runs", type=int, default=3, help="runs of each phase (default: %(default)s)")
    made.add_argument("--growth", metavar="STACK", default="dev", help="stack that grows (default: %(default)s)")
    made.add_argument("--no-growth", action="store_true", help="leave the growth with services out")
    made.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 0, or 1 if something could not be measured."""
    options = parser().parse_args(arguments)
    checkout, there = options.directory.resolve(), stacks(options.directory)
    growing = [] if options.no_growth else [options.growth]
    if unknown := {*options.stack, *growing} - set(there):
        print(f"error: no stack {', '.join(sorted(unknown))}; there are {', '.join(there)}", file=sys.stderr)
        return 1
    # Where output goes to a file rich takes 80 columns, which would break the figures.
    console, notes = Console(width=None if sys.stdout.isatty() else 110), Console(stderr=True, highlight=False)
    results: dict[str, Any] = {"stacks": {}, "growth": {}}
    failed = False
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as temporary:
        try:
            ensure("pulumi")
            for stack in options.stack:
                notes.print(f"{stack}: {', '.join(PHASES)}, of the stack and of its floor")
                directory = Path(temporary) / stack
                results["stacks"][stack] = measure(Case(checkout, stack), options.runs, directory, notes.print)
            for stack in growing:
                notes.print(f"{stack} with {', '.join(map(str, SERVICES))} services: preview")
                directory = Path(temporary) / "growth"
                results["growth"][stack] = grow(checkout, stack, options.runs, directory, notes.print)
        except (NotMeasured, ToolUnavailable) as error:
            failed = True
            print(f"error: {error}", file=sys.stderr)
    report.show(console, results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2, default=asdict) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
