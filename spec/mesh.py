"""The service mesh."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spec.base import Name, Section
from spec.services import Compute, Resources


class Mesh(Section):
    """Istio: mutual TLS between services, who may call whom by identity, and its gateway in place of NGINX.

    Every application service is in it; the data tier and the platform's own parts are not.
    """

    engine: Literal["istio"]
    replicas: Annotated[int, Field(ge=1, le=5)] = 1
    """Of istiod. While there is none, pods in the mesh go on, but none can be started."""
    sidecar: Resources = Resources(
        requests=Compute(cpu="25m", memory="64Mi"), limits=Compute(cpu="250m", memory="256Mi")
    )
    """What the proxy beside each pod asks for, and may take; it counts towards the namespace's quota. A thousand
    requests a second take 200m: https://istio.io/latest/docs/ops/deployment/performance-and-scalability/"""
    access_log: bool = False
    """Whether proxies log every request."""
    pool: Name | None = None
