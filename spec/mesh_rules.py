"""Rules between the service mesh and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator

from spec.mistakes import Mistake
from spec.platform import Platform
from spec.rules import rule
from spec.tls import Acme
from spec.traffic import Traffic


@rule
def hosts_of_the_mesh_have_one_ingress(platform: Platform) -> Iterator[Mistake]:
    """Istio serves a host's HTTPS by the routes of one Ingress, of which each service has its own."""
    if platform.mesh is None or platform.ingress.tls is None:
        return
    taken: dict[str, str] = {}
    for position, service in enumerate(platform.services):
        for number, route in enumerate(service.routes):
            other = taken.setdefault(route.host, service.name)
            if other != service.name:
                problem = f"is {other}'s, whose routes are all that the mesh's gateway would serve there by HTTPS"
                remedy = "give it a host of its own, or remove ingress.tls or the mesh"
                yield Mistake(("services", position, "routes", number, "host"), problem, remedy, route.host)


@rule
def hosts_of_the_mesh_are_proved_by_dns(platform: Platform) -> Iterator[Mistake]:
    """The gateway sends whoever asks on port 80 on to HTTPS, which there is none of before the first certificate."""
    tls = platform.ingress.tls
    if platform.mesh and isinstance(tls, Acme) and tls.hosted_zone is None:
        remedy = "give ingress.tls.hostedZone, or remove the mesh"
        yield Mistake(("ingress", "tls"), "can't have hosts proved on port 80 of the mesh's gateway", remedy, "acme")


@rule
def nobody_gets_past_the_gateway(platform: Platform) -> Iterator[Mistake]:
    """Pods in the mesh take nothing but its mutual TLS, which no load balancer speaks."""
    if platform.mesh is None or platform.edge is None:
        return
    remedy = "remove it, or the mesh"
    for position, direct in enumerate(platform.edge.direct):
        problem = "would be reached past the mesh's gateway, which alone may call"
        yield Mistake(("edge", "direct", position, "service"), problem, remedy, direct.service)
    if platform.edge.node_ports:
        yield Mistake(("edge", "nodePorts"), "leads past the mesh's gateway, which alone may call", remedy)


@rule
def traffic_is_shaped_by_nginx(platform: Platform) -> Iterator[Mistake]:
    """What `traffic` asks for is annotations that only NGINX reads."""
    if platform.mesh is None:
        return
    for position, service in enumerate(platform.services):
        if service.traffic != Traffic():
            remedy = "remove it, or the mesh"
            yield Mistake(("services", position, "traffic"), "is not done by the mesh's gateway", remedy)
