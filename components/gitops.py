"""GitOps: Argo CD, and the services that it delivers from a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_random as random

from components.argocd_applications import Applications
from components.argocd_notifications import notifications
from components.charts import Charts
from components.component import Component
from components.git_credentials import argocd_credentials
from components.http_ingress import HttpIngress, certified
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.scheduling import in_chart
from components.slack import slack_token
from components.traffic import ANYWHERE, allow, among, coming_from
from spec.base import in_go
from spec.gitops import ArgoCd as Spec
from spec.node_pools import NodePool
from spec.services import Service

_SMALL = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}
_LARGE = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}

# Parts of Argo CD, by the chart's keys, and what each may take: the controller holds the cluster's objects in memory,
# the repository server renders charts, the rest waits most of the time.
_PARTS = {
    "controller": _LARGE,
    "repoServer": _LARGE,
    "server": _SMALL,
    "applicationSet": _SMALL,
    "notifications": _SMALL,
    "redis": _SMALL,
    "redisSecretInit": _SMALL,
}
_SERVER = 8080
# https://argo-cd.readthedocs.io/en/stable/operator-manual/metrics/; the ApplicationSet controller's is 8080.
_METRICS = (8080, 8082, 8083, 8084, 9001)
_SCRAPED = ("controller", "repoServer", "server", "applicationSet", "notifications")

# What sync waves of Applications wait for: that one is healthy, which Argo CD has not asked since 1.8, and that all of
# it is there, which health does not say since 3.4.
# https://argo-cd.readthedocs.io/en/stable/operator-manual/health/#argocd-app
# https://github.com/argoproj/argo-cd/pull/25962
_HEALTH = {
    "resource.customizations.health.argoproj.io_Application": """\
hs = {status = "Progressing", message = ""}
if obj.status ~= nil and obj.status.health ~= nil then
  hs.status = obj.status.health.status
  hs.message = obj.status.health.message or ""
  if hs.status == "Healthy" and (obj.status.sync == nil or obj.status.sync.status ~= "Synced") then
    hs.status = "Progressing"
    hs.message = "waiting for all of it to be applied"
  end
end
return hs
"""
}


class Gitops(Component):
    """Argo CD; where there is a repository, what has it deliver the services."""

    admin_password: pulumi.Output[str]
    """Secret; the password of the user ``admin``."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        services: Sequence[Service],
        *,
        charts: Charts,
        namespaces: Namespaces,
        ingress: HttpIngress,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install Argo CD, and have it deliver ``services`` where ``spec`` names a repository.

        ``after`` is what the services stand on: they are delivered once it is there, and go before it goes.
        """
        super().__init__("gitops:Gitops", name, opts)
        namespace = namespaces.ensure(spec.namespace)
        password = random.RandomPassword(name, length=24, special=False, opts=self.child())
        self.admin_password = password.result
        policies = [
            allow(
                name,
                namespace=namespace,
                pods={},
                ingress=[
                    among({}, direction="from"),
                    *coming_from([scraping.scraper] if scraping else [], *_METRICS),
                ],
                # To the API server, and to wherever repositories and notifications are.
                egress=[ANYWHERE],
                opts=self.child(),
            ),
            allow(
                f"{name}-server",
                namespace=namespace,
                pods={"app.kubernetes.io/name": "argocd-server"},
                ingress=coming_from([ingress.peer], _SERVER),
                opts=self.child(),
            ),
        ]
        values = _values(spec, password, ingress, scraping is not None, in_chart(spec.pool, pools))
        if spec.notifications:
            slack = spec.notifications.slack
            token = slack_token(f"{name}-slack-token", slack, namespace, self.child())
            values["notifications"] |= notifications(slack, token)
        release = charts.release(
            name,
            "argo-cd",
            namespace=namespace,
            values=values,
            # Before it goes it cleans up, for which it has to reach the API server.
            opts=self.child(depends_on=[*policies, *([scraping.crds] if scraping else []), *ingress.first]),
        )
        if scraping:
            scraping.watch("argocd", self)
        if spec.repository:
            secret = argocd_credentials(f"{name}-repository", spec.repository, namespace, self.child())
            Applications(
                name,
                spec.repository,
                [namespaces.ensure(each) for each in sorted({service.namespace for service in services})],
                namespace=namespace,
                reconciliation=spec.reconciliation,
                after=[release, *([secret] if secret else []), *after],
                opts=self.child(),
            )
        self.register_outputs({})


def _values(
    spec: Spec, password: random.RandomPassword, ingress: HttpIngress, scraped: bool, placement: Mapping[str, Any]
) -> dict[str, Any]:
    metrics = {"metrics": {"enabled": True, "serviceMonitor": {"enabled": True}}}
    parts: dict[str, dict[str, Any]] = {
        part: {"resources": resources, **(metrics if scraped and part in _SCRAPED else {})}
        for part, resources in _PARTS.items()
    }
    # A CRD that is kept would be left behind by `destroy`.
    values: dict[str, Any] = {"fullnameOverride": "argocd", "crds": {"keep": False}, "dex": {"enabled": False}, **parts}
    # Those of the chart let everybody reach the server.
    values["global"] = {"networkPolicy": {"create": False}, **placement}
    values["configs"] = {
        "cm": {
            "timeout.reconciliation": in_go(spec.reconciliation),
            # The chart's would make three minutes four.
            "timeout.reconciliation.jitter": "0s",
            **_HEALTH,
        },
        # TLS ends in front of it: at the ingress controller, or at the load balancer.
        "params": {"server.insecure": True},
        "secret": {"argocdServerAdminPassword": password.bcrypt_hash},
    }
    credentials = spec.repository and spec.repository.credentials
    if credentials and credentials.known_hosts:
        values["configs"]["ssh"] = {"extraHosts": credentials.known_hosts}
    if spec.host:
        values["global"]["domain"] = spec.host
        values["server"]["ingress"] = {
            "enabled": True,
            "ingressClassName": ingress.class_name,
            "annotations": dict(ingress.annotations),
            "hostname": spec.host,
            **certified(ingress, spec.host, key="extraTls"),
        }
    return values
