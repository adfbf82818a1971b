"""Rules between Kafka's section and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.rules import rule

_KAFKA: Path = ("data", "kafka")
_IN_SYNC = "min.insync.replicas"
_ITSELF = "kafka-ui"
"""The user that the platform's own interface is."""


@rule
def kafka_lives_in_what_is_declared(platform: Platform) -> Iterator[Mistake]:
    """Namespaces and the pool are there."""
    kafka = platform.data.kafka
    if kafka is None:
        return
    namespaces = {namespace.name for namespace in platform.security.namespaces}
    places: list[tuple[Path, str]] = [(("namespace",), kafka.namespace)]
    places += [(("users", position, "namespace"), user.namespace) for position, user in enumerate(kafka.users)]
    for path, name in places:
        if name not in namespaces:
            yield Mistake((*_KAFKA, *path), "is not declared", did_you_mean(name, namespaces, "namespaces"), name)
    pools = {pool.name for pool in platform.node_pools}
    if kafka.pool is not None and kafka.pool not in pools:
        yield Mistake((*_KAFKA, "pool"), "is not declared", did_you_mean(kafka.pool, pools, "node pools"), kafka.pool)


@rule
def topics_have_brokers_for_their_replicas(platform: Platform) -> Iterator[Mistake]:
    """Each replica of a topic is on a broker of its own, and a topic is declared once."""
    kafka = platform.data.kafka
    taken: dict[str, int] = {}
    for position, topic in enumerate(kafka.topics if kafka else ()):
        path: Path = (*_KAFKA, "topics", position)
        assert kafka is not None
        if topic.replicas is not None and topic.replicas > kafka.brokers:
            problem = f"is more than there are brokers, {kafka.brokers}"
            yield Mistake((*path, "replicas"), problem, "raise brokers, or leave replicas out", topic.replicas)
        first = taken.setdefault(topic.name, position)
        if first != position:
            remedy = f"topics[{first}] has it already; give each a name of its own"
            yield Mistake((*path, "name"), "is taken", remedy, topic.name)


@rule
def as_many_replicas_are_in_sync_as_there_may_be(platform: Platform) -> Iterator[Mistake]:
    """Who asks for more than there are is not safer by it: all of them are enough for Kafka.

    https://github.com/apache/kafka/pull/14594
    """
    kafka = platform.data.kafka
    if kafka is None:
        return
    given: list[tuple[Path, Mapping[str, str], int]] = [((*_KAFKA, "config"), kafka.config, kafka.replicas)]
    for position, topic in enumerate(kafka.topics):
        path = (*_KAFKA, "topics", position, "config")
        given.append((path, topic.config, topic.replicas or kafka.replicas))
    for path, config, replicas in given:
        wanted = config.get(_IN_SYNC, "")
        if wanted.isdecimal() and int(wanted) > replicas:
            problem = f"is more than there are replicas, {replicas}, and Kafka makes do with those"
            yield Mistake((*path, _IN_SYNC), problem, "lower it, or raise brokers or replicas", wanted)


@rule
def users_of_kafka_are_somebody_with_something_to_do(platform: Platform) -> Iterator[Mistake]:
    """A user is nobody else, and what it reads and writes are topics; who uses Kafka has a topic to use."""
    kafka = platform.data.kafka
    if kafka is None:
        return
    topics = {topic.name for topic in kafka.topics}
    consumers = {service.name for service in platform.services if "kafka" in service.uses}
    if consumers and not topics:
        problem = f"is missing, and {' and '.join(sorted(consumers))} would have nothing to read or write"
        yield Mistake((*_KAFKA, "topics"), problem, "declare a topic: nothing else makes one")
    taken = {name: f"the service {name}" for name in consumers} | {_ITSELF: "Kafka UI"}
    for position, user in enumerate(kafka.users):
        path: Path = (*_KAFKA, "users", position)
        other = taken.setdefault(user.name, f"users[{position}]")
        if other != f"users[{position}]":
            yield Mistake((*path, "name"), "is taken", f"{other} has it; take another name", user.name)
        for key, named in (("produces", user.produces), ("consumes", user.consumes)):
            for number, name in enumerate(named):
                if name not in topics:
                    remedy = did_you_mean(name, topics, "topics")
                    yield Mistake((*path, key, number), "is not declared", remedy, name)
