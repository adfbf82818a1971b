"""Istio's ingress gateway: the way into the cluster for HTTP where there is a mesh, as one of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.networking.v1 import IngressClass

from components.certificates import Certificates
from components.charts import Charts
from components.cluster.contract import Cluster, LoadBalancing
from components.component import Component
from components.data_tier.endpoint import Peer
from components.http_ingress import Answer, Authorizer, Backend
from components.mesh.istio import GATEWAY, Istio, principal
from components.mesh.way_in import AUTHORIZER_ARGUMENTS, CLASS, HTTPS, MeshWayIn, ask, redirect, secret_name
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.pod_security import CONFINED
from components.scheduling import on_pool, spread
from components.target_groups import bind
from components.traffic import ANYWHERE, allow, coming_from, ports
from spec.node_pools import NodePool
from spec.parts import Ingress as Spec

POD = Answer(port=80, health_port=15021, health_path="/healthz/ready")
NODE = Answer(port=30080, health_port=30021, health_path="/healthz/ready")
"""Where its pods answer and, on a cluster whose load balancing is node ports, every node."""
_NODE_HTTPS = 30443

_DECLARED, _MERGED_METRICS = "http-envoy-prom", 15020
"""The port by which Prometheus finds a proxy's container, as it finds declared ones only, and the one it scrapes."""
_LABELS = {"istio": GATEWAY}
_SERVICE_TYPES = {
    LoadBalancing.SERVICE: "LoadBalancer",
    LoadBalancing.NODE_PORT: "NodePort",
    LoadBalancing.TARGET_GROUP: "ClusterIP",
}


class Gateway(Component):
    """The gateway, the IngressClass whose objects it serves, and certificates of the hosts that it answers for.

    Over HTTP, several Ingress objects may share a host, so that none has to own it; over HTTPS, Istio takes the routes
    of one of them alone.
    """

    class_name = CLASS
    annotations: Mapping[str, str]
    peer: Peer
    principal: str
    shapes_traffic = False
    signed_in = False
    authorizer_arguments = AUTHORIZER_ARGUMENTS
    first: Sequence[pulumi.Resource] = ()
    release: pulumi.Resource

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        mesh: Istio,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        hosts: Sequence[str] = (),
        starts: Mapping[str, str] | None = None,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        certificates: Certificates | None = None,
        target_groups: Mapping[str, pulumi.Input[str]] | None = None,
        binder: pulumi.Resource | None = None,
        proxies: Sequence[pulumi.Input[str]] = (),
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install the gateway, to answer for ``hosts``, of which ``starts`` are those whose visitors it sends on.

        ``certificates`` are those it serves HTTPS with; without, TLS ends before it.
        Where the cluster's load balancing is a target group, ``target_groups`` are those, of target type ip, that its
        pods are bound to, by their bindings' names, and ``binder`` the release of the AWS Load Balancer Controller that
        does so. ``proxies`` are the networks of a load balancer that ends TLS: who the client is, and that it came by
        HTTPS, is known from it.
        """
        super().__init__("mesh:Gateway", name, opts)
        namespace = namespaces.ensure(GATEWAY)
        self.annotations = {}
        self.principal = principal(GATEWAY, GATEWAY)
        listens = (POD.port, HTTPS) if certificates else (POD.port,)
        self.peer = Peer(ports=listens, namespace=namespace, pod_labels=_LABELS)
        self.release = charts.release(
            name,
            "istio-gateway",
            namespace=namespace,
            values=_values(
                spec, cluster, pools, hops=bool(proxies) + bool(spec.trusted_proxies), ends_tls=certificates is not None
            ),
            # istiod's webhook fills in the image.
            opts=self.child(depends_on=[mesh.ready]),
        )
        self._way_in = MeshWayIn(
            self.peer,
            self.principal,
            self.release,
            namespace,
            _LABELS,
            ends_tls=certificates is not None,
            redirects=spec.tls is not None and spec.tls.redirect,
            starts=starts or {},
        )
        if certificates:
            self._certify(name, certificates, sorted(set(hosts)))
        IngressClass(
            name,
            metadata={"name": CLASS, "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
            spec={"controller": "istio.io/ingress-controller"},
            opts=self.child(),
        )
        scrapers = [scraping.scraper] if scraping else []
        allow(
            name,
            namespace=namespace,
            pods=_LABELS,
            ingress=[ports(*listens, POD.health_port), *coming_from(scrapers, _MERGED_METRICS)],
            # To every pod that an Ingress names, whichever port it listens on, and to istiod.
            egress=[ANYWHERE],
            opts=self.child(),
        )
        if scraping:
            merged = {
                "sourceLabels": ["__address__"],
                "regex": r"(.+):\d+",
                "targetLabel": "__address__",
                "replacement": f"$1:{_MERGED_METRICS}",
            }
            scraping.monitor(
                f"{name}-monitor",
                "PodMonitor",
                name,
                namespace=namespace,
                labels=_LABELS,
                endpoints=[{"port": _DECLARED, "path": "/stats/prometheus", "relabelings": [merged]}],
                owner=self,
            )
        for binding, arn in (target_groups or {}).items():
            bind(
                binding,
                arn,
                parent=self,
                namespace=namespace,
                service=GATEWAY,
                port=POD.port,
                after=[self.release, binder],
            )
        self.register_outputs({})

    def tls(self, host: str) -> list[dict[str, Any]]:
        """Return the host with its Secret; nothing where TLS ends before the gateway."""
        return self._way_in.tls(host)

    def offer(self, name: str, host: str, backend: Backend, parent: Component) -> None:
        """Offer all of ``backend`` at ``host``, one of its own."""
        self._way_in.offer(name, host, backend, parent)

    def guarded(
        self, authorizer: Authorizer, hosts: Sequence[str], parent: Component, after: pulumi.Resource
    ) -> MeshWayIn:
        """Return the way in for ``hosts``, whose requests ``authorizer`` is asked about first."""
        return ask(authorizer, self._way_in, hosts, parent, after)

    def _certify(self, name: str, certificates: Certificates, hosts: Sequence[str]) -> None:
        """Have the hosts certified here: Istio reads the Secret that an Ingress names where its gateway is."""
        for host in hosts:
            CustomResource(
                f"{name}-{host}",
                api_version="cert-manager.io/v1",
                kind="Certificate",
                metadata={"name": host, "namespace": self._way_in.namespace},
                spec={
                    "secretName": secret_name(host),
                    "dnsNames": [host],
                    "issuerRef": {"kind": "ClusterIssuer", "name": certificates.issuer},
                },
                opts=self.child(),
            )
        if hosts and self._way_in.redirects:
            self.first = [redirect(f"{name}-by-https", self._way_in, hosts, self)]
            self._way_in = replace(self._way_in, first=self.first)


def _values(spec: Spec, cluster: Cluster, pools: Sequence[NodePool], *, hops: int, ends_tls: bool) -> dict[str, Any]:
    fixed = cluster.facts.load_balancing is LoadBalancing.NODE_PORT
    topology = {"numTrustedProxies": hops}
    listens = {"http2": (POD.port, NODE.port), "status-port": (POD.health_port, NODE.health_port)}
    if ends_tls:
        listens["https"] = (HTTPS, _NODE_HTTPS)
    return {
        # Objects are called after it, the service account included.
        "name": GATEWAY,
        "labels": _LABELS,
        # https://istio.io/latest/docs/ops/configuration/traffic-management/network-topologies/
        "podAnnotations": {"proxy.istio.io/config": json.dumps({"gatewayTopology": topology})},
        "replicaCount": spec.replicas,
        "autoscaling": {"enabled": False},
        "podDisruptionBudget": {"maxUnavailable": 1},
        "service": {
            "type": _SERVICE_TYPES[cluster.facts.load_balancing],
            "ports": [
                {"name": name, "port": port, "targetPort": port, **({"nodePort": node} if fixed else {})}
                for name, (port, node) in listens.items()
            ],
        },
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
        # Ports below 1024 for somebody who is not root, by the one sysctl that `restricted` allows for it.
        "securityContext": {
            "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
            "seccompProfile": CONFINED,
        },
        "topologySpreadConstraints": spread(_LABELS),
        **on_pool(spec.pool, pools),
    }
