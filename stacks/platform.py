"""What every platform is built from, whatever it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.addresses import Addresses
from components.app_services import AppServices, Surroundings
from components.cert_manager import CertManager
from components.certificates import Certificates, dns_policy
from components.charts import Charts
from components.cloud.contract import OidcClient
from components.cluster.contract import Identity
from components.data_tier.endpoint import Engine
from components.edge.direct_targets import DirectTargets
from components.external_dns import ExternalDns
from components.flux import Flux
from components.gitops import Gitops
from components.http_ingress import Controller, HttpIngress
from components.ingress import Ingress
from components.longhorn import Longhorn
from components.mesh.gateway import Gateway
from components.mesh.istio import Istio
from components.metallb import MetalLb
from components.metrics_server import MetricsServer
from components.namespaces import Namespaces
from components.observability.logs import Logs
from components.observability.metrics import EXPLORE, Metrics
from components.observability.scraping import Scraping
from components.observability.traces import Traces
from components.observability.tracing import Tracing
from components.secrets.contract import Secrets
from components.service_identities import ServiceIdentities
from components.sign_in import AUTHORIZER, CALLBACK, SignIn
from spec.capacity.demand import demands
from spec.gitops import ArgoCd
from spec.gitops import Flux as FluxSpec
from spec.platform import Platform
from spec.sign_in import Cognito, Oidc
from stacks.common import without
from stacks.engines import engines
from stacks.frontends import frontend
from stacks.ground import Ground
from stacks.interfaces import interfaces
from stacks.load_test import load_test
from stacks.secrets import secrets


def build(spec: Platform) -> None:
    """Build the platform that ``spec`` describes, and export what came up."""
    charts = Charts(spec.chart_mirror)
    ground = _ground(spec, charts)
    cluster = ground.cluster
    inside = pulumi.ResourceOptions(providers=[cluster.provider, *ground.providers])
    namespaces = Namespaces("namespaces", spec.security, inside, protect=_kept_namespaces(spec))
    if not cluster.facts.metrics_server:
        MetricsServer("metrics-server", charts, inside)
    # What most parts of the platform are built with, beside their own section.
    common: Any = {"charts": charts, "namespaces": namespaces, "opts": inside}
    scraping = Scraping("scraping", spec.observability, **common) if spec.observability else None
    common |= {"pools": spec.node_pools, "scraping": scraping}
    # Those that hold secret material are built with what brings it to pods, too.
    keeper = secrets(spec, ground, common)
    holding = common | {"secrets": keeper}
    if scraping and any(service.metrics for service in spec.services):
        # Whoever delivers them: the program, Argo CD or Flux.
        scraping.watch("services", scraping)
    unplaced = without(common, "pools")
    if spec.storage:
        cluster.storage_class = Longhorn("longhorn", spec.storage, protect=spec.protect, **unplaced).storage_class
    if spec.ingress.load_balancer:
        MetalLb("metallb", spec.ingress.load_balancer, **unplaced)
    mesh = _mesh(spec, ground, common)
    ingress = _ingress(spec, ground, mesh, keeper, common)
    to_interfaces = _sign_in(spec, ground, ingress, holding)
    made = engines(spec, ground, holding)
    interfaces(spec, made, to_interfaces, holding)
    load_test(spec, made, common)
    if spec.observability:
        logs = _logs(spec, ground, holding)
        metrics = Metrics(
            "kps",
            spec.observability,
            cluster=cluster,
            ingress=to_interfaces,
            url=ground.url,
            grafana_environment=logs.grafana_environment if logs else None,
            protect=spec.protect,
            awaited=not (logs and logs.store.secret_is_theirs),
            **holding,
        )
        pulumi.export("grafanaPassword", pulumi.Output.secret(metrics.grafana_password))
    interval = spec.observability.scrape_interval if spec.observability else ""
    around = Surroundings(
        spec.services,
        ingress,
        made,
        spec.node_pools,
        scraping,
        interval,
        _tracing(spec, ground, common),
        mesh,
        ground.way_in.node_ports,
        cluster.storage_class,
        spec.protect,
        _identities(spec, ground, common),
    )
    _edge(spec, ground, common)
    if not (spec.gitops and spec.gitops.repository):
        AppServices("services", spec.services, around, namespaces=namespaces, opts=inside)
    _gitops(spec, around, to_interfaces, common)
    _direct_targets(spec, ground, namespaces, inside)
    if spec.frontend:
        frontend(spec, spec.frontend)
    _export(spec, ground, made)


def _kept_namespaces(spec: Platform) -> frozenset[str]:
    """Return the namespaces to protect: the file's own, where anybody may have volumes, and others that have some."""
    if not spec.protect:
        return frozenset()
    return frozenset(each.name for each in spec.security.namespaces) | {
        name for name, demand in demands(spec).items() if demand.claims
    }


def _direct_targets(spec: Platform, ground: Ground, namespaces: Namespaces, opts: pulumi.ResourceOptions) -> None:
    """Bind the services that the load balancer reaches past the ingress controller."""
    way_in = ground.way_in
    if way_in.direct:
        DirectTargets(
            "direct",
            way_in.direct,
            [service for service in spec.services if service.name in way_in.direct],
            networks=way_in.networks,
            namespaces=namespaces,
            binder=way_in.binder,
            opts=opts,
        )


def _ground(spec: Platform, charts: Charts) -> Ground:
    """Return what the platform stands on. Imported here: a laptop does without the SDK of a cloud."""
    if spec.network:
        from stacks.aws import aws_ground

        return aws_ground(spec, charts)
    from stacks.local import local_ground

    return local_ground(spec)


def _logs(spec: Platform, ground: Ground, common: Any) -> Logs | None:
    """Collect logs where somebody wants them."""
    if spec.observability is None or spec.observability.logs is None:
        return None
    here: Any = {"cluster": ground.cluster, "cloud": ground.cloud, "protect": spec.protect}
    return Logs("logs", spec.observability.logs, **here, **common)


def _gitops(spec: Platform, around: Surroundings, ingress: HttpIngress, common: Any) -> None:
    """Install the engine of GitOps; the services that it delivers come once what they stand on is there."""
    after: list[pulumi.Resource] = []
    if spec.gitops and spec.gitops.repository:
        after += [each for identity in around.identities.values() for each in identity.depends_on]
        after.append(Addresses("addresses", around, namespaces=common["namespaces"], opts=common["opts"]))
        after += around.first
    match spec.gitops:
        case ArgoCd() as argocd:
            made = Gitops("argocd", argocd, spec.services, ingress=ingress, after=after, **common)
            pulumi.export("argocdPassword", pulumi.Output.secret(made.admin_password))
        case FluxSpec() as flux:
            Flux("flux", flux, spec.services, after=after, **common)


def _mesh(spec: Platform, ground: Ground, common: Any) -> Istio | None:
    """Install Istio where the services are to be in a mesh."""
    if spec.mesh is None:
        return None
    namespaces = [service.namespace for service in spec.services]
    authorizers = [AUTHORIZER] if spec.ingress.sign_in else []
    return Istio("istio", spec.mesh, services_in=namespaces, authorizers=authorizers, cluster=ground.cluster, **common)


def _ingress(spec: Platform, ground: Ground, mesh: Istio | None, keeper: Secrets, common: Any) -> Controller:
    """Make the way in for HTTP: the mesh's own gateway, or NGINX where there is no mesh."""
    way_in = ground.way_in
    explore = spec.interfaces().get("explore")
    here: Any = {
        "cluster": ground.cluster,
        "hosts": spec.hosts(),
        "starts": {explore: EXPLORE} if explore else {},
        "certificates": _certificates(spec, ground, keeper, common),
        "target_groups": way_in.target_groups,
        "binder": way_in.binder,
        "proxies": way_in.proxies,
        **common,
    }
    if mesh:
        return Gateway("ingress", spec.ingress, mesh=mesh, **here)
    return Ingress("ingress", spec.ingress, address=way_in.address, **here)


def _edge(spec: Platform, ground: Ground, common: Any) -> None:
    """Make what the way in on AWS has inside the cluster."""
    way_in, here = ground.way_in, {"namespaces": common["namespaces"], "opts": common["opts"]}
    if spec.edge and spec.edge.dns and way_in.zone:
        ExternalDns("external-dns", spec.edge.dns, way_in.zone, owner=spec.name, cluster=ground.cluster, **common)
    if way_in.node_ports:
        from components.node_ports import NodePortBindings

        NodePortBindings("node-ports", spec.services, way_in.node_ports, binder=way_in.binder, **here)


def _sign_in(spec: Platform, ground: Ground, ingress: Controller, common: Any) -> HttpIngress:
    """Return the way in as user interfaces are given it: past signing in, where that is asked for."""
    asked = spec.ingress.sign_in
    match asked:
        case None:
            return ingress
        case Cognito():
            assert ground.cloud is not None  # a rule of the spec
            callbacks = [f"https://{host}{CALLBACK}" for host in sorted(spec.interfaces().values())]
            client = ground.cloud.user_pool("sign-in", callbacks, common["opts"], mfa=asked.mfa)
        case Oidc():
            secret = pulumi.Output.secret(asked.client_secret.get_secret_value())
            client = OidcClient(asked.issuer, asked.client_id, secret, asked.email_domains or ["*"], asked.groups)
    pulumi.export("signInIssuer", client.issuer)
    hosts = sorted(spec.interfaces().values())
    return SignIn("sign-in", asked, client, ingress=ingress, hosts=hosts, **common).ingress


def _certificates(spec: Platform, ground: Ground, keeper: Secrets, common: Any) -> Certificates | None:
    """Make the issuer of the hosts' certificates, and tell people whom to trust."""
    tls = spec.ingress.tls
    if tls is None:
        return None
    parts = without(common, "pools")
    cert_manager = CertManager("cert-manager", cluster=ground.cluster, policy=dns_policy(tls), **parts)
    made = Certificates("certificates", tls, cert_manager=cert_manager, secrets=keeper, opts=common["opts"])
    if made.authority is not None:
        pulumi.export("certificateAuthority", made.authority)
    return made


def _identities(spec: Platform, ground: Ground, common: Any) -> Mapping[str, Identity]:
    """Make services somebody to the cloud that are to do something there."""
    if not any(service.permissions for service in spec.services):
        return {}
    here = {"cluster": ground.cluster, "namespaces": common["namespaces"], "opts": common["opts"]}
    return ServiceIdentities("identities", spec.services, ground.bucket_arns, **here).identities


def _tracing(spec: Platform, ground: Ground, common: Any) -> Tracing | None:
    """Make a collector of traces where services are to send theirs."""
    if spec.observability is None or spec.observability.traces is None:
        return None
    senders = [service.namespace for service in spec.services]
    here = {"cluster": ground.cluster, "cloud": ground.cloud}
    return Traces("traces", spec.observability.traces, senders, **here, **common).tracing


def _export(spec: Platform, ground: Ground, made: Mapping[str, Engine]) -> None:
    """Tell people what there is, where it answers, and what it runs on."""
    endpoints: list[dict[str, Any]] = [
        {"name": service.name, "url": f"{ground.url(route.host)}{route.path}"}
        for service in spec.services
        for route in service.routes
    ]
    endpoints += [{"name": name, "url": ground.url(host)} for name, host in spec.interfaces().items()]
    endpoints += [{"name": name, "url": engine.address} for name, engine in made.items()]
    # Which version of a service runs is its repository's to say, where it has one.
    delivered = bool(spec.gitops and spec.gitops.repository)
    services = [
        {
            "name": service.name,
            "namespace": service.namespace,
            "image": service.image.repository if delivered else f"{service.image.repository}:{service.image.tag}",
            "replicas": f"{service.replicas.min}–{service.replicas.max}",
            "uses": ", ".join(service.uses),
            "pool": service.pool or "",
        }
        for service in spec.services
    ]
    outputs = {
        "endpoints": endpoints,
        "services": services,
        "nodes": ground.cluster.nodes,
        **ground.outputs,
        "kubeconfig": pulumi.Output.secret(ground.cluster.kubeconfig),
    }
    for name, value in outputs.items():
        pulumi.export(name, value)
