"""GitOps: Flux, and the services that it delivers from a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.component import Component
from components.flux_documents import DELIVERY, KUSTOMIZE, NOTIFICATIONS, SOURCE, SOURCES
from components.flux_rights import FluxRights
from components.git_credentials import flux_credentials
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.scheduling import on_pool
from components.slack import slack_token
from components.traffic import ANYWHERE, allow, among, coming_from
from spec.base import in_go
from spec.gitops import DeliveryNotifications
from spec.gitops import Flux as Spec
from spec.node_pools import NodePool
from spec.services import Service

_METRICS = 8080
_RESOURCES = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}

# Controllers by the chart's keys. Tags are written by pipelines, so nothing looks for new images in registries.
_CONTROLLERS = {
    "sourceController": "source-controller",
    "kustomizeController": "kustomize-controller",
    "helmController": "helm-controller",
    "notificationController": "notification-controller",
}
_UNUSED = ("imageAutomationController", "imageReflectionController")
# A release, in its service's namespace, takes the chart from the repository in Flux's; alerts hear of such releases.
_ACROSS_NAMESPACES = ("helmController", "notificationController")

_SLACK = "https://slack.com/api/chat.postMessage"


class Flux(Component):
    """Flux, the repository it watches, what it may deliver, and who hears of it."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        services: Sequence[Service],
        *,
        charts: Charts,
        namespaces: Namespaces,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install Flux and have it deliver ``services`` from the repository of ``spec``.

        ``after`` is what the services stand on: they are delivered once it is there, and go before it goes.
        """
        super().__init__("gitops:Flux", name, opts)
        self._namespace = namespaces.ensure(spec.namespace)
        destinations = {each: namespaces.ensure(each) for each in sorted({service.namespace for service in services})}
        policy = allow(
            name,
            namespace=self._namespace,
            pods={},
            ingress=[
                among({}, direction="from"),
                *coming_from([scraping.scraper] if scraping else [], _METRICS),
            ],
            # To the API server, and to wherever the repository and Slack are.
            egress=[ANYWHERE],
            opts=self.child(),
        )
        release = charts.release(
            name,
            "flux2",
            namespace=self._namespace,
            values=_values(on_pool(spec.pool, pools), scraped=scraping is not None),
            # A job of the chart asks the API server whether it is fit, before anything else is installed.
            opts=self.child(depends_on=[policy, *([scraping.crds] if scraping else [])]),
        )
        if scraping:
            scraping.watch("flux", self)
        rights = FluxRights(name, spec.repository.manifests, destinations, namespace=self._namespace, opts=self.child())
        source = self._source(name, spec, release)
        kustomization = self._custom(
            f"{name}-services",
            KUSTOMIZE,
            "Kustomization",
            "services",
            {
                "sourceRef": {"kind": "GitRepository", "name": SOURCE},
                "path": f"./{spec.repository.path.strip('/')}/services".replace("//", "/"),
                "interval": in_go(spec.reconciliation),
                "retryInterval": "1m",
                # What it applies has as long to become ready as the program would give it.
                "timeout": "10m",
                "prune": True,
                "wait": True,
                "serviceAccountName": DELIVERY,
                # Gone only once what it delivered is, for which its controllers have to be there still.
                "deletionPolicy": "WaitForTermination",
            },
            depends_on=[source, rights, *after],
        )
        if spec.notifications:
            self._notify(name, spec, spec.notifications, list(destinations.values()), release)
        self.kustomization = kustomization
        self.register_outputs({})

    def _source(self, name: str, spec: Spec, release: pulumi.Resource) -> CustomResource:
        repository = spec.repository
        secret = flux_credentials(f"{name}-repository", repository, self._namespace, self.child())
        return self._custom(
            f"{name}-source",
            SOURCES,
            "GitRepository",
            SOURCE,
            {
                "url": repository.url,
                "ref": {"branch": repository.revision},
                "interval": in_go(spec.reconciliation),
                "timeout": "60s",
                **({"secretRef": {"name": secret}} if secret is not None else {}),
            },
            depends_on=[release],
        )

    def _notify(
        self,
        name: str,
        spec: Spec,
        given: DeliveryNotifications,
        destinations: Sequence[pulumi.Input[str]],
        release: pulumi.Resource,
    ) -> None:
        """Tell of every version that was delivered, and of a repository that can't be."""
        provider = self._custom(
            f"{name}-slack",
            NOTIFICATIONS,
            "Provider",
            "slack",
            {
                "type": "slack",
                "channel": given.slack.channel.removeprefix("#"),
                "address": _SLACK,
                "secretRef": {"name": slack_token(f"{name}-slack-token", given.slack, self._namespace, self.child())},
            },
            depends_on=[release],
        )
        releases = [{"kind": "HelmRelease", "name": "*", "namespace": each} for each in destinations]
        applied = [{"kind": "Kustomization", "name": "*"}]
        delivered, failed = (releases, applied) if spec.repository.manifests == "helm" else (applied, [])
        alerts = {
            "delivered": ("info", delivered),
            "failed": ("error", [{"kind": "GitRepository", "name": "*"}, *failed]),
        }
        for alert, (severity, sources) in alerts.items():
            self._custom(
                f"{name}-{alert}",
                NOTIFICATIONS,
                "Alert",
                alert,
                {"providerRef": {"name": "slack"}, "eventSeverity": severity, "eventSources": sources},
                depends_on=[provider],
            )

    def _custom(
        self, logical: str, api_version: str, kind: str, name: str, spec: Mapping[str, Any], **options: Any
    ) -> CustomResource:
        return CustomResource(
            logical,
            api_version=api_version,
            kind=kind,
            metadata={"name": name, "namespace": self._namespace},
            spec=spec,
            opts=self.child(**options),
        )


def _values(placement: Mapping[str, Any], *, scraped: bool) -> dict[str, Any]:
    controllers = {
        key: {
            "resources": _RESOURCES,
            # The chart's own pods have but `app`, which everything else here is not known by.
            "labels": {"app.kubernetes.io/name": controller},
            **placement,
        }
        for key, controller in _CONTROLLERS.items()
    }
    for key in _ACROSS_NAMESPACES:
        controllers[key]["container"] = {"additionalArgs": ["--no-cross-namespace-refs=false"]}
    return {
        **controllers,
        **{key: {"create": False} for key in _UNUSED},
        "cli": {"resources": _RESOURCES, **placement},
        # Controllers have no rights to workloads; what they apply, they apply as the ServiceAccount `delivery`.
        "multitenancy": {"enabled": True, "privileged": False, "defaultServiceAccount": DELIVERY},
        # Those of the chart let everybody in.
        "policies": {"create": False},
        "prometheus": {"podMonitor": {"create": scraped}},
    }
