"""The data tier: which engines there are, and who runs them. Services reach every kind through the same endpoint."""

from __future__ import annotations

from spec.base import Section
from spec.interfaces import DataInterfaces
from spec.kafka import InClusterKafka
from spec.load_test import LoadTest
from spec.postgres import AuroraPostgres, Postgres, RdsPostgres
from spec.rabbitmq import RabbitMq
from spec.redis import ElastiCache, Redis


class Data(Section):
    """What holds state."""

    postgres: Postgres | None = None
    redis: Redis | None = None
    rabbitmq: RabbitMq | None = None
    kafka: InClusterKafka | None = None
    interfaces: DataInterfaces = DataInterfaces()
    load_test: LoadTest | None = None
    """Left out, no jobs stand ready; `make load` runs them."""

    def ports(self) -> frozenset[str]:
        """Return the names that a service's `uses` may give, such as `postgres.writer`."""
        postgres = {"postgres.writer", "postgres.reader"} if self.postgres else set()
        others = (engine.ports() for engine in (self.redis, self.rabbitmq, self.kafka) if engine)
        return frozenset(postgres.union(*others))

    def run_by_aws(self) -> list[str]:
        """Return the engines that AWS runs, by what people call them."""
        names = {AuroraPostgres: "Aurora", RdsPostgres: "RDS", ElastiCache: "ElastiCache"}
        return [names[type(each)] for each in (self.postgres, self.redis) if type(each) in names]
