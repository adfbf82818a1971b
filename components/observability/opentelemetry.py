"""The OpenTelemetry Collector: the values of its chart, whatever its pipelines carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.cluster.contract import Identity
from components.pod_security import RESTRICTED_CONTAINER, restricted_pod

CHART = "opentelemetry-collector"
# Of the distribution that has receivers and exporters for AWS. The tag follows the chart's appVersion.
_REPOSITORY = "docker.io/otel/opentelemetry-collector-contrib"
METRICS_PORT = 8888
_HEALTH_PORT = 13133

# Protocols that the chart has ports for, each of which is closed unless it is asked for.
_PORTS = ("otlp", "otlp-http", "jaeger-compact", "jaeger-thrift", "jaeger-grpc", "zipkin")

MEMORY_LIMITER = {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20}


def pods(name: str) -> dict[str, str]:
    """Return the labels of the pods of the release ``name``."""
    return {"app.kubernetes.io/instance": name}


def values(
    name: str,
    configuration: Mapping[str, Any],
    *,
    identity: Identity,
    resources: Mapping[str, Any],
    ports: Sequence[str] = (),
    replicas: int = 1,
    scraped: bool,
    placement: Mapping[str, Any] | None = None,
    volumes: Sequence[Mapping[str, Any]] = (),
    mounts: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the chart's values for a collector as a Deployment.

    ``configuration`` is the collector's own, without its health check and its metrics, which are added here; ``ports``
    are the chart's names of the ports to open, such as ``otlp``; ``identity`` is who its pods are to the cloud.
    """
    health = {"health_check": {"endpoint": f"${{env:MY_POD_IP}}:{_HEALTH_PORT}"}}
    reader = {"pull": {"exporter": {"prometheus": {"host": "${env:MY_POD_IP}", "port": METRICS_PORT}}}}
    extensions = {**health, **configuration.get("extensions", {})}
    service = {
        "extensions": list(extensions),
        "telemetry": {"metrics": {"readers": [reader]}},
        **configuration["service"],
    }
    return {
        "mode": "deployment",
        "fullnameOverride": name,
        "image": {"repository": _REPOSITORY},
        # The whole of it: the chart's own would open Jaeger's and Zipkin's ports.
        "alternateConfig": {**configuration, "extensions": extensions, "service": service},
        "replicaCount": replicas,
        "podDisruptionBudget": {"enabled": replicas > 1, "maxUnavailable": 1},
        "ports": {
            **{port: {"enabled": port in ports} for port in _PORTS},
            "metrics": {"enabled": True},
        },
        "serviceAccount": {
            "name": name,
            "annotations": identity.annotations,
            "automountServiceAccountToken": False,
        },
        "resources": resources,
        "podSecurityContext": restricted_pod(10001, owns_volumes=True),
        "securityContext": RESTRICTED_CONTAINER,
        "extraVolumes": list(volumes),
        "extraVolumeMounts": list(mounts),
        "serviceMonitor": {"enabled": scraped},
        **(placement or {}),
    }
