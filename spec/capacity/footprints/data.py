"""The data tier, and the operators that run it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.capacity.workloads import Workload, container, rolling, sized
from spec.kafka import CRUISE_CONTROL, ENTITY_OPERATOR
from spec.kafka import EXPORTER as KAFKA_EXPORTER
from spec.mistakes import Path
from spec.platform import Platform
from spec.postgres import AuroraPostgres, ExternalPostgres, InClusterPostgres, RdsPostgres
from spec.redis import EXPORTER, ElastiCache, InClusterRedis


def postgres(platform: Platform) -> Iterator[Workload]:
    """CloudNativePG, its instances and poolers. A job makes the data of an instance, and is gone before that comes.

    https://github.com/cloudnative-pg/cloudnative-pg/blob/v1.30.0/pkg/specs/containers.go
    """
    spec = platform.data.postgres
    if not isinstance(spec, InClusterPostgres):
        return
    yield Workload(
        "postgresql-operator-cloudnative-pg",
        "cnpg-system",
        [container("manager", "50m/128Mi", "500m/256Mi")],
        surge=rolling(1),
    )
    backups = [container("plugin-barman-cloud", "50m/96Mi", "500m/384Mi")] if spec.backups else []
    if backups:
        yield Workload(
            "postgresql-backups-plugin-plugin-barman-cloud",
            "cnpg-system",
            [container("barman-cloud", "25m/64Mi", "200m/128Mi")],
        )
    yield Workload(
        "postgres",
        spec.namespace,
        [sized("postgres", spec.resources), *backups],
        init=[sized("bootstrap-controller", spec.resources)],
        replicas=spec.instances,
        pool=spec.pool,
        claims=1,
        apart=("data", "postgres", "instances"),
        path=("data", "postgres", "memory"),
    )
    reads = any("postgres.reader" in service.uses for service in platform.services)
    for name in ["postgresql", *(["postgresql-ro"] if spec.instances > 1 and reads else [])]:
        yield Workload(
            name,
            spec.namespace,
            [container("pgbouncer", "100m/64Mi", "500m/128Mi")],
            init=[container("bootstrap-controller", "100m/64Mi", "500m/128Mi")],
            replicas=spec.pooler.instances,
            surge=rolling(spec.pooler.instances),
            pool=spec.pool,
            path=("data", "postgres", "pooler", "instances"),
        )


def database_roles(platform: Platform) -> Iterator[Workload]:
    """The jobs that make the services' roles, and the exporter's, and the tables in a database of the cloud."""
    users = any(use.startswith("postgres.") for service in platform.services for use in service.uses)
    if isinstance(platform.data.postgres, AuroraPostgres | RdsPostgres) and (users or platform.observability):
        psql = container("psql", "50m/32Mi", "200m/64Mi")
        jobs = ["roles", *(["schema"] if platform.data.postgres.migrations else [])]
        for job in jobs:
            yield Workload(f"{platform.name}-postgres-{job}", "database-jobs", [psql])


def exporters(platform: Platform) -> Iterator[Workload]:
    """A pod for each engine outside the cluster."""
    if platform.observability is None:
        return
    outside = {
        "postgres-exporter": isinstance(platform.data.postgres, AuroraPostgres | RdsPostgres | ExternalPostgres),
        "redis-exporter": isinstance(platform.data.redis, ElastiCache),
    }
    for name in (name for name, there in outside.items() if there):
        yield Workload(
            name,
            "exporters",
            [container(f"prometheus-{name}", "25m/32Mi", "200m/128Mi")],
            surge=rolling(1),
            pool=platform.observability.pool,
        )


def kafka(platform: Platform) -> Iterator[Workload]:
    """Strimzi's operator, the servers, and what Strimzi runs beside them.

    https://github.com/strimzi/strimzi-kafka-operator/tree/1.2.0/cluster-operator/src/main/java/io/strimzi/operator/cluster/model
    """
    spec = platform.data.kafka
    if spec is None:
        return
    yield Workload(
        "strimzi-cluster-operator",
        "strimzi",
        [container("strimzi-cluster-operator", "50m/384Mi", "1/384Mi")],
        surge=rolling(1),
    )
    where: dict[str, Any] = {"namespace": spec.namespace, "pool": spec.pool}
    metadata = "zookeeper" if spec.metadata == "zookeeper" else "kafka"
    keepers = "controllers" if metadata == "kafka" else metadata
    for pool, one, (key, replicas), (asked, resources) in (
        ("brokers", "kafka", ("brokers", spec.brokers), ("resources", spec.resources)),
        (keepers, metadata, ("controllers", spec.controllers), ("controllerResources", spec.controller_resources)),
    ):
        yield Workload(
            f"kafka-{pool}",
            containers=[sized(one, resources)],
            replicas=replicas,
            claims=1,
            apart=("data", "kafka", key),
            path=("data", "kafka", asked, "requests"),
            **where,
        )
    operators = [sized(name, ENTITY_OPERATOR) for name in ("topic-operator", "user-operator")]
    yield Workload("kafka-entity-operator", containers=operators, **where)  # it goes before the next one comes
    exporter = [sized("kafka-exporter", KAFKA_EXPORTER)]
    yield Workload("kafka-kafka-exporter", containers=exporter, surge=rolling(1), **where)
    if spec.brokers > 1:
        balancer = [sized("cruise-control", CRUISE_CONTROL)]
        yield Workload("kafka-cruise-control", containers=balancer, surge=rolling(1), **where)


def interfaces(platform: Platform) -> Iterator[Workload]:
    """Kafka UI and pgAdmin, each beside its engine."""
    data = platform.data
    path: Path = ("data", "interfaces")
    if (ui := data.interfaces.kafka_ui) and (engine := data.kafka):
        ones = [sized("kafka-ui", ui.resources)]
        where: dict[str, Any] = {"namespace": engine.namespace, "pool": engine.pool, "path": (*path, "kafkaUi")}
        yield Workload("kafka-ui", containers=ones, surge=rolling(1), **where)
    if (ui := data.interfaces.pgadmin) and isinstance(database := data.postgres, InClusterPostgres):
        ones = [sized("pgadmin4", ui.resources)]
        where = {"namespace": database.namespace, "pool": database.pool, "path": (*path, "pgadmin")}
        yield Workload("pgadmin", containers=ones, **where)


def load_test(platform: Platform) -> Iterator[Workload]:
    """A job for each engine in the cluster, one of them at a time."""
    if spec := platform.data.load_test:
        yield Workload("load-test", "load-test", [sized("load-test", spec.resources)], path=("data", "loadTest"))


def redis(platform: Platform) -> Iterator[Workload]:
    """A pod for each store."""
    spec = platform.data.redis
    if not isinstance(spec, InClusterRedis):
        return
    for position, store in enumerate(spec.stores):
        yield Workload(
            f"redis-{store.name}",
            spec.namespace,
            [sized(f"redis-{store.name}", store.resources), sized("metrics", EXPORTER)],
            init=[container(f"redis-{store.name}-init", "10m/16Mi", "100m/32Mi")],
            pool=spec.pool,
            claims=int(store.storage is not None),
            path=("data", "redis", "stores", position, "memory"),
        )


def rabbitmq(platform: Platform) -> Iterator[Workload]:
    """The operator and its nodes.

    https://github.com/rabbitmq/cluster-operator/blob/v2.22.3/internal/resource/statefulset.go
    """
    spec = platform.data.rabbitmq
    if spec is None:
        return
    yield Workload(
        "rabbitmq-cluster-operator",
        "rabbitmq-system",
        [container("rabbitmq-cluster-operator", "50m/96Mi", "200m/256Mi")],
        surge=rolling(1),
        pool=spec.pool,
    )
    yield Workload(
        "rabbitmq",
        spec.namespace,
        [sized("rabbitmq", spec.resources)],
        init=[container("setup-container", "50m/32Mi", "200m/64Mi")],
        replicas=spec.nodes,
        pool=spec.pool,
        claims=1,
        apart=("data", "rabbitmq", "nodes"),
        path=("data", "rabbitmq", "memory"),
    )
