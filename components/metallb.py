"""MetalLB: Services of type LoadBalancer get addresses where no cloud gives any."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.component import Component
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.pod_security import CONFINED
from components.traffic import API_SERVER, DNS, allow, coming_from, from_api_server
from spec.load_balancer import MetalLb as Spec

NAMESPACE = "metallb-system"
_WEBHOOK, _METRICS = 9443, 9120
_CONTROLLER = {"app.kubernetes.io/name": "metallb", "app.kubernetes.io/component": "controller"}
_SMALL = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "100m", "memory": "96Mi"}}


class MetalLb(Component):
    """MetalLB in the network's second layer: one machine answers for an address, another when that is gone."""

    ready: pulumi.Resource
    """What a Service waits for that is to get an address, and that is still there when it goes."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install MetalLB, and let it give away the addresses of ``spec``."""
        super().__init__("ingress:MetalLb", name, opts)
        # Its speakers answer in the machines' own network, with raw packets, which only `privileged` allows.
        namespace = namespaces.ensure(NAMESPACE, "privileged")
        release = charts.release(
            name,
            "metallb",
            namespace=namespace,
            values=_values(scraping),
            opts=self.child(depends_on=[scraping.crds] if scraping else []),
        )
        allow(
            name,
            namespace=namespace,
            pods=_CONTROLLER,
            ingress=[from_api_server(_WEBHOOK), *coming_from([scraping.scraper] if scraping else [], _METRICS)],
            egress=[DNS, API_SERVER],
            opts=self.child(),
        )
        pool = CustomResource(
            name,
            api_version="metallb.io/v1beta1",
            kind="IPAddressPool",
            metadata={"name": "platform", "namespace": namespace},
            spec={"addresses": [spec.addresses]},
            opts=self.child(depends_on=[release]),
        )
        self.ready = CustomResource(
            f"{name}-answers",
            api_version="metallb.io/v1beta1",
            kind="L2Advertisement",
            metadata={"name": "platform", "namespace": namespace},
            spec={"ipAddressPools": ["platform"]},
            opts=self.child(depends_on=[pool]),
        )
        self.register_outputs({})


def _values(scraping: Scraping | None) -> dict[str, Any]:
    monitored: dict[str, Any] = {"serviceMonitor": {"enabled": scraping is not None}}
    if scraping:
        # The role by which Prometheus finds the pods is bound to its account.
        monitored |= {"serviceAccount": "kps-prometheus", "namespace": scraping.namespace}
    return {
        "fullnameOverride": "metallb",
        "controller": {
            "resources": _SMALL,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65534,
                "fsGroup": 65534,
                "seccompProfile": CONFINED,
            },
        },
        "speaker": {"resources": _SMALL, "frr": {"enabled": False}},
        # For BGP, which nobody speaks here.
        "frrk8s": {"enabled": False},
        "prometheus": monitored,
    }
