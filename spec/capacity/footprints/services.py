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
            # A volume is one pod's: the old one goes before the new one comes.
            surge=0 if service.volume else _SURGE,
            pool=service.pool,
            claims=1 if service.volume else 0,
            path=("services", position, "resources", "requests"),
        )
