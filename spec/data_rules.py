"""Rules between the data section and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.base import quantity
from spec.cache_nodes import NODE_TYPES
from spec.cluster import EksCluster, KubeadmCluster
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.postgres import AuroraPostgres, InClusterPostgres, RdsPostgres
from spec.rabbitmq import DISK_RESERVE
from spec.redis import ElastiCache, InClusterRedis
from spec.rules import rule
from spec.services import Resources
from spec.windows import length, overlap

_DATA: Path = ("data",)
_POSTGRES: Path = (*_DATA, "postgres")
_REDIS: Path = (*_DATA, "redis")
_RABBITMQ: Path = (*_DATA, "rabbitmq")

# One a quarter for five years, and a few for what could not wait: 9.6 ended with 9.6.24, 13 with 13.23.
# https://www.postgresql.org/support/versioning/
_MOST_MINORS = 24
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/supported-engine-versions.html
_REDIS_VERSIONS = ("7.0", "7.1")


@rule
def nodes_of_the_cache_are_offered(platform: Platform) -> Iterator[Mistake]:
    """A node type is one that ElastiCache has."""
    redis = platform.data.redis
    if isinstance(redis, ElastiCache) and redis.node_type not in NODE_TYPES:
        remedy = did_you_mean(redis.node_type, NODE_TYPES, "node types")
        if "did you mean" not in remedy:
            remedy = "take one such as cache.r6g.large, or add a newer one to spec/cache_nodes.py"
        yield Mistake((*_REDIS, "nodeType"), "is no node type of ElastiCache that is known", remedy, redis.node_type)


@rule
def versions_of_the_cache_can_be(platform: Platform) -> Iterator[Mistake]:
    """A version of Redis is one that ElastiCache has: after these comes Valkey, an engine of its own."""
    redis = platform.data.redis
    if isinstance(redis, ElastiCache) and redis.version not in _REDIS_VERSIONS:
        remedy = f"take {' or '.join(_REDIS_VERSIONS)}"
        yield Mistake((*_REDIS, "version"), "is no version of Redis that ElastiCache has", remedy, redis.version)


@rule
def versions_of_the_database_can_be(platform: Platform) -> Iterator[Mistake]:
    """A minor is one that a major of PostgreSQL comes to in its life."""
    postgres = platform.data.postgres
    if isinstance(postgres, AuroraPostgres | RdsPostgres) and int(postgres.version.split(".")[1]) > _MOST_MINORS:
        remedy = f"a major has {_MOST_MINORS} minors at most; `aws rds describe-db-engine-versions` lists what there is"
        yield Mistake((*_POSTGRES, "version"), "is no version of PostgreSQL", remedy, postgres.version)


@rule
def engines_live_in_what_is_declared(platform: Platform) -> Iterator[Mistake]:
    """The namespace, the node pool or the network tier of an engine is among those of the stack file."""
    known = {
        "namespace": ({each.name for each in platform.security.namespaces}, "namespaces"),
        "pool": ({each.name for each in platform.node_pools}, "node pools"),
        "tier": ({each.name for each in platform.network.tiers} if platform.network else set(), "tiers"),
    }
    for path, engine in _engines(platform):
        for key, (names, noun) in known.items():
            named = getattr(engine, key, None)
            if named is not None and named not in names:
                yield Mistake((*path, key), "is not declared", did_you_mean(named, names, noun), named)


def _engines(platform: Platform) -> list[tuple[Path, Any]]:
    data = platform.data
    engines = ((_POSTGRES, data.postgres), (_REDIS, data.redis), (_RABBITMQ, data.rabbitmq))
    return [(path, engine) for path, engine in engines if engine is not None]


@rule
def aws_runs_engines_in_its_network_alone(platform: Platform) -> Iterator[Mistake]:
    """What AWS runs stands in the platform's own VPC: elsewhere it is somebody else's, and has an address."""
    target = platform.cluster.target
    if isinstance(platform.cluster, EksCluster | KubeadmCluster):
        return
    for path, engine in _engines(platform):
        if isinstance(engine, AuroraPostgres | RdsPostgres):
            remedy = "take inCluster, or external with the address of one that is there"
            yield Mistake((*path, "engine"), f"can't be had on {target}", remedy, engine.engine)
        if isinstance(engine, ElastiCache):
            yield Mistake((*path, "engine"), f"can't be had on {target}", "take inCluster", engine.engine)


@rule
def backups_have_a_bucket_and_a_folder_of_their_own(platform: Platform) -> Iterator[Mistake]:
    """Backups go to S3, and a log never goes on where another one is."""
    postgres = platform.data.postgres
    if not isinstance(postgres, InClusterPostgres):
        return
    if postgres.backups and platform.network is None:
        remedy = "leave them out: nobody makes a bucket there"
        yield Mistake((*_POSTGRES, "backups"), f"can't be had on {platform.cluster.target}", remedy)
    if postgres.recovery is None:
        return
    path = (*_POSTGRES, "recovery")
    if postgres.backups is None:
        yield Mistake(path, "has no backups to begin with", "give backups, whose bucket they are in")
    elif postgres.recovery.server_name == postgres.backups.server_name:
        remedy = "give backups.serverName another name, such as the old one with a number"
        problem = "is where this database would write its own, over those that it begins with"
        yield Mistake((*path, "serverName"), problem, remedy, postgres.recovery.server_name)


@rule
def readers_are_as_many_as_may_be(platform: Platform) -> Iterator[Mistake]:
    """Autoscaling never starts above its bound."""
    postgres = platform.data.postgres
    if isinstance(postgres, AuroraPostgres) and postgres.readers.count > postgres.readers.ceiling:
        path = (*_POSTGRES, "readers", "count")
        problem = f"is above max, {postgres.readers.ceiling}"
        yield Mistake(path, problem, "raise max or lower count", postgres.readers.count)


@rule
def volumes_grow(platform: Platform) -> Iterator[Mistake]:
    """RDS refuses to let storage grow to less than a tenth more than there is."""
    postgres = platform.data.postgres
    if not isinstance(postgres, RdsPostgres) or postgres.max_storage_gib is None:
        return
    least = -(-postgres.storage_gib * 11 // 10)
    if postgres.max_storage_gib < least:
        path = (*_POSTGRES, "maxStorageGiB")
        yield Mistake(path, f"leaves no room above {postgres.storage_gib}", f"take {least}", postgres.max_storage_gib)


@rule
def backups_and_maintenance_keep_out_of_each_others_way(platform: Platform) -> Iterator[Mistake]:
    """AWS refuses windows that overlap, or are shorter than it needs."""
    for path, engine in _engines(platform):
        key, backups = next(
            (
                (key, getattr(engine, name))
                for name, key in (("backup_window", "backupWindow"), ("snapshot_window", "snapshotWindow"))
                if hasattr(engine, name)
            ),
            (None, ""),
        )
        if key is None:
            continue
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
        least = 60 if isinstance(engine, ElastiCache) else 30
        for name, window in ((key, backups), ("maintenanceWindow", engine.maintenance_window)):
            if length(window) < least:
                yield Mistake((*path, name), f"is shorter than {least} minutes", "let it end later", window)
        if overlap(backups, engine.maintenance_window):
            problem = f"overlaps maintenanceWindow, {engine.maintenance_window}"
            yield Mistake((*path, key), problem, "move one of the two", backups)


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
