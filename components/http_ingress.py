"""What a component that is offered to people has to know of the way in for HTTP, whichever controller that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pulumi

from components.data_tier.endpoint import Peer


@dataclass(frozen=True)
class Answer:
    """Where a controller's pods answer a load balancer: people at one port, its health check with 200 at the other."""

    port: int
    health_port: int
    health_path: str


class HttpIngress(Protocol):
    """A controller that serves Ingress objects."""

    @property
    def class_name(self) -> str:
        """The IngressClass to name."""
        ...

    @property
    def annotations(self) -> Mapping[str, str]:
        """Annotations of an Ingress that serves paths of a host that the controller was given."""
        ...

    @property
    def shapes_traffic(self) -> bool:
        """Whether it does what a service's `traffic` asks for, by the annotations of charts/service."""
        ...

    @property
    def signed_in(self) -> bool:
        """Whether whoever comes through has signed in."""
        ...

    @property
    def release(self) -> pulumi.Resource:
        """What brings the definitions of custom resources that Ingress objects refer to."""
        ...

    @property
    def peer(self) -> Peer:
        """The controller, as a NetworkPolicy of whatever stands behind it lets it in."""
        ...

    @property
    def principal(self) -> str | None:
        """Its identity in the mesh, if it has one."""
        ...
