"""Connections to PostgreSQL: how many a pod may open, so that all pods together stay inside what a server takes.

A server that is asked for more refuses whoever comes last, which during a sale is everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from spec.services import Service

_SURGE = 1  # An update starts one pod before it stops another: strategy.maxSurge of charts/service.


class Share(NamedTuple):
    """What one service has of a server's connections."""

    each: int
    """The most that one of its pods may open."""
    pods: int
    """The most pods that there can be, in the middle of an update."""

    @property
    def total(self) -> int:
        """The most that all its pods may open together."""
        return self.each * self.pods


def most_pods(service: Service) -> int:
    """Return how many pods of a service there can be at once."""
    return service.replicas.max + _SURGE


def users(services: Iterable[Service], access: str) -> list[Service]:
    """Return the services that use PostgreSQL in one way, ``writer`` or ``reader``."""
    return [service for service in services if f"postgres.{access}" in service.uses]


def shares(services: Sequence[Service], limits: Mapping[str, int]) -> dict[str, Share]:
    """Return every user's share, by its name; ``limits`` are what all pods of one access may open together.

    Pods of one access have equal shares, so the sum over all of them at their maximum is inside the limit. A service
    that both writes and reads opens the smaller share to either.
    """
    found: dict[str, Share] = {}
    for access, limit in limits.items():
        using = users(services, access)
        total = sum(map(most_pods, using))
        for service in using:
            each = limit // total
            known = found.get(service.name)
            found[service.name] = Share(min(each, known.each) if known else each, most_pods(service))
    return found
