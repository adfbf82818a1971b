"""GitOps: Argo CD, and the services that it delivers from a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.component import Component
from components.ingress import Ingress
from components.namespaces import Namespaces
from components.nginx import MINION
from components.observability.scraping import Scraping
from components.scheduling import on_pool
from components.traffic import ANYWHERE, allow, among, coming_from
from spec.node_pools import NodePool
from spec.parts import Gitops as Spec
from spec.parts import Repository
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

# Go, which reads the interval, knows no days and weeks: https://pkg.go.dev/time#ParseDuration
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(duration: str) -> str:
    """Return a duration such as ``3m`` in seconds, as Go reads it: ``180s``."""
    return f"{int(duration[:-1]) * _SECONDS[duration[-1]]}s"


class Gitops(Component):
    """Argo CD; where there is a repository, one Application for every service in it."""

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
        ingress: Ingress,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install Argo CD, and have it deliver ``services`` where ``spec`` names a repository."""
        super().__init__("gitops:Gitops", name, opts)
        namespace = namespaces.ensure(spec.namespace)
        password = random.RandomPassword(name, length=24, special=False, opts=self.child())
        self.admin_password = password.result
        release = charts.release(
            name,
            "argo-cd",
            namespace=namespace,
            values=_values(spec, password, ingress, scraping is not None, on_pool(spec.pool, pools)),
            opts=self.child(depends_on=[scraping.crds] if scraping else []),
        )
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
        )
        allow(
            f"{name}-server",
            namespace=namespace,
            pods={"app.kubernetes.io/name": "argocd-server"},
            ingress=coming_from([ingress.peer], _SERVER),
            opts=self.child(),
        )
        if spec.repository:
            where = {each.namespace: namespaces.ensure(each.namespace) for each in services}
            CustomResource(
                f"{name}-services",
                api_version="argoproj.io/v1alpha1",
                kind="ApplicationSet",
                metadata={"name": "services", "namespace": namespace},
                spec=_application_set(spec.repository, services, where),
                # Its CRD comes with the release, and its Applications' finalizers are Argo CD's to take off.
                opts=self.child(depends_on=[release]),
            )
        self.register_outputs({})


def _values(
    spec: Spec, password: random.RandomPassword, ingress: Ingress, scraped: bool, placement: Mapping[str, Any]
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
        "cm": {"timeout.reconciliation": seconds(spec.reconciliation)},
        # TLS ends in front of it: at the ingress controller, or at the load balancer.
        "params": {"server.insecure": True},
        "secret": {"argocdServerAdminPassword": password.bcrypt_hash},
    }
    if spec.host:
        values["global"]["domain"] = spec.host
        values["server"]["ingress"] = {
            "enabled": True,
            "ingressClassName": ingress.class_name,
            "annotations": MINION,
            "hostname": spec.host,
        }
    return values


def _application_set(
    repository: Repository, services: Sequence[Service], namespaces: Mapping[str, pulumi.Input[str]]
) -> dict[str, Any]:
    """One Application for each service: the platform's chart, with the values that lie in the service's own folder."""
    source = {"repoURL": repository.url, "targetRevision": repository.revision}
    values = f"$values{repository.values_path}/{{{{.service}}}}/values.yaml"
    return {
        "goTemplate": True,
        "goTemplateOptions": ["missingkey=error"],
        "generators": [
            {
                "list": {
                    "elements": [
                        {"service": service.name, "namespace": namespaces[service.namespace]} for service in services
                    ]
                }
            }
        ],
        "template": {
            "metadata": {
                "name": "{{.service}}",
                # Deleting the Application deletes what it delivered.
                "finalizers": ["resources-finalizer.argocd.argoproj.io"],
            },
            "spec": {
                "project": "default",
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "{{.namespace}}"},
                "sources": [
                    {
                        **source,
                        "path": repository.chart_path.lstrip("/"),
                        "helm": {"releaseName": "{{.service}}", "valueFiles": [values]},
                    },
                    {**source, "ref": "values"},
                ],
                "syncPolicy": {
                    "automated": {"prune": True, "selfHeal": True},
                    "syncOptions": ["ServerSideApply=true"],
                },
            },
        },
    }
