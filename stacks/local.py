"""Platforms on a cluster that needs no cloud: k3d, or one that is there already."""

from __future__ import annotations

import pulumi

from components.cluster.contract import Cluster
from components.cluster.existing import ExistingCluster
from components.cluster.k3d import K3dCluster
from components.ingress import NODE, NODE_PORT_TLS
from spec.cluster import ExistingCluster as ExistingSpec
from spec.cluster import K3dCluster as K3dSpec
from spec.hosts import entries
from spec.platform import Platform
from stacks.ground import Ground


def local_ground(spec: Platform) -> Ground:
    """Return the local cluster that ``spec`` asks for."""
    tls, opts = spec.ingress.tls, pulumi.ResourceOptions()
    # Where both are served, HTTP is what works before anybody has trusted an authority.
    scheme = "https" if tls and tls.redirect else "http"
    port = _port(spec, scheme)
    match spec.cluster:
        case K3dSpec() as k3d:
            cluster: Cluster = K3dCluster(spec.name, k3d, opts)
        case existing:
            cluster = ExistingCluster(spec.name, existing, opts)  # type: ignore[arg-type]
    hosts = entries(spec)
    return Ground(
        cluster=cluster,
        url=lambda host: f"{scheme}://{host}{port}",
        outputs={"hosts": hosts} if hosts else {},
    )


def _port(spec: Platform, scheme: str) -> str:
    """Return what follows a host in its addresses: the port that leads to the ingress controller, as ``:8080``."""
    match spec.cluster:
        # An address of its own has the ports that everybody tries first.
        case K3dSpec() as k3d if spec.ingress.load_balancer is None:
            port = {"http": k3d.http_port, "https": k3d.https_port}
        case ExistingSpec(load_balancer="nodePort"):
            port = {"http": NODE.port, "https": NODE_PORT_TLS}
        case _:
            return ""
    return f":{port[scheme]}"
