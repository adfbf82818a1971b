"""Rules that prove what a stack file's pods may open against what its database takes."""

from __future__ import annotations

from collections.abc import Iterator

from spec.connections import most_pods, users
from spec.database_classes import max_connections, offered
from spec.migrations import problems
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.postgres import AuroraPostgres, InClusterPostgres, RdsPostgres
from spec.rules import rule

_POSTGRES: Path = ("data", "postgres")

# For superusers, for AWS's own agents, for the exporter and for the jobs that make roles and tables.
_RESERVED_BY_AWS = 20
# superuser_reserved_connections, and the operator's and the exporter's own.
_RESERVED_IN_CLUSTER = 10
_MAX_CONNECTIONS = 100  # https://www.postgresql.org/docs/current/runtime-config-connection.html


def _classes(postgres: AuroraPostgres | RdsPostgres) -> list[tuple[Path, str]]:
    writer: tuple[Path, str] = ((*_POSTGRES, "instanceClass"), postgres.instance_class)
    if isinstance(postgres, RdsPostgres):
        return [writer]
    return [writer, ((*_POSTGRES, "readers", "instanceClass"), postgres.readers.instance_class)]


@rule
def classes_are_offered(platform: Platform) -> Iterator[Mistake]:
    """An instance class is one that the engine has for its version."""
    postgres = platform.data.postgres
    if not isinstance(postgres, AuroraPostgres | RdsPostgres):
        return
    major = int(postgres.version.split(".")[0])
    known = offered(postgres.engine, major)
    name = "Aurora PostgreSQL" if isinstance(postgres, AuroraPostgres) else "RDS for PostgreSQL"
    for path, named in _classes(postgres):
        if named not in known:
            yield Mistake(path, f"is no class that {name} {major} offers", did_you_mean(named, known, "classes"), named)


@rule
def pods_have_connections(platform: Platform) -> Iterator[Mistake]:
    """Every pod can open one connection at least, with all of them at their maximum."""
    postgres = platform.data.postgres
    if not isinstance(postgres, AuroraPostgres | RdsPostgres):
        return
    for access, limit in postgres.connections.model_dump().items():
        using = users(platform.services, access)
        pods = sum(map(most_pods, using))
        if pods > limit:
            who = ", ".join(f"{service.name} {most_pods(service)}" for service in using)
            problem = f"is less than the pods that there can be, {pods}: {who}"
            remedy = "raise it, or lower replicas.max; each counts one more, which an update starts"
            yield Mistake((*_POSTGRES, "connections", access), problem, remedy, limit)


@rule
def servers_take_what_pods_open(platform: Platform) -> Iterator[Mistake]:
    """The smallest instance takes all connections of either kind: a reader may become the writer, or the only one."""
    postgres = platform.data.postgres
    if not isinstance(postgres, AuroraPostgres | RdsPostgres):
        return
    known = offered(postgres.engine, int(postgres.version.split(".")[0]))
    taken = {named: max_connections(known[named]) for _, named in _classes(postgres) if named in known}
    if not taken:
        return
    smallest = min(taken, key=lambda named: taken[named])
    given = postgres.parameters.get("max_connections", "")
    room = (int(given) if given.isdigit() else taken[smallest]) - _RESERVED_BY_AWS
    connections = postgres.connections
    # One instance serves both where there are no readers, and may have to where there are.
    together = connections.writer + connections.reader
    if together > room:
        problem = (
            f"and connections.reader make {together}; {smallest} takes {room} besides {_RESERVED_BY_AWS} of its own"
        )
        remedy = "lower them, or take a larger class"
        yield Mistake((*_POSTGRES, "connections", "writer"), problem, remedy, connections.writer)


@rule
def poolers_stay_inside_what_the_server_takes(platform: Platform) -> Iterator[Mistake]:
    """PgBouncer opens a pool for each role: the sum of them fits the server that they lead to."""
    postgres = platform.data.postgres
    if not isinstance(postgres, InClusterPostgres):
        return
    given = postgres.parameters.get("max_connections", "")
    most = int(given) if given.isdigit() else _MAX_CONNECTIONS
    writers = {service.name for service in users(platform.services, "writer")}
    readers = {service.name for service in users(platform.services, "reader")}
    roles = (
        {"primary": len(writers | readers)}
        if postgres.instances == 1
        else {
            "primary": len(writers),
            "replica": len(readers),
        }
    )
    for server, count in roles.items():
        opened = postgres.pooler.instances * postgres.pooler.default_pool_size * count
        if opened > most - _RESERVED_IN_CLUSTER:
            poolers = postgres.pooler.instances
            problem = (
                f"makes {opened} connections to the {server} ({poolers} pooler{'s' * (poolers > 1)} × {count} roles); "
                f"it takes {most - _RESERVED_IN_CLUSTER} besides {_RESERVED_IN_CLUSTER} of its own"
            )
            fits = (most - _RESERVED_IN_CLUSTER) // (poolers * count)
            remedy = f"take {fits}, or raise parameters.max_connections"
            path = (*_POSTGRES, "pooler", "defaultPoolSize")
            yield Mistake(path, problem, remedy, postgres.pooler.default_pool_size)


@rule
def migrations_are_there(platform: Platform) -> Iterator[Mistake]:
    """A directory of migrations has files whose order is known."""
    directory = getattr(platform.data.postgres, "migrations", None)
    if directory is not None:
        for problem, remedy in problems(directory):
            yield Mistake((*_POSTGRES, "migrations"), problem, remedy, directory)
