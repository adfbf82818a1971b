"""Metrics, logs and traces."""

from __future__ import annotations

from collections.abc import Iterator

from spec.base import quantity
from spec.capacity.workloads import Workload, container, rolling, sized
from spec.logs import Elasticsearch, Loki
from spec.platform import Platform

_SMALL = "25m/64Mi", "200m/128Mi"
_MEDIUM = "100m/128Mi", "500m/384Mi"

_COLLECTORS = {
    "alloy": container("alloy", "50m/128Mi", "500m/256Mi"),
    "promtail": container("promtail", "50m/64Mi", "500m/192Mi"),
    "fluent-bit": container("fluent-bit", "25m/48Mi", "250m/128Mi"),
}


def metrics(platform: Platform) -> Iterator[Workload]:
    """kube-prometheus-stack, and what its operator makes of Prometheus and Alertmanager.

    https://github.com/prometheus-operator/prometheus-operator/blob/v0.93.1/pkg/operator/config_reloader.go
    """
    spec = platform.observability
    if spec is None:
        return
    reloader, before = container("config-reloader", *_SMALL), container("init-config-reloader", *_SMALL)
    where = {"namespace": spec.namespace, "pool": spec.pool, "path": ("observability", "resources", "requests")}
    yield Workload(
        "kps-prometheus", containers=[sized("prometheus", spec.resources), reloader], init=[before], claims=1, **where
    )
    where["path"] = ("observability", "pool")
    if spec.alertmanager:
        alertmanager = container("alertmanager", *_SMALL)
        yield Workload("kps-alertmanager", containers=[alertmanager, reloader], init=[before], claims=1, **where)
    sidecars = [container(f"grafana-sc-{what}", *_SMALL) for what in ("dashboard", "datasources")]
    yield Workload("kps-grafana", containers=[container("grafana", *_MEDIUM), *sidecars], claims=1, **where)
    yield Workload(
        "kps-kube-state-metrics", containers=[container("kube-state-metrics", *_MEDIUM)], surge=rolling(1), **where
    )
    yield Workload("kps-operator", containers=[container("kube-prometheus-stack", *_MEDIUM)], surge=rolling(1), **where)
    exporter = container("node-exporter", *_SMALL)
    yield Workload("kps-prometheus-node-exporter", "node-exporter", [exporter], every_node=True)


def logs(platform: Platform) -> Iterator[Workload]:
    """A collector on every node, and Loki where it is the platform's own."""
    spec = platform.observability and platform.observability.logs
    if not platform.observability or not spec:
        return
    yield Workload(spec.collector, "log-collector", [_COLLECTORS[spec.collector]], every_node=True)
    if isinstance(spec.store, Loki):
        yield Workload(
            "loki",
            platform.observability.namespace,
            [sized("loki", spec.store.resources)],
            pool=spec.store.pool,
            claims=1,
            path=("observability", "logs", "store", "resources", "requests"),
        )


def log_store(platform: Platform) -> Iterator[Workload]:
    """Elasticsearch and its operator, and the job that sets it up, where it is the platform's own."""
    spec = platform.observability and platform.observability.logs
    if not platform.observability or not spec or not isinstance(spec.store, Elasticsearch):
        return
    store, namespace = spec.store, platform.observability.namespace
    most = store.cpu if quantity(store.cpu) > 1 else "1"
    yield Workload("elastic-operator", "elastic-system", [container("manager", "50m/150Mi", "500m/512Mi")])
    yield Workload(
        "logs-es-default",
        namespace,
        [container("elasticsearch", f"{store.cpu}/{store.memory}", f"{most}/{store.memory}")],
        init=[container(f"elastic-internal-{it}", "50m/64Mi", "500m/128Mi") for it in ("init-filesystem", "suspend")],
        replicas=store.nodes,
        pool=store.pool,
        claims=1,
        path=("observability", "logs", "store", "memory"),
    )
    yield Workload("logs-elasticsearch-setup", namespace, [container("set-up", "50m/32Mi", "200m/64Mi")])


def traces(platform: Platform) -> Iterator[Workload]:
    """The collector that services send spans to."""
    spec = platform.observability and platform.observability.traces
    if spec:
        yield Workload(
            "trace-collector",
            "tracing",
            [sized("opentelemetry-collector", spec.resources)],
            replicas=spec.replicas,
            surge=rolling(spec.replicas),
            pool=spec.pool,
            path=("observability", "traces", "resources", "requests"),
        )


def audit_log(platform: Platform) -> Iterator[Workload]:
    """What reads the API server's audit log into Loki."""
    spec = platform.observability and platform.observability.logs
    if spec and spec.api_server_audit:
        yield Workload("audit-log", "audit-log", [container("opentelemetry-collector", "50m/128Mi", "500m/512Mi")])
