"""Rules between the service mesh and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator

from spec.base import quantity
from spec.mistakes import Mistake
from spec.platform import Platform
from spec.rules import rule
from spec.traffic import Traffic


@rule
def tls_ends_before_the_mesh(platform: Platform) -> Iterator[Mistake]:
    """Istio's gateway reads certificates in its own namespace, where the hosts' Ingress objects are not."""
    if platform.mesh and platform.ingress.tls:
        remedy = "remove one of the two; on AWS, an edge ends TLS before the mesh's gateway"
        yield Mistake(("ingress", "tls"), "can't be had with a mesh", remedy, platform.ingress.tls.issuer)


@rule
def sidecars_get_what_they_ask_for(platform: Platform) -> Iterator[Mistake]:
    """A pod whose limit is below its request is refused, and each sidecar is part of a pod."""
    if platform.mesh is None:
        return
    sidecar = platform.mesh.sidecar
    for what in ("cpu", "memory"):
        request, limit = getattr(sidecar.requests, what), getattr(sidecar.limits, what)
        if quantity(limit) < quantity(request):
            path = ("mesh", "sidecar", "limits", what)
            yield Mistake(path, f"is below the request, {request}", "raise the limit or lower the request", limit)


@rule
def traffic_is_shaped_by_nginx(platform: Platform) -> Iterator[Mistake]:
    """What `traffic` asks for is annotations that only NGINX reads."""
    if platform.mesh is None:
        return
    for position, service in enumerate(platform.services):
        if service.traffic != Traffic():
            remedy = "remove it, or the mesh"
            yield Mistake(("services", position, "traffic"), "is not done by the mesh's gateway", remedy)
