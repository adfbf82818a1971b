"""The data tier: which engines there are, and who runs them. Services reach every kind through the same endpoint."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Name, Quantity, Section
from spec.interfaces import DataInterfaces
from spec.kafka import InClusterKafka
from spec.rabbitmq import RabbitMq
from spec.redis import Redis
from spec.services import Compute, Resources

Identifier = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$"),
    Field(description="An SQL identifier in lower case."),
]
MOST_READERS = 15  # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Replication.html
# A range such as 03:00-04:00, UTC; Aurora wants at least thirty minutes:
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
Window = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")]


class Pooler(Section):
    """PgBouncer in front of the database."""

    instances: Annotated[int, Field(ge=1, le=10)] = 1
    pool_mode: Literal["session", "transaction"] = "transaction"
    max_client_connections: Annotated[int, Field(ge=10, le=10000)] = 1000
    default_pool_size: Annotated[int, Field(ge=1, le=1000)] = 20
    """Server connections for each pair of role and database."""


class InClusterPostgres(Section):
    """PostgreSQL in the cluster, run by CloudNativePG behind a PgBouncer that answers as `postgresql.<namespace>`."""

    engine: Literal["inCluster"]
    namespace: Name = "infra"
    database: Identifier = "app"
    image: str = "ghcr.io/cloudnative-pg/postgresql:18.4-system-trixie"
    instances: Annotated[int, Field(ge=1, le=9)] = 1
    """One primary and its replicas; more than one are kept on different nodes."""
    storage: Quantity = "10Gi"
    cpu: Quantity = "250m"
    memory: Quantity = "1Gi"
    """Request and limit alike: PostgreSQL sizes its caches by it, and is never the first to be evicted."""
    requests: Compute | None = None
    """Less than `cpu` and `memory`, which are the limits then, for a machine that is too small to promise both."""
    parameters: dict[str, str] = {}
    """Settings for postgresql.conf."""
    pooler: Pooler = Pooler()
    pool: Name | None = None
    """Node pool to run on."""

    @property
    def resources(self) -> Resources:
        """What each instance asks for, and the most it may take."""
        limits = Compute(cpu=self.cpu, memory=self.memory)
        return Resources(requests=self.requests or limits, limits=limits)


class Readers(Section):
    """Aurora replicas that answer at the reader endpoint, spread over the zones that the writer is not in."""

    instance_class: str
    count: Annotated[int, Field(ge=0, le=MOST_READERS)] = 1
    max: Annotated[int, Field(ge=0, le=MOST_READERS)] | None = None
    """Upper bound of the autoscaling; left out, the count is fixed."""
    target_cpu: Annotated[int, Field(ge=10, le=90, alias="targetCPU")] = 70
    """Average CPU, in percent, that autoscaling holds the readers at."""

    @property
    def ceiling(self) -> int:
        """The most readers that there can be."""
        return MOST_READERS if self.max is None else self.max


class AuroraPostgres(Section):
    """Aurora PostgreSQL: run by AWS, in the isolated tier."""

    engine: Literal["aurora"]
    database: Identifier = "app"
    version: Annotated[str, StringConstraints(pattern=r"^\d{2}\.\d{1,2}$")] = "15.15"
    instance_class: str
    """Class of the writer, such as db.r6g.2xlarge."""
    readers: Readers
    tier: Name = "data"
    backup_retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    backup_window: Window = "03:00-04:00"
    maintenance_window: Annotated[
        str,
        StringConstraints(pattern=r"^(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d-(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d$"),
    ] = "sun:05:00-sun:06:00"
    parameters: dict[str, str] = {}
    """Settings for the cluster parameter group."""
    client_image: str = "docker.io/library/postgres:17.6-alpine"
    """Image with psql, for the job that creates the services' roles."""


Postgres = Annotated[InClusterPostgres | AuroraPostgres, Field(discriminator="engine")]


class Data(Section):
    """What holds state."""

    postgres: Postgres | None = None
    redis: Redis | None = None
    rabbitmq: RabbitMq | None = None
    kafka: InClusterKafka | None = None
    interfaces: DataInterfaces = DataInterfaces()

    def ports(self) -> frozenset[str]:
        """Return the names that a service's `uses` may give, such as `postgres.writer`."""
        postgres = {"postgres.writer", "postgres.reader"} if self.postgres else set()
        others = (engine.ports() for engine in (self.redis, self.rabbitmq, self.kafka) if engine)
        return frozenset(postgres.union(*others))
