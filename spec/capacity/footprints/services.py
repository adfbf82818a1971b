"""Application services: charts/service."""

from __future__ import annotations

from collections.abc import Iterator

from spec.capacity.workloads import Workload, sized
from spec.platform import Platform

_SURGE = 1  # strategy.maxSurge of the chart's values


def application_services(platform: Platform) -> Iterator[Workload]:
    """Each at the most that its autoscaler may make of it, in a mesh with a proxy and what sees to it before."""
    mesh = platform.mesh
    beside = {"istio-proxy": mesh.sidecar} if mesh else {}
    before = {"istio-validation": mesh.sidecar} if mesh else {}
    for position, service in enumerate(platform.services):
        yield Workload(
            service.name,
            service.namespace,
            [sized(name, resources) for name, resources in ({service.name: service.resources} | beside).items()],
            init=[sized(name, resources) for name, resources in before.items()],
            replicas=service.replicas.max,
            surge=_SURGE,
            pool=service.pool,
            path=("services", position, "resources", "requests"),
        )
