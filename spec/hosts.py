"""Where a laptop finds the hosts of a platform that no DNS knows."""

from __future__ import annotations

from spec.cluster import ExistingCluster, K3dCluster
from spec.platform import Platform

# Names that mean something on one network alone: no DNS of the internet's answers for them.
# https://www.iana.org/assignments/special-use-domain-names and RFC 8375; `local` is mDNS's, RFC 6762.
_NOT_PUBLIC = ("local", "localhost", "internal", "test", "invalid", "example", "home.arpa")

THIS_MACHINE = "127.0.0.1"
"""Where k3d answers, and other clusters in containers of this machine whose ports are mapped to it."""


def is_public(host: str) -> bool:
    """Return whether a name is one that everybody's DNS may know, and a public authority certify."""
    return not host.endswith(tuple(f".{name}" for name in _NOT_PUBLIC))


def entries(platform: Platform, address: str = THIS_MACHINE) -> list[str]:
    """Return the lines for /etc/hosts, one for each host; none for hosts that DNS is to answer for.

    ``address`` is where the cluster is reached, where no load balancer of the platform's own has one.
    """
    balancer = platform.ingress.load_balancer
    at = balancer.first if balancer else address
    match platform.cluster:
        case K3dCluster():
            hosts = platform.hosts()
        case ExistingCluster():
            hosts = [host for host in platform.hosts() if not is_public(host)]
        case _:
            hosts = []
    return [f"{at}\t{host}" for host in hosts]
