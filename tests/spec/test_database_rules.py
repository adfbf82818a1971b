"""Databases that services have to themselves: who may name which."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_data_rules import AURORA, EXTERNAL, RDS
from tests.spec.test_mistakes import AWS, LOCAL, SERVICE, mistakes

WRITER = SERVICE | {"uses": ["postgres.writer"]}
READER = SERVICE | {"name": "report", "port": 4001, "uses": ["postgres.reader"]}
OTHER = WRITER | {"name": "billing", "port": 4002}


def with_services(*services: dict[str, Any], postgres: dict[str, Any] | None = None) -> dict[str, Any]:
    base = LOCAL if postgres is None or postgres["engine"] == "external" else AWS
    return base | {"services": [*services], "data": {"postgres": postgres} if postgres else LOCAL["data"]}


@pytest.mark.parametrize("engine", [None, AURORA, RDS, EXTERNAL])
def test_services_may_each_have_a_database_beside_the_one_that_others_share(engine: dict[str, Any] | None) -> None:
    own = WRITER | {"database": "orders"}, OTHER | {"database": "bills"}
    platform = from_config(with_services(*own, READER, postgres=engine), "test")
    assert [service.database for service in platform.services] == ["orders", "bills", None]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (SERVICE | {"database": "orders"}, ["is of an engine that the service does not use", "remove it"]),
        (READER | {"database": "orders"}, ["who only reads has nobody to write", "postgres.writer"]),
        (WRITER | {"database": "app"}, ["is what services share", "leave it out"]),
        (WRITER | {"database": "postgres"}, ["is PostgreSQL's own", "take another name"]),
        (WRITER | {"database": "Orders"}, ['services[0].database = "Orders"']),
    ],
)
def test_a_database_that_can_t_be_a_services_own_is_refused(service: dict[str, Any], expected: list[str]) -> None:
    text = mistakes(with_services(service))
    assert [part for part in ("services[0].database", *expected) if part not in text] == []


def test_a_name_that_aws_keeps_for_itself_is_refused_where_aws_runs_it() -> None:
    named = WRITER | {"database": "rdsadmin"}
    assert 'services[0].database = "rdsadmin"' in mistakes(with_services(named, postgres=RDS))
    assert from_config(with_services(named), "test")


def test_two_services_share_the_platforms_database_and_no_other() -> None:
    text = mistakes(with_services(WRITER | {"database": "orders"}, OTHER | {"database": "orders"}))
    assert 'services[1].database = "orders"' in text
    assert "backend has it to itself" in text


def test_on_somebody_elses_server_it_is_only_a_name() -> None:
    named = (WRITER | {"database": "orders"}, OTHER | {"database": "orders"}, READER | {"database": "orders"})
    assert from_config(with_services(*named, postgres=EXTERNAL), "test")
