"""Platforms on a cluster that needs no cloud: k3d, or one that is there already."""

from __future__ import annotations

import pulumi

from components.cluster.existing import ExistingCluster
from components.cluster.k3d import K3dCluster
from spec.cluster import K3dCluster as K3dSpec
from spec.hosts import entries
from spec.platform import Platform
from stacks.ground import Ground


def local_ground(spec: Platform) -> Ground:
    """Return the local cluster that ``spec`` asks for."""
    local, tls = spec.cluster, spec.ingress.tls
    # Where both are served, HTTP is what works before anybody has trusted an authority.
    scheme = "https" if tls and tls.redirect else "http"
    if isinstance(local, K3dSpec):
        published = local.https_port if scheme == "https" else local.http_port
        # An address of its own has the ports that everybody tries first.
        port = "" if spec.ingress.load_balancer else f":{published}"
        return Ground(
            cluster=K3dCluster(spec.name, local, pulumi.ResourceOptions()),
            url=lambda host: f"{scheme}://{host}{port}",
            outputs={"hosts": entries(spec)},
        )
    return Ground(
        cluster=ExistingCluster(spec.name, local, pulumi.ResourceOptions()),  # type: ignore[arg-type]
        url=lambda host: f"{scheme}://{host}",
    )
