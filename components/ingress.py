"""The ingress controller: F5 NGINX, the way into the cluster for HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.networking.v1 import Ingress as IngressResource

from components.certificates import SOLVER_PODS, SOLVER_PORT, Certificates
from components.charts import Charts
from components.cluster.contract import Cluster, LoadBalancing
from components.component import Component
from components.data_tier.endpoint import Peer
from components.http_ingress import Answer, Authorizer, Backend
from components.namespaces import Namespaces
from components.nginx import CLASS, MASTER, MINION, Nginx, ask
from components.observability.scraping import Scraping
from components.scheduling import on_pool, spread
from components.target_groups import bind
from components.traffic import ANYWHERE, allow, coming_from, ports
from spec.node_pools import NodePool
from spec.parts import Ingress as Spec

HTTP, HTTPS, METRICS = 80, 443, 9113
NODE_PORT_TLS = 30443
_HEALTH_PATH = "/nginx-health"  # answered with 200 whatever the host
POD = Answer(HTTP, HTTP, _HEALTH_PATH)
NODE = Answer(30080, 30080, _HEALTH_PATH)
"""Where the controller's pods answer and, on a cluster whose load balancing is node ports, every node."""

_LABELS = {"app.kubernetes.io/name": "nginx-ingress"}

# How the controller's Service looks, by how traffic reaches it. `Cluster`, so that every node answers, also one without
# a controller's pod: the load balancers of k3s and of plain node ports don't ask which has one.
_SERVICE: dict[LoadBalancing, dict[str, Any]] = {
    LoadBalancing.SERVICE: {"type": "LoadBalancer", "externalTrafficPolicy": "Cluster"},
    LoadBalancing.NODE_PORT: {
        "type": "NodePort",
        "externalTrafficPolicy": "Cluster",
        "httpPort": {"nodePort": NODE.port},
        "httpsPort": {"nodePort": NODE_PORT_TLS},
    },
    LoadBalancing.TARGET_GROUP: {"type": "ClusterIP"},
}


class Ingress(Component):
    """NGINX, its IngressClass, and the hosts that it answers for."""

    class_name = CLASS
    annotations: Mapping[str, str]
    principal: str | None
    shapes_traffic = True
    signed_in = False
    authorizer_arguments: Mapping[str, Any] = {}
    first: Sequence[pulumi.Resource] = ()
    peer: Peer
    """The controller, as a NetworkPolicy of whatever stands behind it lets it in."""
    release: pulumi.Resource
    """What the controller's own kinds, such as Policy, wait for."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        hosts: Iterable[str] = (),
        starts: Mapping[str, str] | None = None,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        certificates: Certificates | None = None,
        target_groups: Mapping[str, pulumi.Input[str]] | None = None,
        binder: pulumi.Resource | None = None,
        address: pulumi.Input[str] | None = None,
        proxies: Sequence[pulumi.Input[str]] = (),
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install the controller and make it the owner of ``hosts``; whatever answers at one is a MINION.

        ``starts`` are hosts whose visitors it sends on to a path.
        ``certificates`` are those it serves HTTPS with; without, TLS ends before it.
        Where the cluster's load balancing is a target group, ``target_groups`` are those, of target type ip, that the
        controller's pods are bound to, by their bindings' names, ``binder`` the release of the AWS Load Balancer
        Controller that does so, and ``address`` the load balancer's name, to be written into the status of every
        Ingress. ``proxies`` are the networks of a load balancer that ends TLS: who the client is, and that it came by
        HTTPS, is known from it.
        """
        super().__init__("ingress:Ingress", name, opts)
        self.annotations, self.principal = MINION, None
        # NGINX runs as nobody special and adds one capability, NET_BIND_SERVICE, the one that `restricted` allows.
        namespace = namespaces.ensure("ingress")
        self.peer = Peer(ports=(HTTP, HTTPS), namespace=namespace, pod_labels=_LABELS)
        self.release = charts.release(
            name,
            "nginx-ingress",
            namespace=namespace,
            values=self._values(name, spec, cluster, pools, scraping, _settings(spec, address, proxies)),
            opts=self.child(depends_on=[scraping.crds] if scraping else []),
        )
        self._way_in = Nginx(self.annotations, self.peer, self.release)
        allow(
            name,
            namespace=namespace,
            pods=_LABELS,
            ingress=[ports(HTTP, HTTPS), *coming_from([scraping.scraper] if scraping else [], METRICS)],
            # To every pod that an Ingress names, whichever port it listens on, and to the API server.
            egress=[ANYWHERE],
            opts=self.child(),
        )
        if certificates and certificates.solves_over_http:
            allow(
                f"{name}-challenges",
                namespace=namespace,
                pods=SOLVER_PODS,
                ingress=coming_from([self.peer], SOLVER_PORT),
                opts=self.child(),
            )
        if scraping:
            scraping.watch("ingress", self)
        for host in sorted(set(hosts)):
            start = (starts or {}).get(host)
            self._own(name, host, namespace, spec, certificates, behind_tls=bool(proxies), start=start)
        for binding, arn in (target_groups or {}).items():
            bind(
                binding,
                arn,
                parent=self,
                namespace=namespace,
                service=f"{name}-controller",
                port=HTTP,
                after=[self.release, binder],
            )
        self.register_outputs({})

    def tls(self, host: str) -> list[dict[str, Any]]:
        """Return nothing: the master of the host has its certificate."""
        return self._way_in.tls(host)

    def offer(self, name: str, host: str, backend: Backend, parent: Component) -> None:
        """Offer all of ``backend`` at ``host``, one of its own."""
        self._way_in.offer(name, host, backend, parent)

    def guarded(self, authorizer: Authorizer, hosts: Sequence[str], parent: Component, after: pulumi.Resource) -> Nginx:
        """Return the way in behind ``authorizer``. Each Ingress names its Policy, so that ``hosts`` are not needed."""
        return ask(authorizer, self._way_in, parent, after)

    def _values(
        self,
        name: str,
        spec: Spec,
        cluster: Cluster,
        pools: Sequence[NodePool],
        scraping: Scraping | None,
        settings: Mapping[str, Any],
    ) -> dict[str, Any]:
        compute = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}}
        controller = {
            "replicaCount": spec.replicas,
            "ingressClass": {"name": self.class_name, "create": True, "setAsDefaultIngress": True},
            "service": _SERVICE[cluster.facts.load_balancing],
            "healthStatus": True,
            # Requests by service, path and status, which alerts and dashboards are about.
            "enableLatencyMetrics": scraping is not None,
            "healthStatusURI": POD.health_path,
            "readOnlyRootFilesystem": True,
            "resources": compute,
            "initContainerResources": compute,
            "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
            "topologySpreadConstraints": spread(_LABELS),
            # Anonymous usage data goes to F5 unless it is told not to.
            "telemetryReporting": {"enable": False},
            "config": {"entries": dict(settings)},
            **on_pool(spec.pool, pools),
        }
        return {
            # Names of objects follow from it: what binds to the Service, `<name>-controller`, has to know.
            "fullnameOverride": name,
            "controller": controller,
            "prometheus": {
                "create": True,
                "port": METRICS,
                "service": {"create": scraping is not None},
                "serviceMonitor": {"create": scraping is not None},
            },
        }

    def _own(
        self,
        name: str,
        host: str,
        namespace: pulumi.Input[str],
        spec: Spec,
        certificates: Certificates | None,
        *,
        behind_tls: bool,
        start: str | None,
    ) -> None:
        """Make the host's master, which has neither paths nor a backend of its own."""
        # The provider would wait for endpoints and an address; a master has no endpoints.
        annotations: dict[str, Any] = {**MASTER, "pulumi.com/skipAwait": "true"}
        owned: Any = {"ingress_class_name": self.class_name, "rules": [{"host": host}]}
        if behind_tls:
            # So that what stands behind is told https, and makes links and cookies that fit.
            annotations |= {"nginx.org/redirect-to-https": "true"}
        if start:
            annotations |= {"nginx.org/app-root": start}
        if spec.tls and certificates:
            annotations |= {
                "cert-manager.io/cluster-issuer": certificates.issuer,
                "nginx.org/ssl-redirect": str(spec.tls.redirect).lower(),
            }
            # cert-manager makes the Secret, in this namespace, where nobody but the controller reads it.
            owned |= {"tls": [{"hosts": [host], "secret_name": f"{host}-tls"}]}
        IngressResource(
            f"{name}-{host}",
            metadata={"name": host, "namespace": namespace, "annotations": annotations},
            spec=owned,
            opts=self.child(),
        )


def _settings(
    spec: Spec, address: pulumi.Input[str] | None, proxies: Sequence[pulumi.Input[str]]
) -> dict[str, pulumi.Input[str]]:
    """Return entries of the controller's ConfigMap.

    https://docs.nginx.com/nginx-ingress-controller/configuration/global-configuration/configmap-resource/
    """
    settings: dict[str, pulumi.Input[str]] = {}
    if address is not None:
        settings["external-status-address"] = address
    if trusted := [*proxies, *spec.trusted_proxies]:
        # The last address that no proxy of ours wrote down is the client; what stands before it anybody may claim.
        settings["real-ip-header"] = "X-Forwarded-For"
        settings["real-ip-recursive"] = "True"
        settings["set-real-ip-from"] = pulumi.Output.all(*trusted).apply(",".join)
    return settings
