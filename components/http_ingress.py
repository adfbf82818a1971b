"""The contract of ingress controllers, for components that are offered to people over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi

from components.component import Component
from components.data_tier.endpoint import Peer


@dataclass(frozen=True)
class Answer:
    """Where a controller answers a load balancer: requests at ``port``, health checks with 200 at ``health_port``."""

    port: int
    health_port: int
    health_path: str


@dataclass(frozen=True)
class Backend:
    """A Service in the cluster, and the port of it that is offered."""

    namespace: pulumi.Input[str]
    service: str
    port: int


@dataclass(frozen=True)
class Authorizer:
    """An external authorizer: the Service that a controller asks whether a request's visitor has signed in."""

    name: str
    namespace: str
    service: str
    port: int


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
    def first(self) -> Sequence[pulumi.Resource]:
        """What is there before an Ingress of a user interface, so that nobody gets past who is not to."""
        ...

    @property
    def peer(self) -> Peer:
        """The controller, as a NetworkPolicy of whatever stands behind it lets it in."""
        ...

    @property
    def principal(self) -> str | None:
        """Its identity in the mesh, if it has one."""
        ...

    def tls(self, host: str) -> list[dict[str, Any]]:
        """Return `tls` of an Ingress that serves ``host``; empty where that is not the Ingress' affair."""
        ...

    def offer(self, name: str, host: str, backend: Backend, parent: Component) -> None:
        """Offer all of ``backend`` at ``host``, as a child of ``parent``; visitors start where the host starts."""
        ...


class Controller(HttpIngress, Protocol):
    """The controller itself, which may be told to ask whether somebody has signed in."""

    @property
    def authorizer_arguments(self) -> Mapping[str, Any]:
        """Arguments of oauth2-proxy that make it answer in the way that this controller asks."""
        ...

    def guarded(
        self, authorizer: Authorizer, hosts: Sequence[str], parent: Component, after: pulumi.Resource
    ) -> HttpIngress:
        """Return the way in for user interfaces at ``hosts``, whose requests ``authorizer`` is asked about first.

        What makes the controller ask is a child of ``parent``, made once the authorizer's release, ``after``, is there.
        """
        ...


def certified(ingress: HttpIngress, *hosts: str, key: str = "tls") -> dict[str, Any]:
    """Return the part of a chart's values, under ``key``, that names certificates; nothing where no Ingress does."""
    named = [certificate for host in hosts for certificate in ingress.tls(host)]
    return {key: named} if named else {}
