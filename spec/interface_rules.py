"""Rules about what looks into the data tier, and what pushes it."""

from __future__ import annotations

from collections.abc import Iterator

from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.postgres import InClusterPostgres
from spec.rules import rule

_INTERFACES: Path = ("data", "interfaces")


@rule
def interfaces_have_something_to_show(platform: Platform) -> Iterator[Mistake]:
    """An interface stands beside the engine that it is of, in the cluster."""
    data = platform.data
    if data.interfaces.kafka_ui and data.kafka is None:
        remedy = "declare data.kafka, or leave it out"
        yield Mistake((*_INTERFACES, "kafkaUi"), "has no Kafka to show", remedy)
    if data.interfaces.pgadmin and not isinstance(data.postgres, InClusterPostgres):
        remedy = "declare data.postgres with the engine inCluster, or leave it out"
        yield Mistake((*_INTERFACES, "pgadmin"), "has no database in the cluster to show", remedy)


@rule
def load_tests_have_something_to_push(platform: Platform) -> Iterator[Mistake]:
    """The jobs of a load test are of engines in the cluster."""
    data = platform.data
    if data.load_test and not data.kafka and not isinstance(data.postgres, InClusterPostgres):
        yield Mistake(("data", "loadTest"), "has no engine in the cluster to push", "declare one, or leave it out")
