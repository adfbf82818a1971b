"""PostgreSQL: in the cluster, run by AWS, or somebody else's."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Cidr, Host, Identifier, Name, Port, Quantity, Section
from spec.credentials import Credentials
from spec.migrations import Directory
from spec.services import Compute, Resources
from spec.windows import WeeklyWindow, Window

MOST_READERS = 15  # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Replication.html
DatabaseClass = Annotated[
    str,
    StringConstraints(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$"),
    Field(description="Class of a database instance, such as db.r6g.xlarge."),
]


class Pooler(Section):
    """PgBouncer in front of the database."""

    instances: Annotated[int, Field(ge=1, le=10)] = 1
    pool_mode: Literal["session", "transaction"] = "transaction"
    max_client_connections: Annotated[int, Field(ge=10, le=10000)] = 1000
    default_pool_size: Annotated[int, Field(ge=1, le=1000)] = 20
    """Server connections for each pair of role and database."""


class Backups(Section):
    """Base backups and the whole log between them, in a bucket of the platform's: back to any second of the period."""

    schedule: Annotated[
        str,
        StringConstraints(pattern=r"^\S+( \S+){5}$"),
        Field(description="When, as cron with seconds first: `0 0 3 * * *` is three o'clock, UTC."),
    ] = "0 0 3 * * *"
    retention_days: Annotated[int, Field(ge=1, le=365)] = 14
    server_name: Name = "postgres"
    """Folder of the bucket. A database that begins with the backups of another writes to one of its own."""


class Recovery(Section):
    """Backups to begin a new database with, in place of nothing; what is there already is not touched."""

    server_name: Name
    """Folder of the bucket that they are in."""
    target_time: (
        Annotated[
            str,
            StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"),
        ]
        | None
    ) = None
    """The last moment to take over, in UTC, such as 2026-11-20T18:30:00Z; left out, everything that was written."""


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
    backups: Backups | None = None
    recovery: Recovery | None = None
    pool: Name | None = None
    """Node pool to run on."""

    @property
    def resources(self) -> Resources:
        """What each instance asks for, and the most it may take."""
        limits = Compute(cpu=self.cpu, memory=self.memory)
        return Resources(requests=self.requests or limits, limits=limits)


class Connections(Section):
    """What all pods at their maximum may open together. A service has a share of its own by `services[].connections`;
    each pod of the others has an even one of what is left, each role the sum of its pods'.

    Left out, it is 200 for who writes and 100 for who only reads, or what the instance class takes of that.
    """

    writer: Annotated[int, Field(ge=1, le=5000)] | None = None
    reader: Annotated[int, Field(ge=1, le=5000)] | None = None
    """Of all readers: a connection goes to any of them."""


class _RunByAws(Section):
    """What every database that AWS runs has."""

    database: Identifier = "app"
    tier: Name = "data"
    """Network tier that it lives in."""
    backup_retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    backup_window: Window = "03:00-04:00"
    maintenance_window: WeeklyWindow = "sun:05:00-sun:06:00"
    parameters: dict[str, str] = {}
    """Settings for the parameter group."""
    connections: Connections = Connections()
    migrations: Directory | None = None
    """SQL files that make the tables: each is applied once, in the order of their names, before a service starts. Where
    grants.sql is among them, roles may do what it says; else writers write and readers read every table."""
    client_image: str = "docker.io/library/postgres:17.6-alpine"
    """Image with psql, for the jobs that create the services' roles and the schema."""


class Readers(Section):
    """Aurora replicas that answer at the reader endpoint, spread over the zones that the writer is not in."""

    instance_class: DatabaseClass
    count: Annotated[int, Field(ge=0, le=MOST_READERS)] = 1
    max: Annotated[int, Field(ge=0, le=MOST_READERS)] | None = None
    """Upper bound of the autoscaling; left out, the count is fixed."""
    target_cpu: Annotated[int, Field(ge=10, le=90, alias="targetCPU")] = 70
    """Average CPU, in percent, that autoscaling holds the readers at."""

    @property
    def ceiling(self) -> int:
        """The most readers that there can be."""
        return MOST_READERS if self.max is None else self.max


class AuroraPostgres(_RunByAws):
    """Aurora PostgreSQL: run by AWS, in the isolated tier."""

    engine: Literal["aurora"]
    version: Annotated[str, StringConstraints(pattern=r"^\d{2}\.\d{1,2}$")] = "15.15"
    instance_class: DatabaseClass
    """Class of the writer."""
    readers: Readers


class RdsPostgres(_RunByAws):
    """PostgreSQL on RDS: one instance, and a standby in another zone that takes over with its address."""

    engine: Literal["rds"]
    version: Annotated[str, StringConstraints(pattern=r"^\d{2}\.\d{1,2}$")] = "17.6"
    instance_class: DatabaseClass
    storage_gib: Annotated[int, Field(ge=20, le=65536, alias="storageGiB")] = 20
    max_storage_gib: Annotated[int | None, Field(ge=20, le=65536, alias="maxStorageGiB")] = None
    """What the volume may grow to by itself; left out, it does not."""
    multi_az: Annotated[bool, Field(alias="multiAZ")] = True
    """Keeps a standby in another zone."""


class ExternalPostgres(Section):
    """A server that somebody else runs: services sign in as whom its owner says."""

    engine: Literal["external"]
    host: Host
    reader_host: Host | None = None
    """Where replicas answer; left out, who only reads does so at `host`."""
    port: Port = 5432
    database: Identifier = "app"
    networks: Annotated[list[Cidr], Field(min_length=1)] = ["0.0.0.0/0"]
    """Where the server's addresses lie: services may reach its port there, and nowhere else."""
    ssl_mode: Literal["require", "verify-full"] = "require"
    """`verify-full` also checks whose certificate it is, against the authorities that a service's image knows."""
    credentials: Credentials
    """Whom services sign in as. A Secret of yours lies in the namespace of every service that uses the database, and in
    `exporters` where there is Prometheus."""


Postgres = Annotated[InClusterPostgres | AuroraPostgres | RdsPostgres | ExternalPostgres, Field(discriminator="engine")]
