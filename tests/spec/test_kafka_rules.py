"""Mistakes in what a stack file says of Kafka."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_mistakes import LOCAL, SERVICE, changed, mistakes

QUOTA = {"requests": {"cpu": "8", "memory": "16Gi"}, "limits": {"cpu": "16", "memory": "16Gi"}}
KAFKA: dict[str, Any] = LOCAL | {
    "data": {
        "kafka": {
            "engine": "inCluster",
            "namespace": "app",
            "topics": [{"name": "orders"}, {"name": "audit"}],
            "users": [{"name": "batch", "namespace": "app", "consumes": ["orders"]}],
        }
    },
    "services": [SERVICE | {"uses": ["kafka"]}],
    "security": {"namespaces": [{"name": "app", "quota": QUOTA}]},
}


def test_a_sound_section_has_no_mistakes() -> None:
    assert from_config(KAFKA, "test").data.ports() == {"kafka"}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("metadata", "zookeper", ['data.kafka.metadata = "zookeper"', "did you mean zookeeper?"]),
        ("namespace", "ap", ['data.kafka.namespace = "ap"', "did you mean app?"]),
        ("pool", "big", ['data.kafka.pool = "big"', "is not declared"]),
        ("controllers", 2, ["data.kafka.controllers = 2"]),
        ("topics.0.replicas", 3, ["data.kafka.topics[0].replicas = 3", "more than there are brokers, 1", "raise"]),
        (
            "topics.0.config",
            {"min.insync.replicas": "3"},
            ['topics[0].config.min.insync.replicas = "3"', "more than there are replicas, 1"],
        ),
        ("config", {"min.insync.replicas": "2"}, ['data.kafka.config.min.insync.replicas = "2"', "replicas, 1"]),
        ("topics.1.name", "orders", ['data.kafka.topics[1].name = "orders"', "topics[0] has it already"]),
        ("topics.0.name", "Orders_1", ['data.kafka.topics[0].name = "Orders_1"', "without underscores"]),
        ("topics", [], ["data.kafka.topics", "backend would have nothing to read or write"]),
        ("users.0.consumes", ["order"], ['users[0].consumes[0] = "order"', "did you mean orders?"]),
        ("users.0.produces", ["adit"], ['users[0].produces[0] = "adit"', "did you mean audit?"]),
        ("users.0.name", "backend", ['users[0].name = "backend"', "the service backend has it"]),
        ("users.0.name", "kafka-ui", ["Kafka UI has it"]),
        ("users.0.namespace", "ap", ['users[0].namespace = "ap"', "did you mean app?"]),
        (
            "resources",
            {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
            ['data.kafka.resources.limits.memory = "1Gi"', "below the request, 2Gi"],
        ),
        ("brokers", 9, ["security.namespaces[0].quota.requests.memory", "is less than what runs in app"]),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(path: str, value: Any, expected: list[str]) -> None:
    config = changed(KAFKA, f"data.kafka.{path}", value)
    if path == "brokers":
        config = changed(config, "security.namespaces.0.quota.requests.memory", "9Gi")
    text = mistakes(config)
    for words in expected:
        assert words in text


def test_kafka_that_nobody_declares_can_t_be_used() -> None:
    text = mistakes(LOCAL | {"services": [SERVICE | {"uses": ["kafka"]}]})
    assert 'services[0].uses[0] = "kafka"' in text
