"""PostgreSQL on RDS: encrypted, with a standby, and a role for each consumer."""

from __future__ import annotations

from typing import Any

import pulumi

from components.data_tier.endpoint import Consumer
from components.data_tier.rds import Rds
from components.vpc import Vpc
from spec.network import Network
from spec.postgres import RdsPostgres
from tests.components.around import SECRET
from tests.components.data_tier.test_aurora import CONSUMERS, JOB, NETWORK
from tests.recorder import Recorder, remembered, run

INSTANCE = "aws:rds/instance:Instance"


BILLING = Consumer("billing", "shop", frozenset({"writer"}), database="bills")


def program(protect: bool = False, **fields: Any) -> None:
    opts = pulumi.ResourceOptions()
    spec = {"engine": "rds", "instanceClass": "db.t4g.medium", "version": "17.6", **fields}
    engine = Rds(
        "shop-db",
        RdsPostgres.model_validate(spec, by_alias=True),
        (*CONSUMERS, BILLING),
        Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts),
        clients={"nodes": "sg-nodes"},
        namespace="shop",
        protect=protect,
        opts=opts,
    )
    databases.update({name: engine.endpoint(name).database for name in ("billing", "orders")})


databases: dict[str, str] = {}


@remembered
def build(**fields: Any) -> Recorder:
    return run(lambda: program(**fields), outputs={INSTANCE: lambda each: {"address": "shop-db.rds.amazonaws.com"}})


def test_it_is_encrypted_stands_by_in_another_zone_and_takes_tls_alone() -> None:
    made = build()
    instance = made.one(INSTANCE)
    assert instance["storageEncrypted"] is instance["multiAz"] is True
    assert instance["publiclyAccessible"] is False
    group = made.one("aws:rds/parameterGroup:ParameterGroup")
    assert group["family"] == "postgres17"
    assert {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"} in group["parameters"]


def test_the_master_is_known_to_the_job_alone() -> None:
    made = build()
    password = "generated-shop-db-master"
    assert "password" in made.one(INSTANCE).secrets
    assert [each.name for each in made.all(SECRET) if password in str(each.inputs)] == ["shop-db-roles"]


def test_each_consumer_has_a_role_of_its_own_and_waits_for_it() -> None:
    made = build()
    assert made.one(SECRET, "shop-db-orders")["metadata.name"] == "postgres-orders"
    assert made.one(SECRET, "shop-db-orders")["stringData.username"] == "orders"
    assert made.one(JOB)


def test_who_names_a_database_is_sent_there_and_the_others_to_the_shared_one() -> None:
    made = build()
    assert databases == {"billing": "bills", "orders": "app"}
    assert "\\set database bills" in made.one("kubernetes:core/v1:ConfigMap")["data"]["main.sql"]


def test_protection_guards_the_data_and_a_last_snapshot_stays_in_any_case() -> None:
    instance = build(protect=True).one(INSTANCE)
    assert instance["deletionProtection"] is instance.options["protect"] is True
    assert build().one(INSTANCE)["skipFinalSnapshot"] is False
