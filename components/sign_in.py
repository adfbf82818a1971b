"""Signing in to the user interfaces: oauth2-proxy, which the ingress controller asks before it lets somebody through.

https://docs.nginx.com/nginx-ingress-controller/configuration/policy-resource/#externalauth
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.cloud.contract import OidcClient
from components.component import Component
from components.data_tier.endpoint import Peer
from components.http_ingress import HttpIngress
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.scheduling import on_pool
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import DNS, PRIVATE_NETWORKS, allow, coming_from, ports
from spec.node_pools import NodePool
from spec.sign_in import SignIn as Spec

NAMESPACE = "sign-in"
CALLBACK = "/oauth2/callback"
"""Below every user interface's host: where the provider sends people who have signed in."""
_NAME = "sign-in"
_PORT, _METRICS, _HTTPS = 4180, 44180, 443
_LABELS = {"app.kubernetes.io/name": "oauth2-proxy"}
# AES-256: https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview#cookie-options
_COOKIE_SECRET_BYTES = 32


@dataclass(frozen=True)
class Guarded:
    """The ingress as user interfaces are given it: whoever comes through has signed in."""

    class_name: str
    annotations: Mapping[str, str]
    peer: Peer
    principal: str | None
    shapes_traffic: bool
    release: pulumi.Resource
    """The policy: an Ingress that names one that is not there is answered with an error."""
    signed_in: bool = True


class SignIn(Component):
    """oauth2-proxy, and the policy of the ingress controller by which an Ingress asks it.

    Each host has a cookie of its own, which no other host of the domain is sent. Without the policy or the proxy, the
    controller answers with an error and lets nobody through.
    """

    ingress: HttpIngress
    """For what is to be behind it."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        client: OidcClient,
        *,
        ingress: HttpIngress,
        charts: Charts,
        namespaces: Namespaces,
        secrets: Secrets = IN_CLUSTER,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Let in whom ``client``'s provider knows, by a policy of ``ingress``, F5 NGINX."""
        super().__init__("ingress:SignIn", name, opts)
        namespace = namespaces.ensure(NAMESPACE)
        cookie = random.RandomPassword(name, length=_COOKIE_SECRET_BYTES, special=False, opts=self.child())
        account = secrets.keep(
            name,
            {
                "client-id": client.id,
                "client-secret": pulumi.Output.secret(client.secret),
                "cookie-secret": cookie.result,
            },
            namespace=namespace,
            name=_NAME,
            opts=self.child(),
        )
        release = charts.release(
            name,
            "oauth2-proxy",
            namespace=namespace,
            values=_values(spec, client, account, scraping is not None, on_pool(spec.pool, pools))
            # Its pods read the Secret as they start: they are made anew with what is in it.
            | {"podAnnotations": {"checksum/account": _digest(client.id, client.secret, cookie.result)}},
            # It asks the provider for its configuration as it starts, and is not ready before.
            opts=self.child(depends_on=[*client.depends_on, *([scraping.crds] if scraping else [])]),
        )
        allow(
            name,
            namespace=namespace,
            pods=_LABELS,
            ingress=[
                *coming_from([ingress.peer], _PORT),
                *coming_from([scraping.scraper] if scraping else [], _METRICS),
            ],
            # To the provider, whose addresses are its own affair.
            egress=[DNS, ports(_HTTPS)],
            opts=self.child(),
        )
        policy = CustomResource(
            name,
            api_version="k8s.nginx.org/v1",
            kind="Policy",
            metadata={"name": _NAME, "namespace": namespace},
            spec={
                "ingressClassName": ingress.class_name,
                "externalAuth": {
                    "authURI": "/oauth2/auth",
                    "authSigninURI": "/oauth2/sign_in",
                    "authServiceName": f"{NAMESPACE}/{_NAME}",
                    "authServicePorts": [_PORT],
                },
            },
            opts=self.child(depends_on=[ingress.release, release]),
        )
        annotations = {**ingress.annotations, "nginx.org/policies": f"{NAMESPACE}/{_NAME}"}
        self.ingress = Guarded(
            ingress.class_name, annotations, ingress.peer, ingress.principal, ingress.shapes_traffic, policy
        )
        self.register_outputs({})


def _digest(*parts: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return a digest that tells nothing of what it is of: that is as random as the digest."""
    known = pulumi.Output.all(*parts).apply(lambda texts: sha256("\n".join(texts).encode()).hexdigest()[:16])
    return pulumi.Output.unsecret(known)


def _values(
    spec: Spec, client: OidcClient, secret: pulumi.Output[Any], scraped: bool, placement: Mapping[str, Any]
) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "provider": "oidc",
        "oidc-issuer-url": client.issuer,
        "scope": "openid email profile",
        "code-challenge-method": "S256",
        "reverse-proxy": True,
        # Network policies let nobody but the ingress controller come as far.
        "trusted-proxy-ip": ",".join(PRIVATE_NETWORKS),
        "cookie-secure": True,
        "cookie-samesite": "lax",
        "cookie-expire": f"{spec.session_hours}h",
        # Tokens are of no use here, and cookies that carry them too large for what NGINX reads of an answer's headers.
        "session-cookie-minimal": True,
        "silence-ping-logging": True,
    }
    if client.groups:
        arguments["allowed-group"] = ",".join(client.groups)
    return {
        "fullnameOverride": _NAME,
        "replicaCount": spec.replicas,
        # The prefix has browsers refuse the cookie from anything but this host, over TLS.
        "config": {
            "existingSecret": secret,
            "emailDomains": list(client.email_domains),
            "cookieName": "__Host-sign-in",
        },
        "extraArgs": arguments,
        "service": {"portNumber": _PORT},
        "serviceAccount": {"automountServiceAccountToken": False},
        "podDisruptionBudget": {"enabled": spec.replicas > 1, "minAvailable": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}},
        "metrics": {"enabled": True, "serviceMonitor": {"enabled": scraped}},
        **placement,
    }
