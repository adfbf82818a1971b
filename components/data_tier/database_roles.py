"""A database role for each consumer, made by a job in the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi

from components.data_tier.endpoint import Consumer, Peer
from components.data_tier.sql_job import SqlJob
from components.secrets.contract import IN_CLUSTER, Secrets

_SQL = Path(__file__).with_name("sql") / "roles"


def script(consumers: Sequence[Consumer], *, granted: bool = False) -> str:
    """Return the psql script that makes the consumers' roles, and databases for those that have one to themselves.

    Passwords come from the environment when it runs. With ``granted``, tables are somebody else's to grant, and the
    roles may do nothing but sign in.
    """
    lines = [r"\ir begin.sql"]
    for consumer in consumers:
        lines += [
            rf"\set role {consumer.role}",
            rf"\set access {_access(consumer, granted)}",
            rf"\set connections {-1 if consumer.connections is None else consumer.connections}",
            rf"\getenv password {_variable(consumer)}",
            r"\ir role.sql",
        ]
    lines += [rf"\set roles '{','.join(consumer.role for consumer in consumers)}'", r"\ir end.sql"]
    for consumer in consumers:
        if consumer.database:
            lines += [rf"\set role {consumer.role}", rf"\set database {consumer.database}", r"\ir database.sql"]
    return "\n".join(lines) + "\n"


def _access(consumer: Consumer, granted: bool) -> str:
    """Return the widest access that a consumer declares; `granted` where grants decide, or a database of its own."""
    most = next(access for access in ("writer", "reader", "monitor") if access in consumer.access)
    return "granted" if consumer.database or (granted and most != "monitor") else most


def _variable(consumer: Consumer) -> str:
    return f"PASSWORD_{consumer.role.upper()}"


class DatabaseRoles(SqlJob):
    """Roles that may do what their consumers declared, and nothing once they are consumers no longer.

    A database that a consumer has to itself is made with its role, and stays when the consumer goes.
    """

    def __init__(
        self,
        name: str,
        consumers: Sequence[Consumer],
        passwords: Mapping[str, pulumi.Input[str]],
        *,
        connection: Mapping[str, pulumi.Input[str]],
        server: Peer,
        namespace: pulumi.Input[str],
        image: str,
        granted: bool = False,
        secrets: Secrets = IN_CLUSTER,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the roles of ``consumers`` with the ``passwords`` by their names.

        ``connection`` is how to sign in as the master user, as libpq's environment variables, PGPASSWORD among them.
        The job runs in ``namespace`` and may reach ``server`` alone; ``granted`` is as for `script`.
        """
        main = script(consumers, granted=granted)
        included = {path.name: path.read_text() for path in sorted(_SQL.glob("*.sql")) if path.name in main}
        super().__init__(
            "data:DatabaseRoles",
            name,
            "postgres-roles",
            {"main.sql": main, **included},
            {**connection, **{_variable(each): passwords[each.name] for each in consumers}},
            server=server,
            namespace=namespace,
            image=image,
            secrets=secrets,
            opts=opts,
        )
