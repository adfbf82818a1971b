"""Istio: everything that runs services is in it, and its gateway is reached the way its cluster says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.cluster.contract import LoadBalancing
from tests.components.around import POLICY, RELEASE, Around
from tests.recorder import Recorder, remembered, run
from tests.scraped import ADDRESS, SIDECAR, addresses

PEERS = "kubernetes:security.istio.io/v1:PeerAuthentication"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
NAMESPACE = "kubernetes:core/v1:Namespace"
MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor"
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/1"


@remembered
def build(facts: dict[str, Any] | None = None, gateway: dict[str, Any] | None = None, **spec: Any) -> Recorder:
    def program() -> None:
        around = Around("shop", "other", **(facts or {}))
        around.gateway(around.mesh("shop", "other", "shop", **spec), **(gateway or {}))

    return run(program)


def _opened(policy: Any) -> list[tuple[bool, list[int]]]:
    return [("from" in rule, [port["port"] for port in rule["ports"]]) for rule in policy["spec.ingress"]]


def test_namespaces_with_services_take_nothing_but_mutual_tls() -> None:
    made = build()
    assert sorted(each["metadata.namespace"] for each in made.all(PEERS)) == ["other", "shop"]
    for each in made.all(PEERS):
        assert (each["metadata.name"], each["spec.mtls.mode"]) == ("default", "STRICT")


def test_definitions_come_first_then_the_plugin_then_istiod_then_whoever_is_injected() -> None:
    made = build()
    for later, earlier in (("istio", "istio-cni"), ("istio-cni", "istio-base"), ("ingress", "istio")):
        assert made.one(RELEASE, earlier).urn in made.one(RELEASE, later).dependencies, later


def test_pods_join_without_privileges_and_jobs_can_end() -> None:
    values = build().one(RELEASE, "istio")["values"]
    assert values["cni"]["enabled"] is True
    assert values["env"]["ENABLE_NATIVE_SIDECARS"] == "true"
    assert values["sidecarInjectorWebhook"]["rewriteAppHTTPProbe"] is True
    assert values["meshConfig"]["enablePrometheusMerge"] is True


def test_only_the_plugin_is_privileged() -> None:
    enforced = {
        each["metadata.name"]: each["metadata.labels"]["pod-security.kubernetes.io/enforce"]
        for each in build().all(NAMESPACE)
        if "istio" in each["metadata.name"] or each["metadata.name"] == "ingress"
    }
    assert enforced == {"istio-cni": "privileged", "istio-system": "restricted", "ingress": "restricted"}


def test_the_sidecar_is_what_the_spec_says() -> None:
    sidecar = {"requests": {"cpu": "10m", "memory": "40Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
    assert build(sidecar=sidecar).one(RELEASE, "istio")["values.global.proxy.resources"] == sidecar


def test_istiod_is_reached_by_its_proxies_the_api_server_and_prometheus_alone() -> None:
    assert _opened(build().one(POLICY, "istio")) == [(True, [15012]), (True, [15017]), (True, [15014])]
    assert _opened(build({"scraped": False}).one(POLICY, "istio")) == [(True, [15012]), (True, [15017])]


def test_the_plugin_is_reached_by_prometheus_alone_and_only_where_there_is_one() -> None:
    made = build()
    assert _opened(made.one(POLICY, "istio-cni")) == [(True, [15014])]
    plugin = [{"name": "install-cni", "ports": [{"name": "metrics", "containerPort": 15014}]}]
    (endpoint,) = made.one(MONITOR, "istio-cni-monitor")["spec.podMetricsEndpoints"]
    assert addresses(endpoint, plugin) == [f"{ADDRESS}:15014"]
    alone = build({"scraped": False})
    assert _opened(alone.one(POLICY, "istio-cni")) == []
    assert alone.all(MONITOR) == []


def test_the_gateway_takes_http_from_everybody_and_serves_the_class_that_istiod_serves() -> None:
    made = build()
    assert _opened(made.one(POLICY, "ingress")) == [(False, [80, 15021]), (True, [15020])]
    mesh = made.one(RELEASE, "istio")["values.meshConfig"]
    gateway = made.one(RELEASE, "ingress")["values"]
    assert made.one("kubernetes:networking.k8s.io/v1:IngressClass", "ingress")["metadata.name"] == mesh["ingressClass"]
    assert gateway["labels"] == {"istio": mesh["ingressSelector"]}


def test_the_gateways_own_metrics_are_scraped() -> None:
    (endpoint,) = build().one(MONITOR, "ingress-monitor")["spec.podMetricsEndpoints"]
    assert addresses(endpoint, [SIDECAR]) == [f"{ADDRESS}:15020"]


@pytest.mark.parametrize(
    ("load_balancing", "type", "node_ports"),
    [
        (LoadBalancing.SERVICE, "LoadBalancer", [None, None]),
        (LoadBalancing.NODE_PORT, "NodePort", [30080, 30021]),
        (LoadBalancing.TARGET_GROUP, "ClusterIP", [None, None]),
    ],
)
def test_the_gateways_service_is_what_the_cluster_balances(
    load_balancing: LoadBalancing, type: str, node_ports: list[int | None]
) -> None:
    service = build({"load_balancing": load_balancing}).one(RELEASE, "ingress")["values.service"]
    assert (service["type"], [port.get("nodePort") for port in service["ports"]]) == (type, node_ports)


def test_a_target_group_is_bound_to_the_gateway_after_it_is_there() -> None:
    made = build({"load_balancing": LoadBalancing.TARGET_GROUP}, {"target_groups": {"ingress": ARN}})
    binding = made.one(BINDING)
    assert binding["spec.serviceRef"] == {"name": "ingress", "port": 80}
    assert made.one(RELEASE, "ingress").urn in binding.dependencies


@pytest.mark.parametrize(("proxies", "hops"), [([], 0), (["10.0.0.0/16", "10.1.0.0/16"], 1)])
def test_what_a_load_balancer_in_front_says_of_the_client_is_believed(proxies: list[str], hops: int) -> None:
    annotations = build(gateway={"proxies": proxies}).one(RELEASE, "ingress")["values.podAnnotations"]
    config = json.loads(annotations["proxy.istio.io/config"])
    assert config == {"gatewayTopology": {"numTrustedProxies": hops}}
