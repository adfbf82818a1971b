"""Stores that speak Redis' protocol: in the cluster, or ElastiCache."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Name, Quantity, Section
from spec.services import Compute, Resources
from spec.windows import WeeklyWindow, Window

EXPORTER = Resources(requests=Compute(cpu="10m", memory="24Mi"), limits=Compute(cpu="100m", memory="48Mi"))
"""Of the exporter beside each store."""


class RedisStore(Section):
    """One process with a memory of its own: what is evicted from one store never makes room in another."""

    name: Name
    """Services use it as `redis.<name>`, or only to look things up as `redis.<name>.reader`."""
    eviction: Literal["noeviction", "allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-ttl"]
    """What goes when the memory is full; with `noeviction` writes are refused instead."""
    cpu: Quantity = "50m"
    memory: Quantity = "128Mi"
    """Request and limit alike; seven tenths are for keys, the rest for connections and for rewriting the log."""
    storage: Quantity | None = None
    """Size of a volume that every write is logged on, at most a second late; left out, a restart empties the store."""

    @property
    def resources(self) -> Resources:
        """What the store's own process asks for, and the most it may take."""
        return Resources(
            requests=Compute(cpu=self.cpu, memory=self.memory), limits=Compute(cpu="500m", memory=self.memory)
        )


class InClusterRedis(Section):
    """Valkey in the cluster, the open-source continuation of Redis: one pod a store."""

    engine: Literal["inCluster"]
    namespace: Name = "infra"
    stores: Annotated[list[RedisStore], Field(min_length=1)]
    pool: Name | None = None
    """Node pool to run on."""

    def ports(self) -> set[str]:
        """Return the names that a service's `uses` may give."""
        return {f"redis.{store.name}{access}" for store in self.stores for access in ("", ".reader")}


class ElastiCache(Section):
    """Redis 7 on ElastiCache, in cluster mode: keys are spread over shards, each with replicas in other zones."""

    engine: Literal["elastiCache"]
    version: Annotated[str, StringConstraints(pattern=r"^7\.\d$")] = "7.1"
    node_type: Annotated[str, StringConstraints(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$")]
    """Type of every node, such as cache.r6g.xlarge."""
    shards: Annotated[int, Field(ge=1, le=500)] = 1
    replicas: Annotated[int, Field(ge=1, le=5)] = 1
    """Of each shard; one of them takes over when the shard's primary is lost."""
    eviction: Literal["noeviction", "allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-ttl"] = "volatile-lru"
    """What goes when the memory is full: by default nothing but keys that were to expire anyway."""
    tier: Name = "data"
    """Network tier that it lives in."""
    snapshot_retention_days: Annotated[int, Field(ge=0, le=35)] = 7
    snapshot_window: Window = "04:00-05:00"
    maintenance_window: WeeklyWindow = "sun:05:00-sun:06:00"

    def ports(self) -> set[str]:
        """Return the name that a service's `uses` may give."""
        return {"redis"}


Redis = Annotated[InClusterRedis | ElastiCache, Field(discriminator="engine")]
