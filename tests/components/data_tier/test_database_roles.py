"""The job that makes database roles, and the SQL it runs, on a PostgreSQL where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.data_tier import database_roles
from components.data_tier.database_roles import DatabaseRoles, script
from components.data_tier.endpoint import Consumer, Peer
from tests.recorder import Recorder, run

JOB = "kubernetes:batch/v1:Job"
Sql = Callable[..., str]


def consumer(name: str, *access: str) -> Consumer:
    return Consumer(name, "shop", frozenset(access))


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


def _binaries() -> Path | None:
    """Where initdb is: on the PATH, or where Debian keeps it."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@pytest.fixture(scope="module")
def sql() -> Iterator[Sql]:
    """Run psql in a server of one's own: `sql(command, user=…)`, or a script with `consumers=…`."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed")
    # Unix sockets have short paths, and a server does not run as root.
    directory = Path(tempfile.mkdtemp(prefix="groundwork-sql-", dir="/tmp"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(directory, user)
    server = str(directory / "data")

    def control(*arguments: str) -> None:
        subprocess.run(
            arguments, user=user, cwd=directory, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def psql(*commands: str, user: str = "master", consumers: tuple[Consumer, ...] = ()) -> str:
        arguments = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1"]
        environment = {"PATH": os.environ["PATH"], "PGHOST": str(directory), "PGUSER": user, "PGDATABASE": "app"}
        if consumers:
            shutil.copytree(database_roles._SQL, directory / "sql", dirs_exist_ok=True)
            (directory / "sql" / "main.sql").write_text(script(consumers))
            arguments += ["--single-transaction", f"--file={directory}/sql/main.sql"]
            environment |= {f"PASSWORD_{c.role.upper()}": f"it's {c.name}" for c in consumers}
        arguments += [f"--command={command}" for command in commands]
        done = subprocess.run(arguments, env=environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise PermissionError(done.stderr)
        return done.stdout.strip()

    try:
        control(str(binaries / "initdb"), "-D", server, "-A", "trust", "-U", "master")
        options = f"-k {directory} -c listen_addresses="
        control(str(binaries / "pg_ctl"), "-D", server, "-o", options, "-l", "/dev/null", "-w", "start")
        control(str(binaries / "createdb"), "-h", str(directory), "-U", "master", "app")
        yield psql
    finally:
        subprocess.run([str(binaries / "pg_ctl"), "-D", server, "-m", "immediate", "stop"], user=user, check=False)
        shutil.rmtree(directory, ignore_errors=True)


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


def test_who_is_no_longer_a_consumer_can_no_longer_log_in_until_it_is_one_again(sql: Sql) -> None:
    sql(consumers=(WRITER, READER))
    sql(consumers=(WRITER,))
    with pytest.raises(PermissionError, match="not permitted to log in"):
        sql("SELECT 1", user="catalogue")
    sql(consumers=(WRITER, READER))
    assert sql("SELECT 1", user="catalogue") == "1"
