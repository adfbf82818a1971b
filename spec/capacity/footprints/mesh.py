"""Istio."""

from __future__ import annotations

from collections.abc import Iterator

from spec.capacity.workloads import Workload, container, rolling
from spec.platform import Platform


def istio(platform: Platform) -> Iterator[Workload]:
    """istiod, and the CNI plugin on every node; the gateway is the way in, and sidecars are the services'."""
    if platform.mesh is None:
        return
    yield Workload(
        "istiod",
        "istio-system",
        [container("discovery", "100m/256Mi", "1/1Gi")],
        replicas=platform.mesh.replicas,
        surge=rolling(platform.mesh.replicas),
        pool=platform.mesh.pool,
        path=("mesh", "replicas"),
    )
    plugin = container("install-cni", "10m/64Mi", "1/128Mi")
    yield Workload("istio-cni-node", "istio-cni", [plugin], every_node=True)
