"""What everything that is to be scraped and watched needs before Prometheus itself is up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.component import Component
from components.data_tier.endpoint import Peer
from components.namespaces import Namespaces
from components.observability.alerts import prometheus_rule
from components.observability.dashboards import DASHBOARDS
from components.observability.dashboards.config_map import config_map
from spec.alerts import parts
from spec.parts import Observability

_ENDPOINTS = {"PodMonitor": "podMetricsEndpoints", "ServiceMonitor": "endpoints"}


class Scraping(Component):
    """The CRDs of the Prometheus operator, and who scrapes.

    They are a release of their own, so that an operator's or a service's monitor waits for seconds of CRDs and not for
    minutes of Prometheus, and so that they go last when the platform goes.
    """

    namespace: pulumi.Output[str]
    crds: pulumi.Resource
    """What a ServiceMonitor, a PodMonitor or a PrometheusRule depends on."""
    scraper: Peer
    """Prometheus, as a NetworkPolicy lets it in."""
    grafana: Peer
    """Grafana, likewise: what it shows, it has to reach."""

    def __init__(
        self, name: str, spec: Observability, *, charts: Charts, namespaces: Namespaces, opts: pulumi.ResourceOptions
    ) -> None:
        """Install the CRDs in the namespace of ``spec``, whose changes to alerts hold for all that is watched."""
        super().__init__("observability:Scraping", name, opts)
        self._changed = spec.alerts
        self._watched: set[str] = set()
        self.namespace = namespaces.ensure(spec.namespace)
        self.crds = charts.release(
            f"{name}-crds", "prometheus-operator-crds", namespace=self.namespace, values={}, opts=self.child()
        )
        self.scraper = Peer(ports=(), namespace=self.namespace, pod_labels={"app.kubernetes.io/name": "prometheus"})
        self.grafana = Peer(ports=(), namespace=self.namespace, pod_labels={"app.kubernetes.io/name": "grafana"})
        self.register_outputs({})

    def monitor(
        self,
        logical: str,
        kind: Literal["PodMonitor", "ServiceMonitor"],
        name: str,
        *,
        namespace: pulumi.Input[str],
        labels: Mapping[str, str],
        endpoints: Sequence[Mapping[str, Any]],
        owner: Component,
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Have what has ``labels`` scraped, pods or those behind Services: make a monitor as a child of ``owner``.

        ``endpoints`` are as the kind has them, such as ``{"port": "metrics"}``; ``depends_on`` is beside the CRDs.
        https://prometheus-operator.dev/docs/api-reference/api/
        """
        CustomResource(
            logical,
            api_version="monitoring.coreos.com/v1",
            kind=kind,
            metadata={"name": name, "namespace": namespace},
            spec={"selector": {"matchLabels": labels}, _ENDPOINTS[kind]: endpoints},
            opts=owner.child(depends_on=[self.crds, *depends_on]),
        )

    def watch(self, part: str, owner: Component) -> None:
        """Make the alerts and the dashboard of a part of the platform, as children of the part itself.

        A component that has a part scraped calls this, so that alerts are there exactly where something exports their
        metrics. Several owners of one part share them: they are made for the first. Raises ValueError for a part that
        has neither.
        """
        if part in self._watched:
            return
        self._watched.add(part)
        if part not in parts() and part not in DASHBOARDS:
            raise ValueError(f"{part} has neither alerts nor a dashboard")
        if part in parts():
            prometheus_rule(part, self._changed, self.namespace, owner.child(depends_on=[self.crds]))
        if part in DASHBOARDS:
            config_map(DASHBOARDS[part], self.namespace, owner.child())
