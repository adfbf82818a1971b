"""Alarms of CloudWatch, for what AWS runs and Prometheus does not see."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from spec.base import Section

Email = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    Field(description="A mail address."),
]
Percent = Annotated[int, Field(ge=1, le=100)]


class Alarms(Section):
    """A topic that alarms go to, what they watch for, and a dashboard of the same."""

    emails: Annotated[list[Email], Field(min_length=1)]
    """Who is written to; each has to confirm once."""
    database_cpu: Percent = Field(default=80, alias="databaseCPU")
    """Of the writer or a reader, in percent, for five minutes."""
    database_free_memory_mib: Annotated[int, Field(ge=64, alias="databaseFreeMemoryMiB")] = 2048
    """Of an instance, when less is left."""
    replica_lag_ms: Annotated[int, Field(ge=10)] = 1000
    """How far the slowest reader is behind."""
    cache_cpu: Percent = Field(default=80, alias="cacheCPU")
    """Of the engine's own thread."""
    cache_memory: Percent = 80
    balancer_errors: Percent = 1
    """Answers with 5xx, in percent of all, for five minutes."""
    balancer_p99_ms: Annotated[int, Field(ge=10, alias="balancerP99Ms")] = 1000
    """What the slowest of a hundred answers takes."""
