"""What the engines' own tools say they measured, and whether it is enough."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from spec.load_test import LoadTest

# A rate that is paced comes out a little below its pace.
_PACED = 0.98
_MOST_MILLISECONDS = 1000  # as the platform's alerts have it for requests


class NothingMeasured(Exception):
    """A log without the lines that a finished run ends with; its end is in the message."""


@dataclass(frozen=True)
class Result:
    """One number and what was expected of it."""

    what: str
    measured: float
    expected: float
    unit: str
    at_most: bool = False

    @property
    def good(self) -> bool:
        """Whether the number is what was expected, or better."""
        return self.measured <= self.expected if self.at_most else self.measured >= self.expected

    def __str__(self) -> str:
        sign, mark = ("≤" if self.at_most else "≥"), ("ok " if self.good else "LOW" if not self.at_most else "HIGH")
        return f"{mark:4} {self.what:36} {self.measured:10.1f} {self.unit:10} expected {sign} {self.expected:g}"


def _found(pattern: str, log: str) -> re.Match[str]:
    matches = list(re.finditer(pattern, log, re.MULTILINE))
    if not matches:
        raise NothingMeasured(log[-2000:])
    return matches[-1]


def kafka(log: str, spec: LoadTest) -> list[Result]:
    """Return what was written and read back.

    The producer ends with a summary that has percentiles, the consumer with a line of comma-separated values.
    """
    wrote = _found(r"^\d+ records sent, ([\d.]+) records/sec .*?([\d.]+) ms 99th", log)
    # start, end, MB, MB/s, messages, messages/s, …
    read = _found(r"^\d\S+ \S+, \S+ \S+, [\d.]+, [\d.]+, (\d+), ([\d.]+),", log)
    expected = spec.messages_per_second
    return [
        Result("Kafka: messages written", float(wrote[1]), expected * _PACED, "a second"),
        Result("Kafka: time to write, 99th percentile", float(wrote[2]), _MOST_MILLISECONDS, "ms", at_most=True),
        Result("Kafka: messages read back", float(read[1]), expected * spec.seconds, "in all"),
        Result("Kafka: messages read", float(read[2]), expected, "a second"),
    ]


def postgres(log: str, spec: LoadTest) -> list[Result]:
    """Return the transactions that pgbench counted: https://www.postgresql.org/docs/current/pgbench.html."""
    rate = _found(r"^tps = ([\d.]+)", log)
    failed = _found(r"^number of failed transactions: (\d+)", log)
    latency = _found(r"^latency average = ([\d.]+) ms", log)
    return [
        Result("PostgreSQL: transactions", float(rate[1]), spec.transactions_per_second, "a second"),
        Result("PostgreSQL: failed transactions", float(failed[1]), 0, "in all", at_most=True),
        Result("PostgreSQL: average latency", float(latency[1]), _MOST_MILLISECONDS, "ms", at_most=True),
    ]


MEASURES: Mapping[str, Callable[[str, LoadTest], list[Result]]] = {"kafka": kafka, "postgres": postgres}
"""By the name of the CronJob."""
