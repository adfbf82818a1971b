"""Mistakes in what a stack file says of the data tier."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.test_mistakes import LOCAL, changed, mistakes

STORE = {"name": "cache", "eviction": "allkeys-lru"}
REDIS = {"engine": "inCluster", "namespace": "app", "stores": [STORE]}


def with_redis(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    redis = changed({"redis": REDIS}, f"redis.{path}", value)
    return base | {"data": base.get("data", {}) | redis}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("namespace", "appp", ["data.redis.namespace", "is not declared", "did you mean app?"]),
        ("pool", "big", ['data.redis.pool = "big"', "is not declared"]),
        ("stores", [STORE, STORE], ["data.redis.stores[1].name", "is taken"]),
        ("stores.0.eviction", "noeviction", ["data.redis.stores[0].storage", "would lose everything at a restart"]),
        ("stores.0.eviction", "allkeys", ["data.redis.stores[0].eviction", "is not a choice"]),
        ("stores.0.cpu", "2", ["data.redis.stores[0].cpu", "is above the limit"]),
        ("stores.0.memory", "64Gi", ["quota.requests.memory", "is less than what runs in app"]),
    ],
)
def test_a_store_that_can_t_be_is_refused(path: str, value: Any, expected: list[str]) -> None:
    text = mistakes(with_redis(LOCAL, path, value))
    assert [part for part in expected if part not in text] == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"namespace": "appp"}, ["data.rabbitmq.namespace", "did you mean app?"]),
        ({"pool": "big"}, ['data.rabbitmq.pool = "big"', "is not declared"]),
        ({"nodes": 2}, ["data.rabbitmq.nodes = 2", "is not a choice"]),
        ({"storage": "1Gi"}, ['data.rabbitmq.storage = "1Gi"', "publishers", "4Gi"]),
        ({"cpu": "2"}, ['data.rabbitmq.cpu = "2"', "is above the limit"]),
        ({"nodes": 5, "memory": "2Gi"}, ["quota.requests.memory", "is less than what runs in app"]),
    ],
)
def test_a_broker_that_can_t_be_is_refused(fields: dict[str, Any], expected: list[str]) -> None:
    text = mistakes(LOCAL | {"data": LOCAL["data"] | {"rabbitmq": {"namespace": "app"} | fields}})
    assert [part for part in expected if part not in text] == []
