"""Rules about names that become part of others."""

from __future__ import annotations

from collections.abc import Iterator

from spec.cluster import KubeadmCluster
from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.rules import rule

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
_BALANCER = 32
_RANDOM = len("-1a2b3c4")  # what Pulumi adds, so that a successor can exist beside what it replaces


@rule
def platform_names_leave_room_for_load_balancers(platform: Platform) -> Iterator[Mistake]:
    """A load balancer is called after the platform and itself, in 32 characters."""
    cluster = platform.cluster
    balancers = ["edge"] if platform.edge else []
    if isinstance(cluster, KubeadmCluster):
        balancers += ["public"] if cluster.api_access_cidrs else ["api"]
    if not balancers:
        return
    longest = max(balancers, key=len)
    room = _BALANCER - _RANDOM - len(f"-{longest}")
    if len(platform.name) > room:
        problem = f"is too long for the load balancer {platform.name}-{longest}: names of those end at {_BALANCER}"
        yield Mistake(("name",), problem, f"take {room} characters at most", platform.name)


@rule
def user_interfaces_have_hosts_of_their_own(platform: Platform) -> Iterator[Mistake]:
    """Each takes the whole of its host."""
    paths: dict[str, Path] = {
        "grafana": ("observability", "grafana", "host"),
        "explore": ("observability", "grafana", "exploreHost"),
        "prometheus": ("observability", "prometheusHost"),
        "argocd": ("gitops", "host"),
        "kafka-ui": ("data", "interfaces", "kafkaUi", "host"),
        "pgadmin": ("data", "interfaces", "pgadmin", "host"),
    }
    taken: dict[str, str] = {}
    for name, host in platform.interfaces().items():
        other = taken.setdefault(host, name)
        if other != name:
            yield Mistake(paths[name], f"is {other}'s already", "give each a host of its own", host)
