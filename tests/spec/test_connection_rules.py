"""Connections, classes and migrations: what a database takes, held against what a stack file's pods may open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spec.connections import limits, shares
from spec.database_classes import max_connections, offered
from spec.load import from_config, from_file, stack_file
from spec.migrations import problems
from spec.postgres import AuroraPostgres, RdsPostgres
from spec.services import Service
from tests.spec.test_data_rules import AURORA, RDS
from tests.spec.test_mistakes import AWS, LOCAL, SERVICE, changed, mistakes

WRITER = SERVICE | {"uses": ["postgres.writer"]}


def service(name: str, most: int, *uses: str, connections: int | None = None) -> Service:
    return Service.model_validate(
        {
            "name": name,
            "namespace": "a",
            "port": 80,
            "replicas": {"max": most},
            "uses": [f"postgres.{use}" for use in uses],
            "connections": connections,
        }
    )


def test_shares_of_all_pods_at_their_maximum_stay_inside_the_limit() -> None:
    services = [service("a", 49, "writer"), service("b", 9, "writer", "reader"), service("c", 30, "reader")]
    found = shares(services, {"writer": 200, "reader": 100})
    assert found["a"] == (3, 150)
    # It reads too, of which there is less for each.
    assert found["b"] == (2, 20)
    assert found["c"] == (2, 62)
    assert found["a"].total + found["b"].total <= 200
    assert found["b"].total + found["c"].total <= 100


def test_a_share_of_its_own_leaves_the_rest_to_the_others_whatever_its_maximum_is() -> None:
    def found(most: int) -> Any:
        services = [service("a", most, "reader", connections=60), service("b", 9, "reader"), service("c", 9, "reader")]
        return shares(services, {"reader": 100})

    assert found(9) == {"a": (6, 60), "b": (2, 20), "c": (2, 20)}
    assert found(19) == {"a": (3, 60), "b": (2, 20), "c": (2, 20)}


def test_prod_stays_inside_two_hundred_to_the_writer_and_what_its_readers_have() -> None:
    prod = from_file(stack_file("prod"))
    postgres = prod.data.postgres
    assert isinstance(postgres, AuroraPostgres)
    assert postgres.connections.writer == 200
    assert postgres.connections.reader == 100 * postgres.readers.count
    found = shares(prod.services, limits(postgres, prod.services))
    for access in ("writer", "reader"):
        opened = sum(found[each.name].total for each in prod.services if f"postgres.{access}" in each.uses)
        assert 0 < opened <= getattr(postgres.connections, access)


@pytest.mark.parametrize(("gib", "connections"), [(16, 1577), (32, 3154), (64, 5000), (512, 5000)])
def test_an_instance_takes_connections_by_its_memory(gib: int, connections: int) -> None:
    assert max_connections(gib) == connections


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        (["writer"], {"writer": 177}),
        (["reader"], {"reader": 100}),
        (["writer", "reader"], {"writer": 118, "reader": 59}),
    ],
)
def test_without_a_word_a_small_instance_takes_what_it_can_of_who_there_is(
    uses: list[str], expected: dict[str, int]
) -> None:
    rds = RdsPostgres.model_validate({"engine": "rds", "instanceClass": "db.t4g.small"})
    assert limits(rds, [service("a", 3, *uses)]) == expected


def test_a_small_database_is_sound_without_a_word_about_connections() -> None:
    postgres = {"engine": "rds", "instanceClass": "db.t4g.small"}
    assert from_config(AWS | {"data": {"postgres": postgres}, "services": [WRITER]}, "test").data.postgres


def test_aurora_offers_other_classes_than_rds() -> None:
    assert offered("aurora", 15)["db.r6g.2xlarge"] == 64
    assert "db.m6g.large" not in offered("aurora", 15)
    assert offered("rds", 15)["db.m6g.large"] == 8
    assert "db.t4g.micro" not in offered("aurora", 15)
    assert "db.r8g.large" not in offered("aurora", 13)


def at(engine: dict[str, Any], path: str, value: Any) -> str:
    config = AWS | {"data": AWS["data"] | {"postgres": engine}, "services": [WRITER]}
    return mistakes(changed(config, f"data.postgres.{path}", value))


@pytest.mark.parametrize(
    ("engine", "path", "value", "expected"),
    [
        (AURORA, "instanceClass", "db.r6g.3xlarge", ["instanceClass", "Aurora PostgreSQL 15 offers", "did you mean"]),
        (AURORA, "readers.instanceClass", "db.m6g.large", ["readers.instanceClass", "is no class that Aurora"]),
        (RDS, "instanceClass", "db.t5.large", ["instanceClass", "RDS for PostgreSQL 17 offers"]),
        (AURORA, "connections", {"writer": 2}, ["connections.writer = 2", "the pods that there can be, 4: backend 4"]),
        (
            AURORA,
            "connections",
            {"writer": 2000},
            ["writer = 2000", "is too many", "db.r6g.large takes 1557"],
        ),
        (AURORA, "connections", {"writer": 1500, "reader": 100}, ["writer = 1500", "make 1600"]),
        (RDS, "connections", {"writer": 400}, ["writer = 400", "is too many", "db.t4g.medium takes"]),
        (AURORA, "parameters", {"max_connections": "23"}, ["connections.writer = 3", "by the class", "larger class"]),
        (AURORA, "migrations", "migrations/nowhere", ['migrations = "migrations/nowhere"', "does not exist"]),
        (AURORA, "migrations", "../etc", ["data.postgres.migrations", "does not match"]),
    ],
)
def test_what_a_database_does_not_take_is_refused(
    engine: dict[str, Any], path: str, value: Any, expected: list[str]
) -> None:
    text = at(engine, path, value)
    assert [part for part in expected if part not in text] == []


def with_shares(*given: int | None, uses: str = "postgres.writer") -> str:
    services = [
        SERVICE | {"name": f"s{number}", "port": 4000 + number, "uses": [uses], "connections": share}
        for number, share in enumerate(given)
    ]
    return mistakes(AWS | {"data": {"postgres": AURORA | {"connections": {"writer": 20}}}, "services": services})


def test_a_share_that_is_less_than_the_pods_that_there_can_be_is_refused() -> None:
    text = with_shares(3, 10)
    assert "services[0].connections = 3" in text
    assert "is less than the pods that there can be, 4" in text


def test_shares_that_leave_others_less_than_one_for_each_pod_are_refused() -> None:
    text = with_shares(10, 8, None)
    assert "data.postgres.connections.writer = 20" in text
    assert "is less than the pods that there can be, 4: s2 4, and the 18 that services have for themselves" in text


def test_a_share_of_what_a_service_does_not_use_or_a_pooler_shares_out_is_refused() -> None:
    asked = SERVICE | {"uses": [], "connections": 10}
    text = mistakes(AWS | {"data": {"postgres": AURORA}, "services": [asked]})
    assert "services[0].connections = 10" in text
    assert "is a share of connections that the service does not use" in text
    text = mistakes(LOCAL | {"services": [WRITER | {"connections": 10}]})
    assert "defaultPoolSize" in text


def test_a_pooler_that_would_open_more_than_the_server_takes_is_refused_with_what_fits() -> None:
    postgres = LOCAL["data"]["postgres"] | {"pooler": {"defaultPoolSize": 50, "instances": 2}}
    config = LOCAL | {"data": {"postgres": postgres}, "services": [WRITER]}
    text = mistakes(config)
    assert "data.postgres.pooler.defaultPoolSize = 50" in text
    assert "makes 100 connections to the primary (2 poolers × 1 roles); it takes 90" in text
    assert "take 45" in text


def test_a_server_that_no_pool_fits_is_told_to_take_more_connections() -> None:
    config = changed(LOCAL, "data.postgres.parameters", {"max_connections": "10"}) | {"services": [WRITER]}
    text = mistakes(config)
    assert "data.postgres.pooler.defaultPoolSize" in text
    assert "→ raise parameters.max_connections" in text
    assert "take 0" not in text


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((), "has no migration"),
        (("grants.sql",), "has no migration"),
        (("0001_a.sql", "users.sql"), "has users.sql, whose place"),
        (("0001_a.sql", "0001_b.sql"), "has 0001_a.sql and 0001_b.sql, with one number"),
    ],
)
def test_a_directory_whose_order_nobody_knows_is_refused(tmp_path: Path, files: tuple[str, ...], expected: str) -> None:
    (tmp_path / "sql").mkdir()
    for name in files:
        (tmp_path / "sql" / name).write_text("SELECT 1;")
    assert [problem for problem, _ in problems("sql", tmp_path) if problem.startswith(expected)]


def test_a_directory_with_an_order_has_no_problems(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    for name in ("0001_a.sql", "0002_b.sql", "grants.sql"):
        (tmp_path / "sql" / name).write_text("SELECT 1;")
    assert list(problems("sql", tmp_path)) == []
