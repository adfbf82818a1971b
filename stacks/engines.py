"""The engines of the data tier, whoever runs them."""

from __future__ import annotations

from typing import Any

from components.data_tier.endpoint import Engine, consumers
from components.data_tier.kafka import InClusterKafka
from components.data_tier.postgres import InClusterPostgres
from components.data_tier.rabbitmq import RabbitMq
from components.data_tier.redis import InClusterStore
from spec.data import InClusterPostgres as PostgresSpec
from spec.platform import Platform
from spec.redis import InClusterRedis as RedisSpec
from stacks.ground import Ground
from stacks.interfaces import administrators


def engines(spec: Platform, ground: Ground, common: Any) -> dict[str, Engine]:
    """Make the engines that ``spec`` asks for; return each by the name that services use it under.

    ``common`` is what most parts are built with: charts, namespaces, pools, scraping and opts.
    """
    makers = (_postgres, _redis, _rabbitmq, _kafka)
    return {name: engine for make in makers for name, engine in make(spec, ground, common).items()}


def _postgres(spec: Platform, ground: Ground, common: Any) -> dict[str, Engine]:
    postgres, namespaces = spec.data.postgres, common["namespaces"]
    if postgres is None:
        return {}
    users = consumers(spec.services, "postgres", namespaces.ensure)
    if isinstance(postgres, PostgresSpec):
        users += administrators(spec, "postgres", namespaces)
        here = {"cluster": ground.cluster, "protect": spec.protect}
        return {"postgres": InClusterPostgres("postgresql", postgres, users, **here, **common)}
    assert ground.managed_postgres is not None  # a rule of the spec
    jobs = namespaces.ensure("database-jobs")
    return {"postgres": ground.managed_postgres(postgres, users, jobs)}


def _redis(spec: Platform, ground: Ground, common: Any) -> dict[str, Engine]:
    redis = spec.data.redis
    if not isinstance(redis, RedisSpec):
        return {}
    here = {"cluster": ground.cluster, "protect": spec.protect}
    return {
        (name := f"redis.{store.name}"): InClusterStore(
            f"redis-{store.name}",
            redis,
            store,
            consumers(spec.services, name, common["namespaces"].ensure),
            **here,
            **common,
        )
        for store in redis.stores
    }


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
    users = consumers(spec.services, "kafka", namespaces.ensure) + administrators(spec, "kafka", namespaces)
    return {"kafka": InClusterKafka("kafka", kafka, users, cluster=ground.cluster, protect=spec.protect, **common)}
