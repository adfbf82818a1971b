"""Platforms on a cluster that needs no cloud: k3d, or one that is there already."""

from __future__ import annotations

import pulumi

from components.cluster.existing import ExistingCluster
from components.cluster.k3d import K3dCluster
from spec.cluster import K3dCluster as K3dSpec
from spec.platform import Platform
from stacks.ground import Ground


def local_ground(spec: Platform) -> Ground:
    """Return the local cluster that ``spec`` asks for."""
    local = spec.cluster
    if isinstance(local, K3dSpec):
        return Ground(
            cluster=K3dCluster(spec.name, local, pulumi.ResourceOptions()),
            url=lambda host: f"http://{host}:{local.http_port}",
            outputs={"hosts": "127.0.0.1 " + " ".join(spec.hosts())},
        )
    return Ground(
        cluster=ExistingCluster(spec.name, local, pulumi.ResourceOptions()),  # type: ignore[arg-type]
        url=lambda host: f"http://{host}",
    )
