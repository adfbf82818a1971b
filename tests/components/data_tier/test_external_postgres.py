"""PostgreSQL that somebody else runs: consumers are told where it is, and who they are by a Secret."""

from __future__ import annotations

from typing import Any

import pulumi

from components.data_tier.endpoint import Consumer
from components.data_tier.external_postgres import ExternalPostgres
from spec.postgres import ExternalPostgres as Spec
from tests.components.around import SECRET
from tests.recorder import Recorder, run

OWN = {"username": "shop", "password": "hush-hush"}
THEIRS = {"existingSecret": "database"}
CONSUMERS = (
    Consumer("orders", "shop", frozenset({"writer", "reader"})),
    Consumer("catalogue", "shop", frozenset({"reader"})),
    Consumer("exporter", "exporters", frozenset({"monitor"})),
    Consumer("billing", "shop", frozenset({"writer"}), database="bills"),
)

environments: dict[str, dict[str, Any]] = {}


def build(credentials: dict[str, str] = THEIRS, **fields: Any) -> Recorder:
    def program() -> None:
        spec = {"engine": "external", "host": "db.example.com", "credentials": credentials, **fields}
        engine = ExternalPostgres("db", Spec.model_validate(spec), CONSUMERS, opts=pulumi.ResourceOptions())
        for each in CONSUMERS:
            endpoint = engine.endpoint(each.name)
            peers[each.name] = endpoint.peer.selectors()
            pulumi.Output.from_input(endpoint.environment()).apply(
                lambda found, name=each.name: environments.__setitem__(
                    name, {item["name"]: item.get("value", item.get("valueFrom")) for item in found}
                )
            )

    environments.clear()
    return run(program)


peers: dict[str, Any] = {}


def test_a_secret_that_is_there_is_used_as_it_is() -> None:
    assert build().all(SECRET) == []
    for variable, key in (("PGUSER", "username"), ("PGPASSWORD", "password")):
        assert environments["orders"][variable] == {"secretKeyRef": {"name": "database", "key": key}}


def test_a_password_of_the_stack_file_becomes_a_secret_in_each_namespace_and_stays_one() -> None:
    made = build(OWN)
    assert {(each["metadata.namespace"], each["metadata.name"]) for each in made.all(SECRET)} == {
        ("shop", "postgres-orders"),
        ("shop", "postgres-catalogue"),
        ("shop", "postgres-billing"),
        ("exporters", "postgres-exporter"),
    }
    for each in made.all(SECRET):
        assert {"stringData.password", "stringData"} & each.secrets
    assert "hush" not in str(environments)


def test_who_only_reads_does_so_at_the_replicas_and_everybody_else_at_the_server() -> None:
    build(readerHost="replica.example.com")
    assert {name: found["PGHOST"] for name, found in environments.items()} == {
        "orders": "db.example.com",
        "catalogue": "replica.example.com",
        "exporter": "db.example.com",
        "billing": "db.example.com",
    }
    assert environments["orders"]["PGHOST_READER"] == "replica.example.com"


def test_consumers_are_let_out_to_the_servers_networks_alone() -> None:
    build(networks=["198.51.100.0/24"], port=6432)
    assert peers["orders"] == [{"ipBlock": {"cidr": "198.51.100.0/24"}}]
    assert environments["orders"]["PGPORT"] == "6432"


def test_who_names_a_database_is_sent_there_and_the_others_to_that_of_the_server() -> None:
    build(database="shop")
    named = {name: found["PGDATABASE"] for name, found in environments.items()}
    assert named == {"orders": "shop", "catalogue": "shop", "exporter": "shop", "billing": "bills"}
