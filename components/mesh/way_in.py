"""What Istio's ingress gateway is told by those whom it leads to.

It serves Ingress objects, each of which names the certificate of its host, a Secret in the gateway's namespace. What
those can't say is said in Istio's own kinds: that people come by HTTPS, where a host starts, who is asked about a
visitor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.component import Component
from components.data_tier.endpoint import Peer
from components.http_ingress import Authorizer, Backend

CLASS: Final = "istio"
"""The IngressClass that istiod serves."""
HTTP: Final = 80
HTTPS: Final = 443

AUTHORIZER_ARGUMENTS: Final[Mapping[str, Any]] = {
    # Envoy asks by the request itself, and lets it through for a 200 alone: who is known gets one at any path.
    "upstream": "static://200",
    # A page to sign in by would be a 200, too: strangers are sent on to the provider.
    "skip-provider-button": True,
}

# Paths that oauth2-proxy serves itself, some with a 200 to people who have not signed in; no user interface has them.
# https://oauth2-proxy.github.io/oauth2-proxy/features/endpoints
_OWN_PATHS = ("/oauth2/*", "/ping", "/ready", "/robots.txt")


def extension_provider(authorizer: Authorizer) -> dict[str, Any]:
    """Return the entry of `meshConfig.extensionProviders` by which policies name ``authorizer``.

    Any answer of it but a 200 goes to the visitor as it is, headers included: where to sign in, the session's cookie.
    https://istio.io/latest/docs/tasks/security/authorization/authz-custom/
    """
    return {
        "name": authorizer.name,
        "envoyExtAuthzHttp": {
            "service": f"{authorizer.service}.{authorizer.namespace}.svc.cluster.local",
            "port": authorizer.port,
            "timeout": "5s",
            "statusOnError": "503",
            # The session; and whether a script asks, which is answered 401 in place of a redirect.
            "includeRequestHeadersInCheck": ["cookie", "accept"],
        },
    }


@dataclass(frozen=True)
class MeshWayIn:
    """The gateway, for components that offer something behind it."""

    peer: Peer
    principal: str
    release: pulumi.Resource
    namespace: pulumi.Input[str]
    labels: Mapping[str, str]
    """Of its pods, by which Istio's own kinds name it."""
    ends_tls: bool
    redirects: bool
    """Whether every host is reached by HTTPS alone."""
    starts: Mapping[str, str] = field(default_factory=dict)
    signed_in: bool = False
    first: Sequence[pulumi.Resource] = ()
    class_name: str = CLASS
    annotations: Mapping[str, str] = field(default_factory=dict)
    shapes_traffic: bool = False

    def tls(self, host: str) -> list[dict[str, Any]]:
        """Return the host with its Secret; nothing where TLS ended before the gateway."""
        return [{"hosts": [host], "secretName": secret_name(host)}] if self.ends_tls else []

    def offer(self, name: str, host: str, backend: Backend, parent: Component) -> None:
        """Make a Gateway and a VirtualService of the host alone, which may say where it starts."""
        servers = [_server("http", HTTP, [host], **({"tls": {"httpsRedirect": True}} if self._secure else {}))]
        if self.ends_tls:
            tls = {"mode": "SIMPLE", "credentialName": secret_name(host)}
            servers.append(_server("https", HTTPS, [host], tls=tls))
        gateway = CustomResource(
            f"{name}-gateway",
            api_version="networking.istio.io/v1",
            kind="Gateway",
            metadata={"name": host, "namespace": self.namespace},
            spec={"selector": dict(self.labels), "servers": servers},
            opts=parent.child(depends_on=[self.release, *self.first]),
        )
        address = pulumi.Output.concat(backend.service, ".", backend.namespace, ".svc.cluster.local")
        leads_to = {"route": [{"destination": {"host": address, "port": {"number": backend.port}}}]}
        start = self.starts.get(host)
        sent_on = [{"match": [{"uri": {"exact": "/"}}], "redirect": {"uri": start, "redirectCode": 302}}]
        CustomResource(
            name,
            api_version="networking.istio.io/v1",
            kind="VirtualService",
            metadata={"name": host, "namespace": self.namespace},
            spec={"hosts": [host], "gateways": [host], "http": [*(sent_on if start else []), leads_to]},
            opts=parent.child(depends_on=[gateway]),
        )

    @property
    def _secure(self) -> bool:
        return self.redirects or (self.ends_tls and self.signed_in)


def secret_name(host: str) -> str:
    """Return the name of the Secret that holds the host's certificate."""
    return f"{host}-tls"


def redirect(name: str, way_in: MeshWayIn, hosts: Sequence[str], parent: Component) -> CustomResource:
    """Return what sends visitors of ``hosts`` on to HTTPS, whoever else serves those on port 80."""
    return CustomResource(
        name,
        api_version="networking.istio.io/v1",
        kind="Gateway",
        metadata={"name": name, "namespace": way_in.namespace},
        spec={
            "selector": dict(way_in.labels),
            "servers": [_server("http", HTTP, sorted(set(hosts)), tls={"httpsRedirect": True})],
        },
        opts=parent.child(depends_on=[way_in.release]),
    )


def ask(
    authorizer: Authorizer, way_in: MeshWayIn, hosts: Sequence[str], parent: Component, after: pulumi.Resource
) -> MeshWayIn:
    """Return the way in for ``hosts``, whose requests ``authorizer`` is asked about first.

    As long as Istio knows no provider of that name, it refuses every request for them.
    """
    first: list[pulumi.Resource] = list(way_in.first)
    if way_in.ends_tls and not way_in.redirects:
        # A session is begun and kept over TLS alone.
        first.append(redirect(f"{authorizer.name}-by-https", way_in, hosts, parent))
    # Also with a port in the header.
    named = [each for host in sorted(set(hosts)) for each in (host, f"{host}:*")]
    first += [
        _policy(
            name,
            way_in,
            {"action": action, **whom, "rules": rules},
            parent.child(depends_on=[way_in.release, after]),
        )
        for name, action, whom, rules in (
            (authorizer.name, "CUSTOM", {"provider": {"name": authorizer.name}}, _asked_about(named, way_in)),
            # It comes after: only what was let through is refused by it.
            (f"{authorizer.name}-own", "DENY", {}, [_to(named, paths=list(_OWN_PATHS))]),
        )
    ]
    return replace(way_in, signed_in=True, first=first)


def _asked_about(hosts: list[str], way_in: MeshWayIn) -> list[dict[str, Any]]:
    """Return rules for every request that is served: all but those which are sent on to HTTPS first.

    To ask about those would begin a session without TLS. Whoever claims on port 80 to have come by HTTPS, as a trusted
    proxy may, is served, and so is asked about.
    """
    if not way_in.ends_tls:
        return [_to(hosts)]
    claims = {"key": "request.headers[x-forwarded-proto]", "notValues": ["http"]}
    return [_to(hosts, ports=[str(HTTPS)]), {**_to(hosts, ports=[str(HTTP)]), "when": [claims]}]


def _to(hosts: list[str], **operation: Any) -> dict[str, Any]:
    return {"to": [{"operation": {"hosts": hosts, **operation}}]}


def _policy(name: str, way_in: MeshWayIn, spec: Mapping[str, Any], opts: pulumi.ResourceOptions) -> CustomResource:
    return CustomResource(
        name,
        api_version="security.istio.io/v1",
        kind="AuthorizationPolicy",
        metadata={"name": name, "namespace": way_in.namespace},
        spec={"selector": {"matchLabels": dict(way_in.labels)}, **spec},
        opts=opts,
    )


def _server(name: str, port: int, hosts: list[str], **tls: Any) -> dict[str, Any]:
    return {"port": {"name": name, "number": port, "protocol": name.upper()}, "hosts": hosts, **tls}
