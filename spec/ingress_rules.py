"""Rules between the ingress controller and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator

from spec.cluster import EksCluster, K3dCluster, KubeadmCluster
from spec.hosts import is_public
from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.rules import rule
from spec.tls import Acme
from spec.traffic import Traffic


@rule
def tls_ends_in_one_place(platform: Platform) -> Iterator[Mistake]:
    """With an edge, TLS ends at its load balancer, whose certificate is ACM's."""
    tls = platform.ingress.tls
    if tls and platform.edge:
        remedy = "remove one of the two: the edge's load balancer ends TLS with a certificate of its own"
        yield Mistake(("ingress", "tls"), "has no meaning with an edge", remedy)


@rule
def redirects_lead_somewhere(platform: Platform) -> Iterator[Mistake]:
    """Whoever is sent on comes to port 443 of the host, which on a laptop may be another port of the machine."""
    tls, cluster = platform.ingress.tls, platform.cluster
    if platform.ingress.load_balancer:
        return
    if tls and tls.redirect and isinstance(cluster, K3dCluster) and cluster.https_port != 443:
        problem = f"would lead to port 443, and the cluster answers on {cluster.https_port}"
        yield Mistake(("ingress", "tls", "redirect"), problem, "set it to false, or cluster.httpsPort to 443", True)


@rule
def authorities_certify_what_they_can_see_proved(platform: Platform) -> Iterator[Mistake]:
    """A public authority certifies public names, and Route 53 is changed by pods that are somebody to AWS."""
    tls = platform.ingress.tls
    if not isinstance(tls, Acme):
        return
    path: Path = ("ingress", "tls")
    for host in platform.hosts():
        if not is_public(host):
            problem = f"can't certify {host}, which is no public name"
            yield Mistake((*path, "issuer"), problem, "take localAuthority, or another host", "acme")
    if tls.hosted_zone and not isinstance(platform.cluster, EksCluster | KubeadmCluster):
        problem = f"can't be changed from {platform.cluster.target}, whose pods have no identity in AWS"
        yield Mistake((*path, "hostedZone"), problem, "leave it out: hosts are proved on port 80", tls.hosted_zone)


@rule
def traffic_is_what_comes_by_routes(platform: Platform) -> Iterator[Mistake]:
    """How the ingress treats a service is nothing without a route to it."""
    for position, service in enumerate(platform.services):
        here: Path = ("services", position, "traffic")
        if service.traffic != Traffic() and not service.routes:
            yield Mistake(here, "has no meaning without a route", "add one to routes, or remove it")
        cors = service.traffic.cors
        if cors and cors.credentials and "*" in cors.origins:
            problem = "would hand everybody's pages the visitor's cookies"
            yield Mistake((*here, "cors", "origins"), problem, "name the origins, or drop credentials", cors.origins)
