"""Mistakes in what a stack file says of the data tier."""

from __future__ import annotations

from typing import Any

import pytest

from spec.windows import overlap
from tests.spec.test_mistakes import AWS, LOCAL, changed, mistakes

AURORA = {
    "engine": "aurora",
    "instanceClass": "db.r6g.large",
    "readers": {"instanceClass": "db.r6g.large", "count": 2, "max": 4},
}
RDS = {"engine": "rds", "instanceClass": "db.t4g.medium"}
CACHE = {"engine": "elastiCache", "nodeType": "cache.r6g.large"}
EXTERNAL = {"engine": "external", "host": "db.example.com", "credentials": {"existingSecret": "db"}}
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


@pytest.mark.parametrize(
    ("engine", "given", "path", "value", "expected"),
    [
        ("postgres", AURORA, "tier", "dat", ["data.postgres.tier", "did you mean data?"]),
        ("postgres", AURORA, "readers.count", 5, ["data.postgres.readers.count = 5", "is above max, 4"]),
        ("postgres", AURORA, "backupWindow", "05:30-06:30", ["backupWindow", "overlaps maintenanceWindow, sun:05:00"]),
        ("postgres", AURORA, "backupWindow", "03:00-03:10", ["backupWindow", "is shorter than 30 minutes"]),
        (
            "postgres",
            AURORA,
            "maintenanceWindow",
            "sun:02:00-sun:03:30",
            ["backupWindow", "overlaps maintenanceWindow"],
        ),
        ("postgres", RDS, "storageGiB", 4, ["data.postgres.storageGiB = 4", "20"]),
        ("postgres", RDS, "maxStorageGiB", 21, ["data.postgres.maxStorageGiB = 21", "take 22"]),
        ("redis", CACHE, "tier", "dat", ["data.redis.tier", "did you mean data?"]),
        ("redis", CACHE, "nodeType", "r6g.large", ["data.redis.nodeType", "does not match"]),
        (
            "redis",
            CACHE,
            "nodeType",
            "cache.r99.xlarge",
            ["nodeType", "cache.r99.xlarge", "is no node type"],
        ),
        ("redis", CACHE, "nodeType", "cache.r6g.xlrg", ["data.redis.nodeType", "did you mean cache.r6g.xlarge?"]),
        ("postgres", AURORA, "version", "15.99", ['data.postgres.version = "15.99"', "describe-db-engine-versions"]),
        ("postgres", RDS, "version", "17.60", ['data.postgres.version = "17.60"', "is no version of PostgreSQL"]),
        ("redis", CACHE, "version", "7.2", ['data.redis.version = "7.2"', "is no version of Redis", "take 7.0 or 7.1"]),
        ("redis", CACHE, "snapshotWindow", "05:30-06:30", ["snapshotWindow", "overlaps maintenanceWindow"]),
        ("redis", CACHE, "snapshotWindow", "04:00-04:45", ["snapshotWindow", "is shorter than 60 minutes"]),
        ("postgres", EXTERNAL, "credentials", {}, ["data.postgres.credentials", "are incomplete", "existingSecret"]),
        ("postgres", EXTERNAL, "networks", [], ["data.postgres.networks"]),
    ],
)
def test_an_engine_outside_the_cluster_that_can_t_be_is_refused(
    engine: str, given: dict[str, Any], path: str, value: Any, expected: list[str]
) -> None:
    base = AWS | {"data": AWS["data"] | {engine: given}}
    text = mistakes(changed(base, f"data.{engine}.{path}", value))
    assert [part for part in expected if part not in text] == []


@pytest.mark.parametrize(("engine", "given"), [("postgres", AURORA), ("postgres", RDS), ("redis", CACHE)])
def test_what_aws_runs_is_refused_on_a_laptop(engine: str, given: dict[str, Any]) -> None:
    text = mistakes(LOCAL | {"data": LOCAL["data"] | {engine: given}})
    assert f"data.{engine}.engine" in text
    assert "can't be had on k3d" in text


def test_an_external_database_without_a_secret_is_refused() -> None:
    without = {key: value for key, value in EXTERNAL.items() if key != "credentials"}
    text = mistakes(LOCAL | {"data": {"postgres": without}})
    assert "data.postgres.credentials" in text
    assert "is missing" in text


@pytest.mark.parametrize(
    ("daily", "weekly", "expected"),
    [
        ("03:00-04:00", "sun:04:00-sun:05:00", False),
        ("03:00-04:01", "sun:04:00-sun:05:00", True),
        ("23:30-00:30", "mon:00:00-mon:01:00", True),
        ("23:30-00:30", "sun:22:00-sun:23:30", False),
        ("01:00-02:00", "sat:23:00-sun:01:30", True),
    ],
)
def test_windows_overlap_over_midnight_too(daily: str, weekly: str, expected: bool) -> None:
    assert overlap(daily, weekly) is expected


@pytest.mark.parametrize(
    ("base", "fields", "expected"),
    [
        (LOCAL, {"backups": {}}, ["data.postgres.backups", "can't be had on k3d"]),
        (AWS, {"recovery": {"serverName": "a"}}, ["data.postgres.recovery", "has no backups to begin with"]),
        (
            AWS,
            {"backups": {"serverName": "a"}, "recovery": {"serverName": "a"}},
            ["data.postgres.recovery.serverName", "over those that it begins with"],
        ),
        (AWS, {"backups": {"schedule": "0 3 * * *"}}, ["data.postgres.backups.schedule", "with seconds first"]),
        (
            AWS,
            {"backups": {}, "recovery": {"serverName": "a", "targetTime": "yesterday"}},
            ["data.postgres.recovery.targetTime", "2026-11-20T18:30:00Z"],
        ),
    ],
)
def test_backups_that_would_be_lost_are_refused(
    base: dict[str, Any], fields: dict[str, Any], expected: list[str]
) -> None:
    text = mistakes(base | {"data": {"postgres": base["data"]["postgres"] | fields}})
    assert [part for part in expected if part not in text] == []
