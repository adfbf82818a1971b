"""Jobs that push the data tier: they stand ready, and run only when somebody starts them."""

from __future__ import annotations

from typing import Any

import pytest

from components.data_tier.endpoint import Peer, PostgresEndpoint
from components.data_tier.kafka_client import KafkaEndpoint
from components.load_test.jobs import LoadTest
from spec.load_test import LoadTest as Spec
from tests.components.around import POLICY, Around
from tests.recorder import Recorder, Registered, run

CRONJOB = "kubernetes:batch/v1:CronJob"
KAFKA = KafkaEndpoint("kafka.infra:9092", "load-test", "kafka-load-test", Peer((9092,), "infra", {"is": "broker"}))
POSTGRES = PostgresEndpoint(
    host="postgresql.infra",
    reader_host=None,
    port=5432,
    database="app",
    user="load_test",
    secret="postgres-load-test",
    ssl_mode="require",
    peer=Peer((5432,), "infra", {"is": "pooler"}),
)


def build(kafka: Any = KAFKA, postgres: Any = POSTGRES, **fields: Any) -> Recorder:
    def program() -> None:
        around = Around()
        namespace = around.namespaces.ensure("load-test")
        engines: Any = {"kafka": kafka, "postgres": postgres, "postgres_image": "pg:18"}
        LoadTest("load-test", Spec(**fields), **engines, namespace=namespace, opts=around.common["opts"])

    return run(program)


def container(job: Registered) -> dict[str, Any]:
    return job["spec.jobTemplate.spec.template.spec.containers.0"]


def environment(job: Registered) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container(job)["env"]}


def test_nothing_runs_by_itself() -> None:
    jobs = build().all(CRONJOB)
    assert {each["metadata.name"] for each in jobs} == {"kafka", "postgres"}
    assert all(each["spec.suspend"] for each in jobs)


def test_an_engine_that_is_not_there_has_no_job() -> None:
    assert [each["metadata.name"] for each in build(postgres=None).all(CRONJOB)] == ["kafka"]


def test_kafka_is_pushed_at_the_rate_and_for_as_long_as_is_asked() -> None:
    found = environment(build(seconds=10, messages_per_second=500).one(CRONJOB, "load-test-kafka"))
    assert (found["RATE"], found["MESSAGES"], found["BYTES"]) == ("500", "5000", "1024")
    assert found["KAFKA_BOOTSTRAP_SERVERS"] == "kafka.infra:9092"
    assert found["KAFKA_SASL_PASSWORD"] == {"secretKeyRef": {"name": "kafka-load-test", "key": "password"}}


def test_postgresql_is_pushed_through_the_pooler_as_an_application_would() -> None:
    job = build(clients=7, seconds=10).one(CRONJOB, "load-test-postgres")
    found = environment(job)
    assert (found["CLIENTS"], found["SECONDS_OF_LOAD"], found["PGHOST"]) == ("7", "10", "postgresql.infra")
    assert container(job)["image"] == "pg:18"


@pytest.mark.parametrize(
    ("tool", "makes", "cleans"),
    [
        ("kafka", "topics --create", "trap 'topics --delete' EXIT"),
        ("postgres", "pgbench --initialize --quiet", "trap 'pgbench --initialize --init-steps=d' EXIT"),
    ],
)
def test_a_run_leaves_nothing_in_the_engine_also_when_it_fails(tool: str, makes: str, cleans: str) -> None:
    (_, _, script) = container(build().one(CRONJOB, f"load-test-{tool}"))["command"]
    assert "\nset -eu\n" in script
    pushes = script.index("perf-test.sh" if tool == "kafka" else "--no-vacuum")
    assert script.index(makes) < script.index(cleans) < pushes


def test_jobs_end_by_themselves() -> None:
    for each in build(seconds=60).all(CRONJOB):
        assert each["spec.jobTemplate.spec.activeDeadlineSeconds"] == 360
        assert each["spec.jobTemplate.spec.backoffLimit"] == 0


def test_jobs_reach_the_engines_and_dns_and_nobody_reaches_them() -> None:
    policy = build().one(POLICY, "load-test")["spec"]
    assert policy["ingress"] == []
    assert [[port["port"] for port in rule["ports"]] for rule in policy["egress"]] == [[53, 53], [9092], [5432]]
