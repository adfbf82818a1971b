"""Metrics: Prometheus, Alertmanager and Grafana, by kube-prometheus-stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_random as random

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component
from components.http_ingress import Backend, HttpIngress, certified
from components.namespaces import Namespaces
from components.observability.dashboards import DASHBOARDS
from components.observability.dashboards.config_map import DIRECTORY, file_name
from components.observability.notifications import configuration, receivers_secret, secret_name
from components.observability.scraping import Scraping
from components.scheduling import in_chart, labels_of, on_pool
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import ANYWHERE, API_SERVER, DNS, allow, among, coming_from
from components.volumes import of_class
from spec.node_pools import NodePool
from spec.parts import Grafana, Observability

NAME = "kps"
"""The release, and the prefix of every object's name, which the chart would truncate: kps-prometheus, kps-grafana, …"""
GRAFANA_PORT, PROMETHEUS_PORT = 3000, 9090
_GRAFANA_SERVICE = 80
EXPLORE = "/explore"
"""Grafana's page for searching logs."""

# Each of these keys brings a scrape job together with its dashboards and alerts. Where nobody reaches the target, all
# of them go, or the alerts fire for ever. kube-proxy listens on its node's loopback everywhere.
_CONTROL_PLANE = ("kubeControllerManager", "kubeScheduler", "kubeEtcd")
_UNREACHABLE = ("kubeProxy",)
# What the pods of a name reach outside of their namespace: Prometheus whatever a monitor names, at whichever port;
# Grafana the stores of logs and whoever signs people in; Alertmanager whoever is to be told.
_EGRESS = {
    "prometheus": ANYWHERE,
    "grafana": ANYWHERE,
    "alertmanager": ANYWHERE,
    "kube-prometheus-stack-prometheus-operator": API_SERVER,
    "kube-state-metrics": API_SERVER,
}
# Parts of the platform that the release scrapes on every cluster.
_WATCHED = ("nodes", "pods", "volumes", "kubernetes", "prometheus")

_SMALL = {"requests": {"cpu": "25m", "memory": "64Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}}
_MEDIUM = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "384Mi"}}


class Metrics(Component):
    """Prometheus that finds every monitor and rule in the cluster, Grafana, and Alertmanager where it is wanted."""

    grafana_password: pulumi.Output[str]
    """Secret; the password of Grafana's user ``admin``."""

    def __init__(
        self,
        name: str,
        spec: Observability,
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping,
        ingress: HttpIngress,
        url: Callable[[str], str],
        pools: Sequence[NodePool] = (),
        secrets: Secrets = IN_CLUSTER,
        grafana_environment: Mapping[str, Any] | None = None,
        protect: bool = False,
        awaited: bool = True,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install them in the namespace of ``scraping``, each with a host where ``spec`` names one.

        ``url`` returns the address at which people reach a host, for links in alerts and in Grafana.
        ``grafana_environment`` has the variables that datasources refer to, with the `valueFrom` of each; without
        ``awaited``, `up` does not wait for Grafana, as somebody else has yet to make the Secret that they name.
        ``protect`` guards the volumes, which go with the release.
        """
        super().__init__("observability:Metrics", name, opts)
        password = random.RandomPassword(f"{name}-grafana", length=24, special=False, opts=self.child())
        self.grafana_password = password.result
        # The chart would make up another password at every render.
        admin = secrets.keep(
            f"{name}-grafana-admin",
            {"admin-user": "admin", "admin-password": password.result},
            namespace=scraping.namespace,
            name="grafana-admin",
            opts=self.child(),
        )
        if spec.alertmanager and spec.alertmanager.notify:
            receivers_secret(name, spec.alertmanager.notify, scraping.namespace, secrets, self.child())
        placement, labels = on_pool(spec.pool, pools), labels_of(spec.pool, pools)
        # The operator's kinds have another name for labels than charts have.
        of_operator = placement | ({"podMetadata": {"labels": labels}} if labels else {})
        of_chart = in_chart(spec.pool, pools)
        # The exporter reads the host's files and network, which only `privileged` allows: it gets a namespace of its
        # own, so that everything else here can be held to `restricted`.
        on_every_node = namespaces.ensure("node-exporter", "privileged")
        charts.release(
            NAME,
            "kube-prometheus-stack",
            namespace=scraping.namespace,
            values={
                "fullnameOverride": NAME,
                "crds": {"enabled": False},
                # The platform's own alerts take their place: those are tested, and changed in the stack file.
                "defaultRules": {"create": False},
                **{part: {"enabled": False} for part in _UNREACHABLE},
                **{part: {"enabled": not cluster.facts.managed_control_plane} for part in _CONTROL_PLANE},
                "prometheusOperator": _operator(of_chart),
                "prometheus": {
                    "prometheusSpec": _prometheus(spec, url, cluster.storage_class, of_operator),
                    "ingress": _offered(spec.prometheus_host, ingress) | {"paths": ["/"], "pathType": "Prefix"},
                },
                "alertmanager": _alertmanager(spec, cluster.storage_class, of_operator),
                "grafana": _grafana(
                    spec.grafana,
                    admin,
                    ingress,
                    url,
                    cluster.storage_class,
                    of_chart,
                )
                | {"envValueFrom": dict(grafana_environment or {})},
                "kube-state-metrics": {"resources": _MEDIUM, **of_chart},
                "prometheus-node-exporter": {"namespaceOverride": on_every_node, "resources": _SMALL},
            },
            # An image pull of each part, one after the other on a small machine.
            timeout_seconds=900,
            awaited=awaited,
            opts=self.child(depends_on=[scraping.crds, *ingress.first], protect=protect),
        )
        self._traffic(name, spec, ingress, scraping)
        if spec.grafana.explore_host:
            grafana = Backend(scraping.namespace, f"{NAME}-grafana", _GRAFANA_SERVICE)
            ingress.offer(f"{name}-explore", spec.grafana.explore_host, grafana, self)
        self._watch(spec, cluster, scraping)
        self.register_outputs({})

    def _traffic(self, name: str, spec: Observability, ingress: HttpIngress, scraping: Scraping) -> None:
        """Let pods of the namespace reach each other, each part what it needs, and the ingress what it offers."""
        allow(
            name,
            namespace=scraping.namespace,
            pods={},
            ingress=[among({}, direction="from")],
            egress=[DNS, among({}, direction="to")],
            opts=self.child(),
        )
        offered = {"grafana": GRAFANA_PORT} | ({"prometheus": PROMETHEUS_PORT} if spec.prometheus_host else {})
        for part, egress in _EGRESS.items():
            if part != "alertmanager" or spec.alertmanager:
                allow(
                    f"{name}-{part.removeprefix('kube-prometheus-stack-')}",
                    namespace=scraping.namespace,
                    pods={"app.kubernetes.io/name": part},
                    ingress=coming_from([ingress.peer], offered[part]) if part in offered else (),
                    egress=[egress],
                    opts=self.child(),
                )

    def _watch(self, spec: Observability, cluster: Cluster, scraping: Scraping) -> None:
        own = ["alertmanager"] if spec.alertmanager else []
        reachable = [] if cluster.facts.managed_control_plane else ["control-plane"]
        for part in (*_WATCHED, *reachable, *own, *spec.business):
            scraping.watch(part, self)


def _offered(host: str | None, ingress: HttpIngress) -> dict[str, Any]:
    """Return a chart's `ingress` values: an Ingress at ``host``, or none without one."""
    return {
        "enabled": host is not None,
        "ingressClassName": ingress.class_name,
        "annotations": dict(ingress.annotations),
        "hosts": [host] if host else [],
        **certified(ingress, *([host] if host else [])),
    }


def _claim(size: str, storage_class: pulumi.Input[str] | None) -> dict[str, Any]:
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return {"volumeClaimTemplate": {"spec": asked | of_class(storage_class)}}


def _operator(placement: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "resources": _MEDIUM,
        "prometheusConfigReloader": {"resources": _SMALL},
        # The webhook would check rules that are checked before they get here, at the price of certificates, hook jobs
        # and a way in for the API server.
        "admissionWebhooks": {"enabled": False},
        "tls": {"enabled": False},
        **placement,
    }


def _prometheus(
    spec: Observability,
    url: Callable[[str], str],
    storage_class: pulumi.Input[str] | None,
    placement: Mapping[str, Any],
) -> dict[str, Any]:
    # Otherwise only what carries this release's label is seen, and nobody else's monitors do.
    kinds = ("rule", "serviceMonitor", "podMonitor", "probe", "scrapeConfig")
    outside = {"externalUrl": f"{url(spec.prometheus_host)}/"} if spec.prometheus_host else {}
    return {
        "retention": spec.retention,
        "scrapeInterval": spec.scrape_interval,
        "evaluationInterval": spec.scrape_interval,
        "resources": spec.resources.model_dump(),
        "storageSpec": _claim(spec.storage, storage_class),
        **{f"{kind}SelectorNilUsesHelmValues": False for kind in kinds},
        **outside,
        **placement,
    }


def _alertmanager(
    spec: Observability, storage_class: pulumi.Input[str] | None, placement: Mapping[str, Any]
) -> dict[str, Any]:
    if spec.alertmanager is None:
        return {"enabled": False}
    storage = _claim(spec.alertmanager.storage, storage_class)
    runs: dict[str, Any] = {"resources": _SMALL, "storage": storage, **placement}
    notify = spec.alertmanager.notify
    if notify is None:
        return {"alertmanagerSpec": runs}
    return {"alertmanagerSpec": {**runs, "secrets": [secret_name(notify)]}, "config": configuration(notify)}


def _grafana(
    spec: Grafana,
    admin_secret: pulumi.Output[Any],
    ingress: HttpIngress,
    url: Callable[[str], str],
    storage_class: pulumi.Input[str] | None,
    placement: Mapping[str, Any],
) -> dict[str, Any]:
    home = f"{DIRECTORY}/{file_name(DASHBOARDS['nodes'])}"
    settings: dict[str, Any] = {"dashboards": {"default_home_dashboard_path": home}}
    if spec.host:
        settings["server"] = {"root_url": f"{url(spec.host)}/"}
    if ingress.signed_in:
        # The ingress lets through only people who have signed in: Grafana asks for a password for administration alone.
        # They are editors, since a viewer may not open Explore.
        settings["auth.anonymous"] = {"enabled": True, "org_role": "Editor"}
    return {
        "admin": {"existingSecret": admin_secret},
        "grafana.ini": settings,
        # The platform's own take their place, as its alerts do; those of the chart read what its rules record.
        "defaultDashboardsEnabled": False,
        "persistence": {"enabled": True, "size": spec.storage, **of_class(storage_class)},
        # A volume that one node may mount, and an update that starts the new pod first, wait for each other for ever.
        "deploymentStrategy": {"type": "Recreate"},
        # It changes the volume's owner as root; the pod's fsGroup does so already.
        "initChownData": {"enabled": False},
        "testFramework": {"enabled": False},
        "resources": _MEDIUM,
        "sidecar": {"resources": _SMALL},
        "ingress": _offered(spec.host, ingress),
        **placement,
    }
