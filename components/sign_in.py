"""Signing in to the user interfaces: oauth2-proxy, whom the ingress controller asks who may come through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_random as random

from components.charts import Charts
from components.cloud.contract import OidcClient
from components.component import Component
from components.http_ingress import Authorizer, Controller, HttpIngress
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.scheduling import in_chart
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

AUTHORIZER = Authorizer(_NAME, NAMESPACE, _NAME, _PORT)


class SignIn(Component):
    """oauth2-proxy, and what has the ingress controller ask it.

    Each host has a cookie of its own, which no other host of the domain is sent. Without the proxy, the controller
    answers with an error and lets nobody through.
    """

    ingress: HttpIngress
    """For what is to be behind it."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        client: OidcClient,
        *,
        ingress: Controller,
        hosts: Sequence[str],
        charts: Charts,
        namespaces: Namespaces,
        secrets: Secrets = IN_CLUSTER,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Let in to the user interfaces at ``hosts`` of ``ingress`` whom ``client``'s provider knows."""
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
            values=_values(
                spec, client, account, ingress.authorizer_arguments, scraping is not None, in_chart(spec.pool, pools)
            )
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
        self.ingress = ingress.guarded(AUTHORIZER, hosts, self, release)
        self.register_outputs({})


def _digest(*parts: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return a digest that tells nothing of what it is of: that is as random as the digest."""
    known = pulumi.Output.all(*parts).apply(lambda texts: sha256("\n".join(texts).encode()).hexdigest()[:16])
    return pulumi.Output.unsecret(known)


def _values(
    spec: Spec,
    client: OidcClient,
    secret: pulumi.Output[Any],
    asked_by: Mapping[str, Any],
    scraped: bool,
    placement: Mapping[str, Any],
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
        **asked_by,
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
