"""Application services: one release of charts/service each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.charts import SERVICE_CHART
from components.cluster.contract import Identity
from components.component import Component
from components.data_tier.endpoint import Endpoint, Engine, Peer
from components.http_ingress import HttpIngress, certified
from components.mesh.istio import Istio, principal
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.observability.tracing import Tracing
from components.scheduling import in_chart
from spec.node_pools import NodePool
from spec.services import Image, Service
from spec.traffic import Traffic

if TYPE_CHECKING:  # a laptop does without the SDK of a cloud
    from components.node_ports import NodePort

# What the release of a service waits for: its pods, ready.
_TIMEOUT_SECONDS = 600
# A service has one volume, whose claim is called <service>-data.
_VOLUME = "data"

# The account is there before the release. Pods become somebody as they start: those from before are replaced.
_IDENTIFIED = {"serviceAccount": {"create": False}, "podAnnotations": {"groundwork/identity": "own"}}


def url(service: Service) -> str:
    """Return where a service is reached inside the cluster."""
    return f"http://{service.name}.{service.namespace}.svc.cluster.local:{service.port}"


@dataclass(frozen=True)
class Surroundings:
    """What a service's values depend on besides the service."""

    services: Sequence[Service]
    """All of them: who uses whom."""
    ingress: HttpIngress
    engines: Mapping[str, Engine] = field(default_factory=dict)
    """By the name that `uses` gives, which may say after a dot what for: ``postgres`` is used as `postgres.writer`."""
    pools: Sequence[NodePool] = ()
    scraping: Scraping | None = None
    scrape_interval: str = "30s"
    tracing: Tracing | None = None
    mesh: Istio | None = None
    node_ports: Mapping[str, NodePort] = field(default_factory=dict)
    """Services that a load balancer reaches past the ingress controller, by name."""
    storage_class: pulumi.Input[str] | None = None
    """Class of the services' own volumes; None for the cluster's default."""
    protect: bool = False
    """Whether those volumes stay when their services go."""
    identities: Mapping[str, Identity] = field(default_factory=dict)
    """Of services that are somebody to the cloud, by name; their service accounts are there already."""

    @property
    def first(self) -> list[pulumi.Resource]:
        """What is there before any service: the definition of a ServiceMonitor, and who gives a pod its sidecar."""
        return [*([self.scraping.crds] if self.scraping else []), *([self.mesh.ready] if self.mesh else [])]

    def used(self, service: Service) -> list[Service]:
        """Return the services that a service uses."""
        return [other for other in self.services if other.name in service.uses]

    def users(self, service: Service) -> list[Service]:
        """Return the services that use a service."""
        return [other for other in self.services if service.name in other.uses]

    def endpoints(self, service: Service) -> list[Endpoint]:
        """Return the endpoints of the engines that a service uses, each once."""
        used = [name for name in self.engines for use in service.uses if use == name or use.startswith(f"{name}.")]
        return [self.engines[name].endpoint(service.name) for name in dict.fromkeys(used)]


def values(service: Service, around: Surroundings) -> dict[str, Any]:
    """Return the values of charts/service for a service, whether Pulumi installs it or Argo CD does."""
    endpoints, used = around.endpoints(service), around.used(service)
    serves = service.kind == "api"
    return {
        "chartDigest": chart_digest(),
        "component": service.kind,
        "image": _image(service.image),
        **_entrypoint(service.image),
        "port": service.port,
        "service": {"enabled": serves, "port": service.port, **_node_port(service, around)},
        "probes": {"liveness": {"path": service.health.liveness}, "readiness": {"path": service.health.readiness}},
        "replicas": {"min": service.replicas.min, "max": service.replicas.max},
        "autoscaling": {"cpuPercent": service.replicas.target_cpu},
        "resources": service.resources.model_dump(),
        "env": _environment(service, endpoints, used, around.tracing),
        "ingress": {"enabled": False} if service.name in around.node_ports else _routes(service, around.ingress),
        **(_IDENTIFIED if service.name in around.identities else {}),
        "networkPolicy": _network_policy(service, around, endpoints, used),
        "metrics": _metrics(service, around),
        "mesh": _mesh(service, around),
        "terminationGracePeriodSeconds": service.termination_grace_seconds,
        **_volume(service, around),
        **in_chart(service.pool, around.pools),
    }


def _image(image: Image) -> dict[str, Any]:
    return {"repository": image.repository, "tag": image.tag}


def _entrypoint(image: Image) -> dict[str, Any]:
    """The image's own entrypoint stays where the spec names none."""
    given = {"command": image.command, "args": image.args}
    return {key: value for key, value in given.items() if value is not None}


def _environment(
    service: Service, endpoints: Sequence[Endpoint], used: Sequence[Service], tracing: Tracing | None
) -> list[dict[str, Any]]:
    """PORT, where to find what it uses and where traces go, and its own settings, which win."""
    urls = {f"{other.name.replace('-', '_').upper()}_URL": url(other) for other in used}
    follows = {"PORT": str(service.port), **urls, **(tracing.environment(service) if tracing else {})}
    plain = [{"name": name, "value": value} for name, value in (follows | service.env).items()]
    from_engines = [variable for endpoint in endpoints for variable in endpoint.environment()]
    return [*plain, *(variable for variable in from_engines if variable["name"] not in service.env)]


def _routes(service: Service, ingress: HttpIngress) -> dict[str, Any]:
    by_host: dict[str, list[dict[str, str]]] = {}
    for route in service.routes:
        by_host.setdefault(route.host, []).append({"path": route.path, "pathType": "Prefix"})
    return {
        "enabled": bool(by_host),
        "className": ingress.class_name,
        "annotations": dict(ingress.annotations),
        "hosts": [{"host": host, "paths": paths} for host, paths in by_host.items()],
        **certified(ingress, *by_host),
        **(_traffic(service.traffic) if by_host and ingress.shapes_traffic else {}),
    }


def _node_port(service: Service, around: Surroundings) -> dict[str, Any]:
    reached = around.node_ports.get(service.name)
    # A machine answers for its own pods alone: the load balancer sees which do, and pods see where it is.
    return {"type": "NodePort", "nodePort": reached.port, "externalTrafficPolicy": "Local"} if reached else {}


def _traffic(traffic: Traffic) -> dict[str, Any]:
    """Return what the chart's section `ingress` calls the same things; nothing for what is not asked for."""
    asked = traffic.model_dump(by_alias=True, exclude_defaults=True)
    # An allowance that is given counts as a whole, with its own defaults.
    for name, section in (("rateLimit", traffic.rate_limit), ("cors", traffic.cors)):
        if section is not None:
            asked[name] = section.model_dump(by_alias=True)
    return asked


def _peer(service: Service) -> Peer:
    return Peer(ports=(service.port,), namespace=service.namespace, pod_labels={"app.kubernetes.io/name": service.name})


def _network_policy(
    service: Service, around: Surroundings, endpoints: Sequence[Endpoint], used: Sequence[Service]
) -> dict[str, Any]:
    callers = [_peer(other) for other in around.users(service)]
    reached = around.node_ports.get(service.name)
    callers += [reached.balancer] if reached else [around.ingress.peer] if service.routes else []
    called = [_peer(other) for other in used] + [endpoint.peer for endpoint in endpoints]
    called += [around.tracing.peer] if around.tracing else []
    called += [around.mesh.istiod] if around.mesh else []
    called += around.identities[service.name].peers if service.name in around.identities else []
    scrapers = [around.scraping.scraper] if around.scraping else []
    return {
        "enabled": True,
        "from": [selector for peer in callers for selector in peer.selectors()],
        "metricsFrom": [selector for peer in scrapers for selector in peer.selectors()],
        "egress": [{"to": peer.selectors(), "ports": list(peer.ports)} for peer in called],
    }


def _volume(service: Service, around: Surroundings) -> dict[str, Any]:
    if service.volume is None:
        return {}
    named = {"storageClass": around.storage_class} if around.storage_class else {}
    claim = {"size": service.volume.size, **named, "retain": around.protect}
    return {"volumes": [{"name": _VOLUME, "mountPath": service.volume.path, "claim": claim}]}


def _metrics(service: Service, around: Surroundings) -> dict[str, Any]:
    if around.scraping is None or service.metrics is None:
        return {"enabled": False}
    return {"enabled": True, "path": service.metrics, "interval": around.scrape_interval}


def _mesh(service: Service, around: Surroundings) -> dict[str, Any]:
    """Who may call, by identity: those whom its NetworkPolicy lets in by their pods."""
    if around.mesh is None:
        return {"enabled": False}
    callers = [principal(other.namespace, other.name) for other in around.users(service)]
    callers += [around.ingress.principal] if service.routes and around.ingress.principal else []
    return {"enabled": True, "principals": callers}


@cache
def chart_digest() -> str:
    """Return a digest of charts/service, so that a template that changed is installed although no value did."""
    root = Path(__file__).resolve().parent.parent / SERVICE_CHART
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


class AppServices(Component):
    """The services that the program delivers itself: releases side by side, each ready in its own time."""

    def __init__(
        self,
        name: str,
        services: Sequence[Service],
        around: Surroundings,
        *,
        namespaces: Namespaces,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install ``services``; what they use, and who may reach them, follows from ``around``."""
        super().__init__("app:AppServices", name, opts)
        for service in services:
            policies = [around.ingress.release] if service.routes and service.traffic.cors else []
            identity = around.identities.get(service.name, Identity())
            kubernetes.helm.v3.Release(
                service.name,
                name=service.name,
                chart=SERVICE_CHART,
                namespace=namespaces.ensure(service.namespace),
                values=values(service, around),
                timeout=_TIMEOUT_SECONDS,
                cleanup_on_fail=True,
                opts=self.child(
                    depends_on=[*around.first, *policies, *identity.depends_on],
                    protect=around.protect and service.volume is not None,
                ),
            )
        self.register_outputs({})
