"""What every stack is watched by: alerts on what it has, and none on what it has not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from components.observability.dashboards import DASHBOARDS
from spec.alerts import RULES
from spec.load import stacks
from spec.logs import WRITES_TO
from tests.stack_objects import Made, made

pytestmark = pytest.mark.engine


# Rule files, by the chart of what exports the metrics that they are about.
EXPORTERS = {
    "nodes": "kube-prometheus-stack",
    "pods": "kube-prometheus-stack",
    "volumes": "kube-prometheus-stack",
    "kubernetes": "kube-prometheus-stack",
    "prometheus": "kube-prometheus-stack",
    "ingress": "nginx-ingress",
    "certificates": "cert-manager",
    "external-secrets": "external-secrets",
    "postgres": "cloudnative-pg",
    "kafka": "strimzi-kafka-operator",
    "mesh": "istiod",
    "postgres-exporter": "prometheus-postgres-exporter",
    "loki": "loki",
    "argocd": "argo-cd",
    "flux": "flux2",
    **{collector: collector for collector in WRITES_TO},
}
# What kube-prometheus-stack scrapes, by the key that has it, and how the key is switched.
# https://github.com/prometheus-community/helm-charts/blob/kube-prometheus-stack-88.5.3/charts/kube-prometheus-stack/values.yaml
STACKS_OWN = (
    *("kubeApiServer", "kubelet", "coreDns", "kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy"),
    *("kubeStateMetrics", "nodeExporter", "prometheusOperator", "prometheus", "alertmanager", "grafana"),
)


@pytest.fixture(params=stacks())
def stack(request: pytest.FixtureRequest) -> Made:
    return made(request.param)


def attached(stack: Made) -> dict[str, Mapping[str, Any]]:
    return {rule["metadata"]["name"]: rule for rule in stack.of_kind("PrometheusRule")}


def rules(stack: Made) -> dict[str, Mapping[str, Any]]:
    """Return every alert of a stack, by its name."""
    groups = [group for each in attached(stack).values() for group in each["spec"]["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def monitors(stack: Made) -> int:
    """Return how many ServiceMonitors and PodMonitors there are: objects, and those that charts make."""
    own = len(stack.of_kind("ServiceMonitor")) + len(stack.of_kind("PodMonitor"))
    of_charts = sum(len(list(_switched_on(release.values))) for release in stack.releases)
    return own + of_charts + _of_the_stack(stack)


def _of_the_stack(stack: Made) -> int:
    values = next(release.values for release in stack.releases if release.chart == "kube-prometheus-stack")
    return sum(values.get(key, {}).get("enabled", True) for key in STACKS_OWN)


def _switched_on(values: Any) -> Iterator[str]:
    if not isinstance(values, Mapping):
        return
    for key, value in values.items():
        if key.lower() in ("servicemonitor", "podmonitor") and (value.get("enabled") or value.get("create")):
            yield key
        else:
            yield from _switched_on(value)


def test_a_part_has_alerts_where_it_is_and_only_there(stack: Made) -> None:
    charts = {release.chart for release in stack.releases}
    expected = {part for part, chart in EXPORTERS.items() if chart in charts}
    observability = stack.spec.observability
    assert observability
    expected |= {"alertmanager"} if observability.alertmanager else set()
    expected |= {"services"} if any(service.metrics for service in stack.spec.services) else set()
    expected |= {"redis"} if charts & {"valkey", "prometheus-redis-exporter"} else set()
    expected |= {"rabbitmq"} if stack.of_kind("RabbitmqCluster") else set()
    expected |= {"control-plane"} if stack.spec.cluster.target == "kubeadm" else set()
    assert set(attached(stack)) == expected | set(observability.business)


def test_a_part_has_its_dashboard_where_it_is_and_only_there(stack: Made) -> None:
    there = set(attached(stack))
    logs = stack.spec.observability and stack.spec.observability.logs
    there |= {"logs"} if logs and logs.store.kind in ("loki", "externalLoki") else set()
    found = {
        each["metadata"]["name"] for each in stack.of_kind("ConfigMap") if "dashboard-" in each["metadata"]["name"]
    }
    assert found == {f"dashboard-{DASHBOARDS[part].uid}" for part in there & set(DASHBOARDS)}


def test_every_stack_is_told_when_alerts_stop_coming(stack: Made) -> None:
    assert "Watchdog" in rules(stack)


def test_every_rule_file_is_attached_somewhere() -> None:
    somewhere = {part for stack in stacks() for part in attached(made(stack))} | set(WRITES_TO)
    assert {path.stem for path in RULES.glob("*.yaml")} == somewhere


def test_sesacthon_has_its_eighteen_monitors_and_twenty_six_alerts() -> None:
    sesacthon = made("sesacthon")
    assert len(rules(sesacthon)) >= 26
    assert monitors(sesacthon) >= 18


def test_prod_is_told_of_cpu_errors_latency_and_queue_at_the_numbers_it_names() -> None:
    alerts = rules(made("prod"))
    assert alerts["NodeCPUHigh"]["expr"].endswith(" > 80")
    assert alerts["NodeCPUHigh"]["for"] == "5m"
    assert alerts["ServiceErrors"]["expr"].endswith(" > 1")
    assert alerts["ServiceSlow"]["expr"].endswith(" > 1")
    assert alerts["WaitingRoomLong"]["expr"].endswith(" > 100000")
