"""The samples as tables, and a verdict on each target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.measure import Sample

PREVIEW_RATIO: Final = 1.5
"""Preview over its floor: what the program works out costs no more than half of what registering costs anyway."""
PROGRAM_MEMORY: Final = 200.0
"""MiB for the program's own process, so that it fits the smallest runner beside the engine."""
UP_SECONDS: Final = {"dev": 30.0}
"""Seconds for a first up, with the tools at hand, on two cores; 60 where nothing else is said."""
UP_SECONDS_OTHERWISE: Final = 60.0
NO_OP_SHARE: Final = 0.5
"""A second up with nothing to do, as a share of the up's target."""
GROWTH_TOLERANCE: Final = 1.25
"""How much more than the floor's the price of a service may rise from the first tens of services to hundreds."""


def show(console: Console, results: Mapping[str, Any]) -> None:
    """Print what was measured; nothing for what was not."""
    for stack, measured in results["stacks"].items():
        console.print(_table(stack, measured))
    for stack, measured in results["growth"].items():
        console.print(_growth_table(stack, measured))
    verdicts = Table(title="Targets", title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for column in ("", "measured", "target", ""):
        verdicts.add_column(column)
    for what, value, target, unit in _targets(results):
        met = "[green]met[/green]" if value <= target else "[red]missed[/red]"
        verdicts.add_row(what, f"{value:.2f}{unit}", f"≤ {target:.2f}{unit}", met)
    if verdicts.row_count:
        console.print(verdicts)


def _table(stack: str, measured: Mapping[str, Any]) -> Table:
    title = f"{stack}: {measured['resources']} resources; seconds as min / median, peak MiB"
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for column in ("phase", "stack", "floor", "ratio", "program", "engine", "providers", "floor's program"):
        table.add_column(column, justify="left" if column == "phase" else "right")
    for phase, samples in measured["stack"].items():
        beside = measured["floor"][phase]
        peaks = [_peak(samples, part) for part in ("program", "engine", "providers")]
        ratio = f"{_median(samples) / _median(beside):.2f}"
        table.add_row(phase, _seconds(samples), _seconds(beside), ratio, *peaks, _peak(beside, "program"))
    return table


def _growth_table(stack: str, measured: Mapping[str, Any]) -> Table:
    title = f"{stack} with more services: seconds of preview, and milliseconds for each service more"
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for column in ("services", "stack", "each", "floor", "each", "ratio"):
        table.add_column(column, justify="right")
    prices = {who: [None, *_prices(samples)] for who, samples in measured.items()}
    for position, number in enumerate(measured["stack"]):
        stacks, floors = measured["stack"][number], measured["floor"][number]
        each = [f"{price * 1000:.0f}" if (price := prices[who][position]) is not None else "" for who in prices]
        ratio = f"{_median(stacks) / _median(floors):.2f}"
        table.add_row(str(number), _seconds(stacks), each[0], _seconds(floors), each[1], ratio)
    return table


def _targets(results: Mapping[str, Any]) -> Iterator[tuple[str, float, float, str]]:
    """Each target: what it is of, what was measured, what it is, the unit."""
    for stack, measured in results["stacks"].items():
        phases, floors = measured["stack"], measured["floor"]
        up = UP_SECONDS.get(stack, UP_SECONDS_OTHERWISE)
        yield f"{stack}: preview / floor", _median(phases["preview"]) / _median(floors["preview"]), PREVIEW_RATIO, ""
        yield f"{stack}: first up", _median(phases["up"]), up, " s"
        yield f"{stack}: no-op up", _median(phases["no-op up"]), up * NO_OP_SHARE, " s"
        memory = max(sample.peaks.get("program", 0.0) for samples in phases.values() for sample in samples)
        if memory:
            yield f"{stack}: the program's memory", memory, PROGRAM_MEMORY, " MiB"
    for stack, measured in results["growth"].items():
        rises = {who: prices[-1] / prices[0] for who, samples in measured.items() if (prices := _prices(samples))}
        yield f"{stack}: rise of a service's price", rises["stack"], max(1.0, rises["floor"]) * GROWTH_TOLERANCE, "×"


def _prices(samples: Mapping[int, Sequence[Sample]]) -> list[float]:
    """Seconds for each service more, between one number of services and the next."""
    points = [(number, _median(measured)) for number, measured in samples.items()]
    return [(t2 - t1) / (n2 - n1) for (n1, t1), (n2, t2) in pairwise(points)]


def _median(samples: Sequence[Sample]) -> float:
    return median(sample.seconds for sample in samples)


def _seconds(samples: Sequence[Sample]) -> str:
    return f"{min(sample.seconds for sample in samples):.1f} / {_median(samples):.1f}"


def _peak(samples: Sequence[Sample], part: str) -> str:
    peaks = [sample.peaks[part] for sample in samples if part in sample.peaks]
    return f"{max(peaks):.0f}" if peaks else "–"
