"""Databases that services have to themselves where AWS runs the server: the job's SQL, on a PostgreSQL that is here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from components.data_tier import database_roles
from components.data_tier.database_roles import script
from components.data_tier.endpoint import Consumer
from tests.components.data_tier.postgres_server import Server, binaries, running

pytestmark = pytest.mark.engine

MASTER, SHARED = "cloud_master", "shop"
Job = Callable[..., str]


def consumer(name: str, *, database: str | None = None, access: str = "writer") -> Consumer:
    return Consumer(name, "shop", frozenset({access}), database=database)


BILLING, ORDERS = consumer("billing", database="bills"), consumer("order-intake")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with a master as AWS has it: no superuser, but one who makes roles and databases."""
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL's server is not installed")
    with running(found) as server:
        server.psql(f"CREATE ROLE {MASTER} LOGIN CREATEDB CREATEROLE")
        server.psql(f"GRANT pg_read_all_data, pg_write_all_data, pg_monitor TO {MASTER} WITH ADMIN OPTION")
        server.psql(f"CREATE DATABASE {SHARED} OWNER {MASTER}")
        server.psql(f"ALTER SCHEMA public OWNER TO {MASTER}", database=SHARED)
        yield server


@pytest.fixture
def job(server: Server) -> Job:
    """Run the job for consumers."""

    def run(*consumers: Consumer) -> str:
        passwords = {f"PASSWORD_{each.role.upper()}": "hush" for each in consumers}
        files = {path.name: path.read_text() for path in database_roles._SQL.glob("*.sql")}
        main = {"main.sql": script(consumers), **files}
        return server.run(main, database=SHARED, environment=passwords, user=MASTER)

    return run


def fill(server: Server, table: str, *, database: str, user: str) -> None:
    server.psql(f"CREATE TABLE {table} AS SELECT 7 AS id", database=database, user=user)


def test_a_service_owns_its_database_and_nobody_gets_into_anothers(job: Job, server: Server) -> None:
    job(BILLING, ORDERS, consumer("shipping", database="parcels"))
    fill(server, "bill", database="bills", user="billing")
    fill(server, "orders", database=SHARED, user="order_intake")
    assert server.psql("SELECT id FROM bill", database="bills", user="billing") == "7"
    fill(server, "parcel", database="parcels", user="shipping")
    for database, user in (
        ("bills", "order_intake"),
        ("bills", "shipping"),
        ("parcels", "billing"),
        (SHARED, "billing"),
        (SHARED, "shipping"),
    ):
        with pytest.raises(PermissionError, match="permission denied for database"):
            server.psql("SELECT 1", database=database, user=user)


def test_running_again_changes_nothing(job: Job, server: Server) -> None:
    databases = "SELECT datname, datdba::regrole, datacl FROM pg_database ORDER BY 1"
    job(BILLING, ORDERS)
    before = server.psql(databases)
    job(BILLING, ORDERS)
    assert server.psql(databases) == before


def test_a_service_that_is_given_a_database_leaves_the_shared_one_and_comes_back(job: Job, server: Server) -> None:
    moving = consumer("moving")
    job(moving, ORDERS)
    fill(server, "moved", database=SHARED, user="moving")
    job(consumer("moving", database="own"), ORDERS)
    with pytest.raises(PermissionError, match="permission denied for database"):
        server.psql("SELECT id FROM moved", database=SHARED, user="moving")
    assert server.psql("SELECT pg_has_role('moving', 'pg_read_all_data', 'USAGE')") == "f"
    job(moving, ORDERS)
    assert server.psql("SELECT id FROM moved", database=SHARED, user="moving") == "7"


def test_a_database_stays_when_its_service_goes_and_another_may_be_given_it(job: Job, server: Server) -> None:
    job(consumer("old", database="kept"), ORDERS)
    fill(server, "thing", database="kept", user="old")
    job(ORDERS)
    with pytest.raises(PermissionError, match="not permitted to log in"):
        server.psql("SELECT 1", database="kept", user="old")
    with pytest.raises(PermissionError, match="permission denied for database"):
        server.psql("SELECT 1", database="kept", user="order_intake")
    job(consumer("new", database="kept"), ORDERS)
    fill(server, "another", database="kept", user="new")


def test_roles_are_kept_where_a_database_can_t_be_made_and_the_next_run_makes_it(job: Job, server: Server) -> None:
    late = consumer("late", database="later")
    server.psql(f"ALTER ROLE {MASTER} NOCREATEDB")
    with pytest.raises(PermissionError, match="permission denied to create database"):
        job(late)
    server.psql(f"ALTER ROLE {MASTER} CREATEDB")
    job(late)
    fill(server, "anything", database="later", user="late")


def test_the_exporter_sees_the_size_of_every_database_and_no_data(job: Job, server: Server) -> None:
    job(BILLING, consumer("exporter", access="monitor"))
    assert int(server.psql("SELECT pg_database_size('bills')", database=SHARED, user="exporter")) > 0
    with pytest.raises(PermissionError, match="permission denied for database"):
        server.psql("SELECT 1", database="bills", user="exporter")
