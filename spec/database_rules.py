"""Rules about databases that services have to themselves."""

from __future__ import annotations

from collections.abc import Iterator

from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.postgres import AuroraPostgres, ExternalPostgres, RdsPostgres
from spec.rules import rule
from spec.services import Service

# https://www.postgresql.org/docs/current/manage-ag-templatedbs.html
_POSTGRES_OWN = frozenset({"postgres", "template0", "template1"})
_AWS_OWN = frozenset({"rdsadmin"})


def _named(platform: Platform) -> Iterator[tuple[Path, Service, str]]:
    for position, service in enumerate(platform.services):
        if service.database is not None:
            yield ("services", position, "database"), service, service.database


@rule
def a_database_is_of_who_writes_it(platform: Platform) -> Iterator[Mistake]:
    """Who names a database uses PostgreSQL; where the platform makes it, its owner writes."""
    theirs = isinstance(platform.data.postgres, ExternalPostgres)
    for path, service, database in _named(platform):
        access = {use for use in service.uses if use in ("postgres.writer", "postgres.reader")}
        if not access:
            problem = "is of an engine that the service does not use"
            yield Mistake(path, problem, "remove it, or let the service use postgres.writer", database)
        elif "postgres.writer" not in access and not theirs:
            problem = "would stay empty: who only reads has nobody to write there"
            yield Mistake(path, problem, "let the service use postgres.writer, or leave it out", database)


@rule
def a_database_of_ones_own_is_nobody_elses(platform: Platform) -> Iterator[Mistake]:
    """A name is neither taken nor reserved; of databases on somebody else's server the platform knows nothing."""
    postgres = platform.data.postgres
    if postgres is None:
        return
    theirs = isinstance(postgres, ExternalPostgres)
    reserved = _POSTGRES_OWN | (_AWS_OWN if isinstance(postgres, AuroraPostgres | RdsPostgres) else frozenset())
    taken: dict[str, str] = {}
    for path, service, database in _named(platform):
        if database == postgres.database:
            yield Mistake(path, "is what services share: data.postgres.database", "leave it out", database)
        elif theirs:
            continue
        elif database in reserved:
            whose = "AWS's" if database in _AWS_OWN else "PostgreSQL's"
            yield Mistake(path, f"is {whose} own", "take another name", database)
        elif (other := taken.setdefault(database, service.name)) != service.name:
            remedy = "take another name; services that share tables leave it out, and use data.postgres.database"
            yield Mistake(path, f"is no name to share: {other} has it to itself", remedy, database)
