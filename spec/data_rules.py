"""Rules between the data section and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator

from spec.base import quantity
from spec.data import InClusterPostgres
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.rabbitmq import DISK_RESERVE
from spec.redis import InClusterRedis
from spec.rules import rule
from spec.services import Resources

_DATA: Path = ("data",)
_REDIS: Path = (*_DATA, "redis")
_RABBITMQ: Path = (*_DATA, "rabbitmq")


@rule
def engines_live_in_what_is_declared(platform: Platform) -> Iterator[Mistake]:
    """The namespace and the node pool of an engine are among those of the stack file."""
    namespaces = {namespace.name for namespace in platform.security.namespaces}
    pools = {pool.name for pool in platform.node_pools}
    for path, engine in ((_REDIS, platform.data.redis), (_RABBITMQ, platform.data.rabbitmq)):
        for key, known, noun in (("namespace", namespaces, "namespaces"), ("pool", pools, "node pools")):
            named = getattr(engine, key, None)
            if named is not None and named not in known:
                yield Mistake((*path, key), "is not declared", did_you_mean(named, known, noun), named)


@rule
def engines_ask_for_less_than_their_limit(platform: Platform) -> Iterator[Mistake]:
    """A request above the limit is refused by the API server; here it is refused before anything exists."""
    for path, resources in _asked(platform):
        for kind in ("cpu", "memory"):
            request, limit = getattr(resources.requests, kind), getattr(resources.limits, kind)
            if quantity(request) > quantity(limit):
                yield Mistake((*path, kind), f"is above the limit, {limit}", "ask for less", request)


def _asked(platform: Platform) -> Iterator[tuple[Path, Resources]]:
    postgres, redis, rabbitmq = platform.data.postgres, platform.data.redis, platform.data.rabbitmq
    if isinstance(postgres, InClusterPostgres):
        yield (*_DATA, "postgres", "requests"), postgres.resources
    if rabbitmq:
        yield _RABBITMQ, rabbitmq.resources
    if isinstance(redis, InClusterRedis):
        for position, store in enumerate(redis.stores):
            yield (*_REDIS, "stores", position), store.resources


@rule
def stores_are_what_they_are_used_for(platform: Platform) -> Iterator[Mistake]:
    """Stores have names of their own, and one that evicts nothing keeps what it has."""
    redis = platform.data.redis
    if not isinstance(redis, InClusterRedis):
        return
    taken: dict[str, int] = {}
    for position, store in enumerate(redis.stores):
        path: Path = (*_REDIS, "stores", position)
        first = taken.setdefault(store.name, position)
        if first != position:
            remedy = f"stores[{first}] has it already; give each a name of its own"
            yield Mistake((*path, "name"), "is taken", remedy, store.name)
        if store.eviction == "noeviction" and store.storage is None:
            problem = "is missing: a store that evicts nothing would lose everything at a restart"
            yield Mistake((*path, "storage"), problem, "give it a volume, such as 1Gi, or let it evict")


@rule
def brokers_have_disk_to_spare(platform: Platform) -> Iterator[Mistake]:
    """RabbitMQ stops publishers while less than a reserve is free, which on a small volume is always."""
    rabbitmq = platform.data.rabbitmq
    if rabbitmq and quantity(rabbitmq.storage) < 2 * quantity(DISK_RESERVE):
        problem = f"would stop publishers: they wait while less than {DISK_RESERVE} of it is free"
        yield Mistake((*_RABBITMQ, "storage"), problem, "take 4Gi at least", rabbitmq.storage)
