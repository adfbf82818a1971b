"""Tables of a database: SQL files, each applied once, and who may do what with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pulumi

from components.data_tier.endpoint import Peer
from components.data_tier.sql_job import SqlJob
from components.secrets.contract import IN_CLUSTER, Secrets
from spec.migrations import GRANTS

_ROOT = Path(__file__).resolve().parents[2]
_SQL = Path(__file__).with_name("sql") / "schema"


def read(directory: str) -> dict[str, str]:
    """Return the SQL files of a directory of the project, by their names."""
    return {path.name: path.read_text() for path in sorted((_ROOT / directory).glob("*.sql"))}


def script(migrations: Mapping[str, str]) -> str:
    """Return the psql script that applies the files that the database has not had yet, in the order of their names.

    It refuses a file that the database has had with other contents. Grants are made anew in every run.
    """
    lines = [r"\ir begin.sql"]
    for name in sorted(set(migrations) - {GRANTS}):
        lines += [
            rf"\set version {name.removesuffix('.sql')}",
            rf"\set digest {hashlib.sha256(migrations[name].encode()).hexdigest()}",
            rf"\set file {name}",
            r"\ir apply.sql",
        ]
    if GRANTS in migrations:
        lines += [r"\ir revoke.sql", rf"\ir {GRANTS}"]
    return "\n".join(lines) + "\n"


class Schema(SqlJob):
    """The tables that a directory of SQL files describes."""

    def __init__(
        self,
        name: str,
        migrations: Mapping[str, str],
        *,
        connection: Mapping[str, pulumi.Input[str]],
        server: Peer,
        namespace: pulumi.Input[str],
        image: str,
        secrets: Secrets = IN_CLUSTER,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Apply ``migrations``, SQL by file name, in a job in ``namespace`` that may reach ``server`` alone.

        ``connection`` is how to sign in as the owner of the tables, as libpq's environment variables.
        """
        super().__init__(
            "data:Schema",
            name,
            "postgres-schema",
            {
                "main.sql": script(migrations),
                **{path.name: path.read_text() for path in sorted(_SQL.glob("*.sql"))},
                **migrations,
            },
            connection,
            server=server,
            namespace=namespace,
            image=image,
            secrets=secrets,
            opts=opts,
        )
