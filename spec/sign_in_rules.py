"""Rules between signing in and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator

from spec.cluster import K3dCluster
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.rules import rule
from spec.sign_in import Cognito, Oidc

_SIGN_IN: Path = ("ingress", "signIn")


@rule
def user_pools_are_in_aws(platform: Platform) -> Iterator[Mistake]:
    """Cognito is AWS's; a program that makes nothing there can't make a pool either."""
    if isinstance(platform.ingress.sign_in, Cognito) and platform.network is None:
        problem = f"can't be had on {platform.cluster.target}"
        yield Mistake((*_SIGN_IN, "provider"), problem, "take oidc, with an issuer of yours", "cognito")


@rule
def sessions_are_encrypted_on_their_way(platform: Platform) -> Iterator[Mistake]:
    """A session's cookie is sent over TLS alone, and providers send people back to https on port 443."""
    if platform.ingress.sign_in is None:
        return
    if platform.edge is None and platform.ingress.tls is None:
        yield Mistake(_SIGN_IN, "would never see a session, which needs TLS", "add ingress.tls, or an edge")
    cluster = platform.cluster
    if isinstance(cluster, K3dCluster) and cluster.https_port != 443 and not platform.ingress.load_balancer:
        problem = f"would send people back to port 443, and the cluster answers on {cluster.https_port}"
        yield Mistake(_SIGN_IN, problem, "set cluster.httpsPort to 443, or remove it")


@rule
def not_everybody_signs_in(platform: Platform) -> Iterator[Mistake]:
    """At a public provider anybody can have an account."""
    sign_in = platform.ingress.sign_in
    if isinstance(sign_in, Oidc) and not (sign_in.email_domains or sign_in.groups):
        problem = "would let in everybody who has an account there"
        yield Mistake(_SIGN_IN, problem, "name emailDomains or groups")


@rule
def what_knows_no_passwords_is_signed_in_to(platform: Platform) -> Iterator[Mistake]:
    """Prometheus has no users of its own: without somebody in front of it, everybody reads everything."""
    observability = platform.observability
    if observability and observability.prometheus_host and platform.ingress.sign_in is None:
        path: Path = ("observability", "prometheusHost")
        remedy = "add ingress.signIn, or remove the host"
        yield Mistake(path, "would be open to everybody", remedy, observability.prometheus_host)


@rule
def interfaces_are_signed_in_to(platform: Platform) -> Iterator[Mistake]:
    """Without an interface there is nobody to let through, and a pool is one that there is."""
    sign_in = platform.ingress.sign_in
    pools = {pool.name for pool in platform.node_pools}
    if sign_in and sign_in.pool is not None and sign_in.pool not in pools:
        remedy = did_you_mean(sign_in.pool, pools, "node pools")
        yield Mistake((*_SIGN_IN, "pool"), "is not declared", remedy, sign_in.pool)
    if sign_in and not platform.interfaces():
        yield Mistake(_SIGN_IN, "has nothing to stand before", "give a user interface a host, or remove it")


@rule
def explore_is_grafanas(platform: Platform) -> Iterator[Mistake]:
    """Explore is one of Grafana's pages, whose links lead to its own host."""
    grafana = platform.observability and platform.observability.grafana
    if grafana and grafana.explore_host and not grafana.host:
        path: Path = ("observability", "grafana", "host")
        yield Mistake(path, "is missing", f"give one besides exploreHost, {grafana.explore_host}")
