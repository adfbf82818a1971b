"""Rules about names that become part of others."""

from __future__ import annotations

from collections.abc import Iterator

from spec.cluster import KubeadmCluster
from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.postgres import AuroraPostgres, InClusterPostgres, RdsPostgres
from spec.redis import InClusterRedis
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
def services_sign_in_under_names_that_are_free(platform: Platform) -> Iterator[Mistake]:
    """A service's name is also its role in PostgreSQL and its user in Redis and RabbitMQ."""
    taken = _logins(platform)
    for position, service in enumerate(platform.services):
        for engine in sorted({use.partition(".")[0] for use in service.uses}):
            if service.name in taken.get(engine, ()):
                problem = f"would be its name in {engine}, which has somebody of that name already"
                yield Mistake(("services", position, "name"), problem, "take another name", service.name)


def _logins(platform: Platform) -> dict[str, set[str]]:
    """Return who is there without any service, by engine; on servers of somebody else's nothing is made."""
    data = platform.data
    taken: dict[str, set[str]] = {}
    if isinstance(data.postgres, InClusterPostgres):
        # Its owner is called as the database; the others are PostgreSQL's and CloudNativePG's.
        # A role has underscores where its service has dashes.
        taken["postgres"] = {data.postgres.database.replace("_", "-"), "postgres", "streaming-replica"}
    if isinstance(data.postgres, AuroraPostgres | RdsPostgres):
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
        taken["postgres"] = {"postgres", "rdsadmin"}
    if isinstance(data.redis, InClusterRedis):
        taken["redis"] = {"default"}
    if data.rabbitmq is not None:
        taken["rabbitmq"] = {"administrator"}
    return taken


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
