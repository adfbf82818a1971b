"""Exporters of engines outside the cluster: they see statistics, and reach the engine and nothing else."""

from __future__ import annotations

from typing import Any

import pulumi

from components.data_tier.endpoint import Peer, PostgresEndpoint, UrlEndpoint
from components.data_tier.exporters import PostgresExporter, RedisExporter, monitor
from tests.components.around import POLICY, RELEASE, Around
from tests.recorder import Recorder, run

PEER = Peer(ports=(5432,), cidrs=("10.0.21.0/24",))
SCRAPE = "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig"


def postgres(user: str | None = "exporter", *, secret_is_theirs: bool = False) -> Recorder:
    endpoint = PostgresEndpoint(
        "db.example.com", None, 5432, "app", user, "login", "require", PEER, secret_is_theirs=secret_is_theirs
    )

    def program() -> None:
        around = Around("shop")
        PostgresExporter("postgres-exporter", endpoint, **around.common)

    return run(program)


def redis() -> Recorder:
    endpoint = UrlEndpoint("REDIS", pulumi.Output.from_input("redis.example.com"), 6379, "default", "login", PEER)

    def program() -> None:
        around = Around("shop")
        RedisExporter("redis-exporter", endpoint, **around.common)

    return run(program)


def test_the_exporter_is_a_consumer_that_sees_statistics_in_a_namespace_of_its_own() -> None:
    found: list[Any] = []
    run(lambda: found.append(monitor(Around("shop").namespaces)))
    assert (found[0].name, found[0].access) == ("exporter", {"monitor"})


def test_the_password_is_a_reference_and_so_is_a_user_that_only_the_secret_knows() -> None:
    named = postgres().one(RELEASE, "postgres-exporter")["values.config.datasource"]
    assert named["passwordSecret"] == {"name": "login", "key": "password"}
    assert named["user"] == "exporter"
    unnamed = postgres(None).one(RELEASE, "postgres-exporter")["values.config.datasource"]
    assert unnamed["userSecret"] == {"name": "login", "key": "username"}
    assert "user" not in unnamed


def test_a_secret_that_somebody_makes_in_a_namespace_of_ours_is_not_waited_for() -> None:
    assert postgres(secret_is_theirs=True).one(RELEASE, "postgres-exporter")["skipAwait"] is True
    assert "skipAwait" not in postgres().one(RELEASE, "postgres-exporter").inputs


def test_prometheus_comes_in_and_the_engine_is_all_that_is_reached_but_dns() -> None:
    for made, name, port in ((postgres(), "postgres-exporter", 9187), (redis(), "redis-exporter", 9121)):
        policy = made.one(POLICY, name)
        assert [[each["port"] for each in rule["ports"]] for rule in policy["spec.ingress"]] == [[port]]
        dns, engine = policy["spec.egress"]
        assert {each["port"] for each in dns["ports"]} == {53}
        assert engine["to"] == [{"ipBlock": {"cidr": "10.0.21.0/24"}}]


def test_every_node_of_a_cluster_is_scraped_through_the_exporter() -> None:
    made = redis()
    values = made.one(RELEASE, "redis-exporter")["values"]
    assert values["redisAddress"] == "rediss://redis.example.com:6379"
    assert {"name": "REDIS_EXPORTER_IS_CLUSTER", "value": "true"} in values["env"]
    scrape = made.one(SCRAPE)["spec"]
    assert scrape["httpSDConfigs"] == [{"url": "http://redis-exporter.exporters.svc:9121/discover-cluster-nodes"}]
    targets = {each["targetLabel"]: each.get("replacement") for each in scrape["relabelings"]}
    assert targets["__address__"] == "redis-exporter.exporters.svc:9121"
    assert "__param_target" in targets
    # Alerts name it, and no service discovery of Kubernetes' gives it to these targets.
    assert targets["namespace"] == "exporters"
