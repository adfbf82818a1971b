"""Where a laptop finds the hosts of a platform that no DNS knows."""

from __future__ import annotations

from spec.cluster import K3dCluster
from spec.platform import Platform


def entries(platform: Platform) -> list[str]:
    """Return the lines for /etc/hosts, one for each host; none where DNS is to answer."""
    if not isinstance(platform.cluster, K3dCluster):
        return []
    balancer = platform.ingress.load_balancer
    address = balancer.first if balancer else "127.0.0.1"
    return [f"{address}\t{host}" for host in platform.hosts()]
