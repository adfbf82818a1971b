"""Rules that prove what a stack file's pods may open against what its database takes."""

from __future__ import annotations

from collections.abc import Iterator

from spec.connections import RESERVED_BY_AWS, limits, most_pods, reserved, room, users
from spec.database_classes import offered
from spec.migrations import problems
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.postgres import AuroraPostgres, InClusterPostgres, RdsPostgres
from spec.rules import rule

_POSTGRES: Path = ("data", "postgres")

_SURGE = "each counts one more, which an update starts"
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
    for position, service in enumerate(platform.services):
        if service.connections is not None and service.connections < most_pods(service):
            problem = f"is less than the pods that there can be, {most_pods(service)}"
            remedy = f"raise it, or lower replicas.max; {_SURGE}"
            yield Mistake(("services", position, "connections"), problem, remedy, service.connections)
    for access, limit in limits(postgres, platform.services).items():
        using = users(platform.services, access)
        sharing = [service for service in using if service.connections is None]
        own, pods = reserved(using), sum(map(most_pods, sharing))
        if own + pods > limit:
            who = ", ".join(f"{service.name} {most_pods(service)}" for service in sharing)
            given = getattr(postgres.connections, access) is not None
            by = "" if given else ", by the class of the instances,"
            parts = [f"the pods that there can be, {pods}: {who}"] if sharing else []
            parts += [f"the {own} that services have for themselves"] if own else []
            problem = f"is{by} less than {', and '.join(parts)}"
            remedy = f"{'raise it' if given else 'take a larger class'}, or lower replicas.max; {_SURGE}"
            yield Mistake((*_POSTGRES, "connections", access), problem, remedy, limit)


@rule
def shares_are_of_something(platform: Platform) -> Iterator[Mistake]:
    """Connections are shared out where services reach a database that AWS runs, without a pooler in between."""
    postgres = platform.data.postgres
    shared = isinstance(postgres, AuroraPostgres | RdsPostgres)
    using = {service.name for access in ("writer", "reader") for service in users(platform.services, access)}
    for position, service in enumerate(platform.services):
        if service.connections is None or (shared and service.name in using):
            continue
        problem = "is a share of connections that the service does not use"
        remedy = "remove it, or let the service use postgres.writer or postgres.reader"
        if service.name in using:
            problem = "is a share of what nobody shares out by services here"
            remedy = "remove it; in the cluster a pooler does, by data.postgres.pooler.defaultPoolSize"
        yield Mistake(("services", position, "connections"), problem, remedy, service.connections)


@rule
def servers_take_what_pods_open(platform: Platform) -> Iterator[Mistake]:
    """The smallest instance takes all connections of either kind: a reader may become the writer, or the only one."""
    postgres = platform.data.postgres
    there_is = room(postgres) if isinstance(postgres, AuroraPostgres | RdsPostgres) else None
    if there_is is None:
        return
    assert isinstance(postgres, AuroraPostgres | RdsPostgres)
    (smallest, most), wanted = there_is, limits(postgres, platform.services)
    if sum(wanted.values()) > most:
        first, *others = wanted
        together = f"and connections.{others[0]} make {sum(wanted.values())}" if others else "is too many"
        problem = f"{together}; {smallest} takes {most} besides {RESERVED_BY_AWS} of its own"
        remedy = "lower them, or take a larger class"
        yield Mistake((*_POSTGRES, "connections", first), problem, remedy, wanted[first])


@rule
def poolers_stay_inside_what_the_server_takes(platform: Platform) -> Iterator[Mistake]:
    """PgBouncer opens a pool for each role and database: the sum of them fits the server that they lead to.

    A role signs in to one database, the service's own or the one that services share: there are as many as roles.
    """
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
            remedy = f"{f'take {fits}, or ' if fits > 0 else ''}raise parameters.max_connections"
            path = (*_POSTGRES, "pooler", "defaultPoolSize")
            yield Mistake(path, problem, remedy, postgres.pooler.default_pool_size)


@rule
def migrations_are_there(platform: Platform) -> Iterator[Mistake]:
    """A directory of migrations has files whose order is known."""
    directory = getattr(platform.data.postgres, "migrations", None)
    if directory is not None:
        for problem, remedy in problems(directory):
            yield Mistake((*_POSTGRES, "migrations"), problem, remedy, directory)
