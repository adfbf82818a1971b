"""The engines of the data tier, whoever runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from components.data_tier.endpoint import Consumer, Engine, consumers
from components.data_tier.exporters import PostgresExporter, RedisExporter, monitor
from components.data_tier.external_postgres import ExternalPostgres
from components.data_tier.kafka import InClusterKafka
from components.data_tier.postgres import InClusterPostgres
from components.data_tier.rabbitmq import RabbitMq
from components.data_tier.redis import InClusterStore
from spec.connections import limits, shares
from spec.platform import Platform
from spec.postgres import ExternalPostgres as ExternalPostgresSpec
from spec.postgres import InClusterPostgres as InClusterPostgresSpec
from spec.redis import InClusterRedis as InClusterRedisSpec
from spec.redis import RedisStore
from stacks.common import without
from stacks.ground import Ground
from stacks.interfaces import administrators
from stacks.load_test import load_test_clients


def engines(spec: Platform, ground: Ground, common: Any) -> dict[str, Engine]:
    """Make the engines that ``spec`` asks for; return each by the name that services use it under.

    ``common`` is what most parts are built with: charts, namespaces, pools, scraping, secrets and opts.
    """
    makers = (_postgres, _redis, _rabbitmq, _kafka)
    return {name: engine for make in makers for name, engine in make(spec, ground, common).items()}


def _postgres(spec: Platform, ground: Ground, common: Any) -> dict[str, Engine]:
    postgres, namespaces = spec.data.postgres, common["namespaces"]
    if postgres is None:
        return {}
    users = consumers(spec.services, "postgres", namespaces.ensure)
    if isinstance(postgres, InClusterPostgresSpec):
        users += administrators(spec, "postgres", namespaces)
        users += load_test_clients(spec, "postgres", namespaces)
        # Its instances and poolers have exporters of their own.
        here: Any = {"cluster": ground.cluster, "cloud": ground.cloud, "protect": spec.protect}
        return {"postgres": InClusterPostgres("postgresql", postgres, users, **here, **common)}
    together = {} if isinstance(postgres, ExternalPostgresSpec) else limits(postgres, spec.services)
    found = shares(spec.services, together)
    users = [
        replace(user, pool_size=found[user.name].each, connections=found[user.name].total) if together else user
        for user in users
    ]
    scraped = common["scraping"] is not None
    users += [monitor(namespaces)] if scraped else []
    engine = _outside(postgres, users, ground, common)
    if scraped:
        asked: Any = engine.endpoint("exporter")
        PostgresExporter("postgres-exporter", asked, pool=_monitoring(spec), **without(common, "secrets"))
    return {"postgres": engine}


def _outside(spec: Any, users: Sequence[Consumer], ground: Ground, common: Any) -> Engine:
    """Return a database outside the cluster."""
    if isinstance(spec, ExternalPostgresSpec):
        return ExternalPostgres("postgres", spec, users, secrets=common["secrets"], opts=common["opts"])
    assert ground.managed_data is not None  # a rule of the spec
    return ground.managed_data.postgres(spec, users, common["namespaces"].ensure("database-jobs"), common["secrets"])


def _monitoring(spec: Platform) -> str | None:
    return spec.observability.pool if spec.observability else None


def _redis(spec: Platform, ground: Ground, common: Any) -> dict[str, Engine]:
    redis, namespaces = spec.data.redis, common["namespaces"]
    if redis is None:
        return {}
    if isinstance(redis, InClusterRedisSpec):
        return {f"redis.{store.name}": _store(spec, redis, store, ground, common) for store in redis.stores}
    assert ground.managed_data is not None  # a rule of the spec
    users = consumers(spec.services, "redis", namespaces.ensure)
    scraped = common["scraping"] is not None
    users += [monitor(namespaces)] if scraped else []
    engine = ground.managed_data.redis(redis, users, common["secrets"])
    if scraped:
        asked: Any = engine.endpoint("exporter")
        RedisExporter("redis-exporter", asked, pool=_monitoring(spec), **without(common, "secrets"))
    return {"redis": engine}


def _store(spec: Platform, redis: InClusterRedisSpec, store: RedisStore, ground: Ground, common: Any) -> Engine:
    users = consumers(spec.services, f"redis.{store.name}", common["namespaces"].ensure)
    here = {"cluster": ground.cluster, "protect": spec.protect}
    return InClusterStore(f"redis-{store.name}", redis, store, users, **here, **common)


def _rabbitmq(spec: Platform, ground: Ground, common: Any) -> dict[str, Engine]:
    rabbitmq = spec.data.rabbitmq
    if rabbitmq is None:
        return {}
    users = consumers(spec.services, "rabbitmq", common["namespaces"].ensure)
    here = {"cluster": ground.cluster, "protect": spec.protect}
    return {"rabbitmq": RabbitMq("rabbitmq", rabbitmq, users, **here, **common)}


def _kafka(spec: Platform, ground: Ground, common: Any) -> dict[str, Engine]:
    kafka = spec.data.kafka
    if kafka is None:
        return {}
    namespaces = common["namespaces"]
    users = consumers(spec.services, "kafka", namespaces.ensure)
    users += administrators(spec, "kafka", namespaces)
    users += load_test_clients(spec, "kafka", namespaces)
    return {"kafka": InClusterKafka("kafka", kafka, users, cluster=ground.cluster, protect=spec.protect, **common)}
