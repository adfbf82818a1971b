"""Aurora: where its instances stand, who may connect, and what each consumer is given."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.data_tier.aurora import Aurora
from components.data_tier.endpoint import Consumer, PostgresEndpoint
from components.vpc import Vpc
from spec.network import Network
from spec.postgres import AuroraPostgres
from tests.recorder import Recorder, remembered, run

NETWORK = {
    "region": "us-east-1",
    "cidr": "10.0.0.0/16",
    "availabilityZones": ["us-east-1a", "us-east-1b", "us-east-1c"],
}
INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
SECRET = "kubernetes:core/v1:Secret"
JOB = "kubernetes:batch/v1:Job"


def consumer(name: str, *access: str) -> Consumer:
    return Consumer(name, "shop", frozenset(access))


CONSUMERS = (consumer("orders", "writer", "reader"), consumer("catalogue", "reader"))


@remembered
def build(
    *consumers: Consumer, preview: bool = False, protect: bool = False, **settings: Any
) -> tuple[Recorder, Aurora]:
    made: list[Aurora] = []

    def program() -> None:
        opts = pulumi.ResourceOptions()
        spec = {"engine": "aurora", "instanceClass": "db.r6g.large", "version": "15.15", **settings}
        spec.setdefault("readers", {"instanceClass": "db.r6g.large", "count": 3})
        made.append(
            Aurora(
                "shop-db",
                AuroraPostgres.model_validate(spec, by_alias=True),
                consumers,
                Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts),
                clients={"nodes": "sg-nodes"},
                namespace="shop",
                protect=protect,
                opts=opts,
            )
        )

    return run(program, preview=preview), made[0]


def environment(name: str) -> dict[str, Any]:
    """What a consumer's container is told, with outputs resolved."""
    found: dict[str, Any] = {}

    def program() -> None:
        opts = pulumi.ResourceOptions()
        spec = AuroraPostgres.model_validate(
            {"engine": "aurora", "instanceClass": "db.r6g.large", "readers": {"instanceClass": "db.r6g.large"}},
            by_alias=True,
        )
        vpc = Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts)
        engine = Aurora("shop-db", spec, CONSUMERS, vpc, clients={}, namespace="shop", protect=False, opts=opts)
        endpoint: PostgresEndpoint = engine.endpoint(name)
        pulumi.Output.from_input(endpoint.environment()).apply(
            lambda variables: found.update({v["name"]: v.get("value", v.get("valueFrom")) for v in variables})
        )

    run(program)
    return found


def test_the_writer_stands_in_the_first_zone_and_readers_in_the_others_in_turn() -> None:
    made, _ = build()
    zones = {instance.name: instance["availabilityZone"] for instance in made.all(INSTANCE)}
    assert zones == {
        "shop-db-writer": "us-east-1a",
        "shop-db-reader-1": "us-east-1b",
        "shop-db-reader-2": "us-east-1c",
        "shop-db-reader-3": "us-east-1b",
    }


def test_readers_come_after_the_writer_since_the_first_instance_becomes_it() -> None:
    made, _ = build()
    writer = made.one(INSTANCE, "shop-db-writer")
    assert all(writer.urn in r.dependencies for r in made.all(INSTANCE) if r is not writer)


def test_readers_scale_to_their_maximum_and_back_to_those_of_the_spec() -> None:
    made, _ = build(readers={"instanceClass": "db.r6g.xlarge", "count": 2, "max": 8, "targetCPU": 70})
    target = made.one("aws:appautoscaling/target:Target")
    assert (target["minCapacity"], target["maxCapacity"]) == (1, 8)
    policy = made.one("aws:appautoscaling/policy:Policy")["targetTrackingScalingPolicyConfiguration"]
    assert policy["targetValue"] == 70


def test_a_fixed_number_of_readers_does_not_scale() -> None:
    made, _ = build()
    assert not made.all("aws:appautoscaling/target:Target")


def test_clients_connect_on_the_databases_port_and_nothing_goes_out() -> None:
    made, _ = build()
    (rule,) = made.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert (rule["referencedSecurityGroupId"], rule["fromPort"], rule["toPort"]) == ("sg-nodes", 5432, 5432)
    assert not made.all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")


def test_data_is_encrypted_backed_up_and_kept_at_the_end() -> None:
    made, _ = build(protect=True, backupRetentionDays=14, backupWindow="03:00-04:00")
    cluster = made.one("aws:rds/cluster:Cluster")
    assert cluster["storageEncrypted"] is True
    assert cluster["backupRetentionPeriod"] == 14
    assert cluster["preferredBackupWindow"] == "03:00-04:00"
    assert cluster["skipFinalSnapshot"] is False
    assert cluster["finalSnapshotIdentifier"] == "shop-db-final-0a1b2c3d"
    assert cluster["deletionProtection"] is True
    assert cluster.options["protect"] is True


def test_connections_without_tls_are_refused_whatever_the_spec_sets_besides() -> None:
    made, _ = build(parameters={"log_min_duration_statement": "500"})
    group = made.one("aws:rds/clusterParameterGroup:ClusterParameterGroup")
    assert group["family"] == "aurora-postgresql15"
    values = {parameter["name"]: parameter["value"] for parameter in group["parameters"]}
    assert values == {"rds.force_ssl": "1", "log_min_duration_statement": "500"}


def test_the_master_password_is_secret_wherever_it_goes() -> None:
    made, _ = build(*CONSUMERS)
    assert "masterPassword" in made.one("aws:rds/cluster:Cluster").secrets
    for secret in made.all(SECRET):
        assert any(path.startswith("stringData") for path in secret.secrets)


def test_no_password_is_readable_in_anything_but_secrets() -> None:
    made, _ = build(*CONSUMERS)
    for registered in made:
        if registered.type not in (SECRET, "aws:rds/cluster:Cluster"):
            assert "generated-" not in str(registered.inputs), registered.urn


def test_each_consumer_finds_its_own_secret_in_its_own_namespace() -> None:
    made, _ = build(*CONSUMERS)
    for name in ("orders", "catalogue"):
        secret = made.one(SECRET, f"shop-db-{name}")
        assert secret["metadata"] == {"name": f"postgres-{name}", "namespace": "shop"}
        assert secret["stringData"] == {"username": name, "password": f"generated-shop-db-{name}"}


def test_a_writer_is_sent_to_the_writer_and_told_of_the_readers() -> None:
    told = environment("orders")
    assert told["PGHOST"].startswith("shop-db.cluster-abc")
    assert told["PGHOST_READER"].startswith("shop-db.cluster-ro-abc")
    assert told["PGSSLMODE"] == "require"
    assert told["PGPASSWORD"] == {"secretKeyRef": {"name": "postgres-orders", "key": "password"}}


def test_a_reader_is_sent_to_the_readers_alone() -> None:
    told = environment("catalogue")
    assert told["PGHOST"].startswith("shop-db.cluster-ro-abc")
    assert "PGHOST_READER" not in told


def test_who_names_a_database_is_sent_there_and_the_others_to_the_shared_one() -> None:
    billing = Consumer("billing", "shop", frozenset({"writer"}), database="bills")
    made, engine = build(*CONSUMERS, billing)
    assert [engine.endpoint(name).database for name in ("billing", "orders", "catalogue")] == ["bills", "app", "app"]
    assert made.one("aws:rds/cluster:Cluster")["databaseName"] == "app"
    assert "\\set database bills" in made.one("kubernetes:core/v1:ConfigMap")["data"]["main.sql"]


def test_without_consumers_there_is_no_job() -> None:
    made, _ = build()
    assert not made.all(JOB)
    assert not made.all(SECRET)


def test_a_stranger_has_no_endpoint() -> None:
    _, engine = build(*CONSUMERS)
    with pytest.raises(KeyError):
        engine.endpoint("stranger")


def test_a_preview_shows_every_resource_of_an_up() -> None:
    assert sorted(build(*CONSUMERS, preview=True)[0].urns()) == sorted(build(*CONSUMERS)[0].urns())
