"""F5 NGINX Ingress Controller as other components use it: their Ingress objects, and its Policy for signing in.

NGINX takes one Ingress for a host and refuses the others, unless they are parts of one: a master that owns the host and
its TLS, and minions, in any namespace, that own paths.
https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/cross-namespace-configuration/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.networking.v1 import Ingress as IngressResource

from components.component import Component
from components.data_tier.endpoint import Peer
from components.http_ingress import Authorizer, Backend

CLASS = "nginx"

_PART = "nginx.org/mergeable-ingress-type"
MASTER = {_PART: "master"}
"""Annotations of the Ingress that owns a host."""
MINION = {_PART: "minion"}
"""Annotations of an Ingress that serves paths of a host that the controller was given."""


@dataclass(frozen=True)
class Nginx:
    """The controller, for components that offer something behind it."""

    annotations: Mapping[str, str]
    peer: Peer
    release: pulumi.Resource
    """What an Ingress waits for: the controller's release or, behind an authorizer, the Policy that it names. NGINX
    answers for an Ingress whose Policy is missing with an error."""
    signed_in: bool = False
    class_name: str = CLASS
    shapes_traffic: bool = True
    principal: str | None = None
    first: Sequence[pulumi.Resource] = ()

    def tls(self, host: str) -> list[dict[str, Any]]:
        """Return nothing: the master of the host has its certificate."""
        return []

    def offer(self, name: str, host: str, backend: Backend, parent: Component) -> None:
        """Make an Ingress of the host alone: NGINX takes one host in each. Where it starts, its master says."""
        leads_to = {"service": {"name": backend.service, "port": {"number": backend.port}}}
        offered: Any = {
            "ingress_class_name": self.class_name,
            "rules": [{"host": host, "http": {"paths": [{"path": "/", "path_type": "Prefix", "backend": leads_to}]}}],
        }
        IngressResource(
            name,
            metadata={
                "name": name.rpartition("-")[-1],
                "namespace": backend.namespace,
                # The provider would wait for an address, which a controller on node ports does not give.
                "annotations": {**self.annotations, "pulumi.com/skipAwait": "true"},
            },
            spec=offered,
            opts=parent.child(),
        )


def ask(authorizer: Authorizer, controller: Nginx, parent: Component, after: pulumi.Resource) -> Nginx:
    """Return the controller as it is for an Ingress whose requests ``authorizer`` is asked about first.

    https://docs.nginx.com/nginx-ingress-controller/configuration/policy-resource/#externalauth
    """
    policy = CustomResource(
        authorizer.name,
        api_version="k8s.nginx.org/v1",
        kind="Policy",
        metadata={"name": authorizer.name, "namespace": authorizer.namespace},
        spec={
            "ingressClassName": controller.class_name,
            "externalAuth": {
                "authURI": "/oauth2/auth",
                "authSigninURI": "/oauth2/sign_in",
                "authServiceName": f"{authorizer.namespace}/{authorizer.service}",
                "authServicePorts": [authorizer.port],
            },
        },
        opts=parent.child(depends_on=[controller.release, after]),
    )
    annotations = {**controller.annotations, "nginx.org/policies": f"{authorizer.namespace}/{authorizer.name}"}
    return Nginx(annotations, controller.peer, policy, signed_in=True)
