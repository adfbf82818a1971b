"""Connections to PostgreSQL: how many a pod may open, so that all pods together stay inside what a server takes.

A server that is asked for more refuses whoever comes last, which during a sale is everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from spec.database_classes import max_connections, offered
from spec.postgres import AuroraPostgres, RdsPostgres
from spec.services import Service

RunByAws = AuroraPostgres | RdsPostgres

RESERVED_BY_AWS = 20
"""For superusers, for AWS's own agents, for the exporter and for the jobs that make roles and tables."""
_USUAL = {"writer": 200, "reader": 100}
_SURGE = 1  # An update starts one pod before it stops another: strategy.maxSurge of charts/service.


class Share(NamedTuple):
    """What one service has of a server's connections."""

    each: int
    """The most that one of its pods may open."""
    total: int
    """The most that all its pods may open together."""


def most_pods(service: Service) -> int:
    """Return how many pods of a service there can be at once, in the middle of an update."""
    return service.replicas.max + _SURGE


def users(services: Iterable[Service], access: str) -> list[Service]:
    """Return the services that use PostgreSQL in one way, ``writer`` or ``reader``."""
    return [service for service in services if f"postgres.{access}" in service.uses]


def classes(postgres: RunByAws) -> list[str]:
    """Return the classes of a database's instances: the writer's, and that of readers where it has them."""
    if isinstance(postgres, RdsPostgres):
        return [postgres.instance_class]
    return [postgres.instance_class, postgres.readers.instance_class]


def room(postgres: RunByAws) -> tuple[str, int] | None:
    """Return the smallest instance's class, and what it takes besides AWS's own; None where no class is known.

    One instance serves all where there are no readers, and may have to where there are.
    """
    known = offered(postgres.engine, int(postgres.version.split(".")[0]))
    taken = {named: max_connections(known[named]) for named in classes(postgres) if named in known}
    if not taken:
        return None
    smallest = min(taken, key=lambda named: taken[named])
    given = postgres.parameters.get("max_connections", "")
    return smallest, (int(given) if given.isdigit() else taken[smallest]) - RESERVED_BY_AWS


def limits(postgres: RunByAws, services: Sequence[Service]) -> dict[str, int]:
    """Return what all pods of one access may open together, for each access that is given or used.

    What is not given is the usual number, or an even part of what the smallest instance has left.
    """
    given = {access: limit for access, limit in postgres.connections.model_dump().items() if limit is not None}
    usual = {access: number for access, number in _USUAL.items() if access not in given and users(services, access)}
    there_is = room(postgres)
    left = there_is[1] - sum(given.values()) if there_is else sum(usual.values())
    return given | {
        access: max(1, min(number, left * number // sum(usual.values()))) for access, number in usual.items()
    }


def reserved(using: Iterable[Service]) -> int:
    """Return what services of ``using`` have for themselves, by their own `connections`."""
    return sum(service.connections or 0 for service in using)


def shares(services: Sequence[Service], limits: Mapping[str, int]) -> dict[str, Share]:
    """Return every user's share, by its name; ``limits`` are what all pods of one access may open together.

    A service with `connections` of its own has those. What they leave of the limit is divided evenly among the pods of
    all other services, so that all pods at their maximum stay inside it. A service that both writes and reads has the
    smaller of its two shares for each.
    """
    found: dict[str, Share] = {}
    for access, limit in limits.items():
        using = users(services, access)
        pods = sum(most_pods(service) for service in using if service.connections is None)
        for service in using:
            share = _share(service, (limit - reserved(using)) // pods if pods else 0)
            found[service.name] = min(share, found.get(service.name, share))
    return found


def _share(service: Service, even: int) -> Share:
    if service.connections is None:
        return Share(even, even * most_pods(service))
    return Share(service.connections // most_pods(service), service.connections)
