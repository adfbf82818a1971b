"""The job that makes database roles, and the SQL it runs, on a PostgreSQL where there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.data_tier import database_roles
from components.data_tier.database_roles import DatabaseRoles, script
from components.data_tier.endpoint import Consumer, Peer
from tests.components.data_tier.postgres_server import MASTER, Server
from tests.recorder import Recorder, run

JOB = "kubernetes:batch/v1:Job"
Sql = Callable[..., str]


def consumer(name: str, *access: str, database: str | None = None) -> Consumer:
    return Consumer(name, "shop", frozenset(access), database=database)


def build(*consumers: Consumer) -> Recorder:
    def program() -> None:
        DatabaseRoles(
            "roles",
            consumers,
            {c.name: pulumi.Output.secret(f"hush-{c.name}") for c in consumers},
            connection={"PGHOST": "db", "PGPASSWORD": pulumi.Output.secret("hush-master")},
            server=Peer(ports=(5432,), cidrs=("10.0.21.0/24",)),
            namespace="shop",
            image="postgres:17.6-alpine",
            opts=pulumi.ResourceOptions(),
        )

    return run(program)


def test_passwords_are_in_the_environment_and_never_in_the_script() -> None:
    made = build(consumer("order-intake", "writer"))
    assert "hush" not in str(made.one("kubernetes:core/v1:ConfigMap").inputs)
    assert made.one("kubernetes:core/v1:Secret")["stringData.PASSWORD_ORDER_INTAKE"] == "hush-order-intake"
    assert "hush" not in str(made.one(JOB).inputs)


def test_another_consumer_is_another_run() -> None:
    def scripts(made: Recorder) -> Any:
        return made.one("kubernetes:core/v1:ConfigMap")["data"]

    one, two = build(consumer("a", "reader")), build(consumer("a", "reader"), consumer("b", "reader"))
    assert scripts(one) != scripts(two)
    # What is immutable is replaced under another name, which the job's pod mentions.
    for kind in ("ConfigMap", "Secret"):
        found = one.one(f"kubernetes:core/v1:{kind}")
        assert found["immutable"] is True
        assert "name" not in found["metadata"]


def test_the_job_resolves_names_and_reaches_the_database_and_nothing_else() -> None:
    policy = build(consumer("a", "reader")).one("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    assert policy["spec.policyTypes"] == ["Ingress", "Egress"]
    assert policy["spec.ingress"] == []
    database, dns = policy["spec.egress"]
    assert database == {
        "to": [{"ipBlock": {"cidr": "10.0.21.0/24"}}],
        "ports": [{"protocol": "TCP", "port": 5432}],
    }
    assert {port["port"] for port in dns["ports"]} == {53}


def test_the_job_is_allowed_in_a_restricted_namespace() -> None:
    pod = build(consumer("a", "reader")).one(JOB)["spec.template.spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    container = pod["containers"][0]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"].keys() == {"requests", "limits"}


def test_the_job_has_the_files_that_it_includes_and_no_others() -> None:
    for database, more in ((None, set()), ("bills", {"database.sql"})):
        made = build(consumer("billing", "writer", database=database))
        files = made.one("kubernetes:core/v1:ConfigMap")["data"]
        assert set(files) == {"main.sql", "begin.sql", "role.sql", "end.sql"} | more


@pytest.fixture(scope="module")
def sql(postgres: Server) -> Sql:
    """Run psql in a database of one's own: `sql(command, user=…)`, or a script with `consumers=…`."""

    def psql(*commands: str, user: str = MASTER, consumers: tuple[Consumer, ...] = ()) -> str:
        if not consumers:
            return postgres.psql(*commands, database="roles", user=user)
        passwords = {f"PASSWORD_{c.role.upper()}": f"it's {c.name}" for c in consumers}
        files = {path.name: path.read_text() for path in database_roles._SQL.glob("*.sql")}
        return postgres.run({"main.sql": script(consumers), **files}, database="roles", environment=passwords)

    postgres.create("roles")
    return psql


WRITER, READER = consumer("order-intake", "writer"), consumer("catalogue", "reader")


def test_a_writer_makes_and_fills_tables_that_a_reader_only_reads(sql: Sql) -> None:
    sql(consumers=(WRITER, READER))
    sql("CREATE TABLE orders (id int)", "INSERT INTO orders VALUES (7)", user="order_intake")
    assert sql("SELECT id FROM orders", user="catalogue") == "7"
    with pytest.raises(PermissionError, match="permission denied for table"):
        sql("INSERT INTO orders VALUES (8)", user="catalogue")
    with pytest.raises(PermissionError, match="permission denied for schema"):
        sql("CREATE TABLE prices (id int)", user="catalogue")


def test_running_again_changes_nothing(sql: Sql) -> None:
    roles = "SELECT rolname, rolcanlogin FROM pg_roles ORDER BY 1"
    sql(consumers=(WRITER, READER))
    before = sql(roles)
    sql(consumers=(WRITER, READER))
    assert sql(roles) == before


def test_a_writer_that_becomes_a_reader_writes_no_longer(sql: Sql) -> None:
    sql(consumers=(WRITER, consumer("billing", "writer")))
    sql("CREATE TABLE bills (id int)", user="order_intake")
    sql("INSERT INTO bills VALUES (1)", user="billing")
    sql(consumers=(WRITER, consumer("billing", "reader")))
    with pytest.raises(PermissionError, match="permission denied"):
        sql("INSERT INTO bills VALUES (2)", user="billing")


def test_a_monitor_sees_statistics_and_no_data(sql: Sql) -> None:
    sql(consumers=(WRITER, consumer("exporter", "monitor")))
    sql("CREATE TABLE secrets (id int)", user="order_intake")
    assert sql("SELECT pg_has_role('pg_read_all_stats', 'USAGE')", user="exporter") == "t"
    with pytest.raises(PermissionError, match="permission denied for table"):
        sql("SELECT id FROM secrets", user="exporter")


def test_who_is_no_longer_a_consumer_can_no_longer_log_in_until_it_is_one_again(sql: Sql) -> None:
    sql(consumers=(WRITER, READER))
    sql(consumers=(WRITER,))
    with pytest.raises(PermissionError, match="not permitted to log in"):
        sql("SELECT 1", user="catalogue")
    sql(consumers=(WRITER, READER))
    assert sql("SELECT 1", user="catalogue") == "1"
