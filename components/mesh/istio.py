"""Istio's control plane, and mutual TLS for everything that is in the mesh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component
from components.data_tier.endpoint import Peer
from components.http_ingress import Authorizer
from components.mesh.way_in import CLASS, extension_provider
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.pod_security import CONFINED
from components.scheduling import on_pool
from components.traffic import ANYWHERE, API_SERVER, DNS, allow, coming_from, from_api_server
from spec.mesh import Mesh as Spec
from spec.node_pools import NodePool

SYSTEM = "istio-system"
GATEWAY = "ingress"
"""The gateway, by name and namespace, that istiod serves Ingress objects with."""

# https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio
_XDS, _MONITORING, _WEBHOOK = 15012, 15014, 15017
_TRUST_DOMAIN = "cluster.local"
_ISTIOD = {"app": "istiod"}
_PLUGIN = {"k8s-app": "istio-cni-node"}


def principal(namespace: str, service_account: str) -> str:
    """Return the identity of pods in the mesh, as an AuthorizationPolicy names it."""
    return f"{_TRUST_DOMAIN}/ns/{namespace}/sa/{service_account}"


class Istio(Component):
    """istiod, the CNI plugin that spares pods a privileged init container, and strict mutual TLS where services are.

    Pods join by a label of their own and not by one on their namespace, so that jobs and engines stay outside.
    """

    istiod: Peer
    """Where proxies get configuration and certificates."""
    ready: pulumi.Resource
    """What a pod in the mesh waits for: without istiod's webhook it would start without a proxy, and be refused."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        services_in: Iterable[str],
        authorizers: Sequence[Authorizer] = (),
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install Istio; in the namespaces ``services_in``, pods of the mesh take nothing but mutual TLS.

        ``authorizers`` are those that an AuthorizationPolicy may have a proxy ask about a request.
        """
        super().__init__("mesh:Istio", name, opts)
        namespace = namespaces.ensure(SYSTEM)
        services = sorted(set(services_in))
        members = [*(namespaces.ensure(each) for each in services), namespaces.ensure(GATEWAY)]
        self.istiod = Peer(ports=(_XDS,), namespace=namespace, pod_labels=_ISTIOD)
        definitions = charts.release(f"{name}-base", "istio-base", namespace=namespace, values={}, opts=self.child())
        # It writes the node's CNI configuration and enters pods' network namespaces.
        privileged = namespaces.ensure("istio-cni", pod_security="privileged")
        # Its pods have addresses of their own, and are not ready before they have listed the pods of their node.
        scrapers = [scraping.scraper] if scraping else []
        reaching = allow(
            f"{name}-cni",
            namespace=privileged,
            pods=_PLUGIN,
            ingress=coming_from(scrapers, _MONITORING),
            egress=[DNS, API_SERVER],
            opts=self.child(),
        )
        plugin = charts.release(
            f"{name}-cni",
            "istio-cni",
            namespace=privileged,
            values={
                "cniConfDir": cluster.facts.cni.configuration,
                "cniBinDir": cluster.facts.cni.programs,
                "resources": _resources("10m", "64Mi", "128Mi"),
                "seccompProfile": CONFINED,
            },
            opts=self.child(depends_on=[definitions, reaching]),
        )
        self.ready = charts.release(
            name,
            "istiod",
            namespace=namespace,
            values=_values(spec, authorizers, pools),
            opts=self.child(depends_on=[definitions, plugin]),
        )
        allow(
            name,
            namespace=namespace,
            pods=_ISTIOD,
            ingress=[
                *coming_from([Peer(ports=(), namespace=each) for each in members], _XDS),
                from_api_server(_WEBHOOK),
                *coming_from(scrapers, _MONITORING),
            ],
            egress=[ANYWHERE],
            opts=self.child(),
        )
        if scraping:
            scraping.monitor(
                name,
                "ServiceMonitor",
                "istiod",
                namespace=namespace,
                labels={**_ISTIOD, "istio": "pilot"},
                endpoints=[{"port": "http-monitoring"}],
                owner=self,
                depends_on=[self.ready],
            )
            scraping.monitor(
                f"{name}-cni-monitor",
                "PodMonitor",
                "istio-cni",
                namespace=privileged,
                labels=_PLUGIN,
                endpoints=[{"port": "metrics"}],
                owner=self,
            )
            scraping.watch("mesh", self)
        for each in services:
            CustomResource(
                f"{name}-{each}",
                api_version="security.istio.io/v1",
                kind="PeerAuthentication",
                # Of this name it is the namespace's own, for every pod in it.
                metadata={"name": "default", "namespace": namespaces.ensure(each)},
                spec={"mtls": {"mode": "STRICT"}},
                opts=self.child(depends_on=[self.ready]),
            )
        self.register_outputs({})


def _values(spec: Spec, authorizers: Sequence[Authorizer], pools: Sequence[NodePool]) -> dict[str, Any]:
    asked = [extension_provider(authorizer) for authorizer in authorizers]
    return {
        "autoscaleEnabled": False,
        "replicaCount": spec.replicas,
        "resources": _resources("100m", "256Mi", "1Gi"),
        "seccompProfile": CONFINED,
        "cni": {"enabled": True},
        # A sidecar that Kubernetes starts first and ends last: jobs end, and nothing is called before it is there.
        "env": {"ENABLE_NATIVE_SIDECARS": "true"},
        "sidecarInjectorWebhook": {"rewriteAppHTTPProbe": True},
        "meshConfig": {
            "trustDomain": _TRUST_DOMAIN,
            "accessLogFile": "/dev/stdout" if spec.access_log else "",
            "enablePrometheusMerge": True,
            "ingressControllerMode": "STRICT",
            "ingressClass": CLASS,
            "ingressSelector": GATEWAY,
            **({"extensionProviders": asked} if asked else {}),
        },
        "global": {
            # Pod Security `restricted` asks it of every container.
            "proxy": {"resources": spec.sidecar.model_dump(), "seccompProfile": CONFINED},
            "defaultPodDisruptionBudget": {"enabled": spec.replicas > 1},
        },
        **on_pool(spec.pool, pools),
    }


def _resources(cpu: str, memory: str, memory_limit: str) -> dict[str, Any]:
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": "1", "memory": memory_limit}}
