"""The ingress controller is reached the way its cluster says, and owns the hosts that others serve paths of."""

from __future__ import annotations

from typing import Any

import pytest

from components.cluster.contract import LoadBalancing
from tests.components.around import POLICY, RELEASE, Around
from tests.recorder import Recorder, run

BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"


def build(facts: dict[str, Any] | None = None, **given: Any) -> Recorder:
    return run(lambda: Around(**(facts or {})).ingress(**given))


@pytest.mark.parametrize(
    ("load_balancing", "type", "node_port"),
    [
        (LoadBalancing.SERVICE, "LoadBalancer", None),
        (LoadBalancing.NODE_PORT, "NodePort", 30080),
        (LoadBalancing.TARGET_GROUP, "ClusterIP", None),
    ],
)
def test_the_service_is_what_the_cluster_balances(load_balancing: LoadBalancing, type: str, node_port: int | None):
    service = build({"load_balancing": load_balancing}).one(RELEASE, "ingress")["values.controller.service"]
    assert service["type"] == type
    assert service.get("httpPort", {}).get("nodePort") == node_port


def test_a_target_group_is_bound_to_the_controllers_service_after_the_binder_is_there():
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/1"
    made = build({"load_balancing": LoadBalancing.TARGET_GROUP}, target_groups={"ingress": arn})
    binding = made.one(BINDING)
    assert binding["spec.targetGroupARN"] == arn
    assert binding["spec.serviceRef"] == {"name": "ingress-controller", "port": 80}
    assert made.one(RELEASE, "ingress").urn in binding.dependencies


def test_every_target_group_is_bound_by_a_name_of_its_own():
    made = build(
        {"load_balancing": LoadBalancing.TARGET_GROUP}, target_groups={"ingress": "arn:a", "ingress-b": "arn:b"}
    )
    bound = {
        each["metadata.name"]: (each["spec.targetGroupARN"], each["spec.serviceRef"]) for each in made.all(BINDING)
    }
    service = {"name": "ingress-controller", "port": 80}
    assert bound == {"ingress": ("arn:a", service), "ingress-b": ("arn:b", service)}


def test_without_a_target_group_nothing_is_bound():
    assert not build().all(BINDING)


def test_every_host_has_one_owner_without_paths():
    made = build(hosts=["b.example.com", "a.example.com", "b.example.com"]).all(INGRESS)
    rules = sorted((each["spec.rules"] for each in made), key=str)
    assert rules == [[{"host": "a.example.com"}], [{"host": "b.example.com"}]]
    for each in made:
        # The provider would otherwise wait for endpoints that a master never has.
        assert each["metadata.annotations"] == {
            "nginx.org/mergeable-ingress-type": "master",
            "pulumi.com/skipAwait": "true",
        }


def test_the_world_reaches_http_and_https_and_prometheus_the_metrics():
    rules = build().one(POLICY, "ingress")["spec.ingress"]
    open_to_all = [port["port"] for rule in rules if "from" not in rule for port in rule["ports"]]
    scraped = [port["port"] for rule in rules if "from" in rule for port in rule["ports"]]
    assert (open_to_all, scraped) == ([80, 443], [9113])


def test_nothing_is_scraped_where_nobody_scrapes():
    made = build({"scraped": False})
    assert made.one(RELEASE, "ingress")["values.prometheus.serviceMonitor.create"] is False
    assert all("from" not in rule for rule in made.one(POLICY, "ingress")["spec.ingress"])


def test_its_monitor_waits_for_the_crd():
    made = build()
    assert made.one(RELEASE, "scraping-crds").urn in made.one(RELEASE, "ingress").dependencies


def test_who_the_client_is_is_known_from_the_balancer_alone():
    made = build(proxies=["10.0.0.0/16", "192.168.0.0/16"])
    assert made.one(RELEASE, "ingress")["values.controller.config.entries"] == {
        "real-ip-header": "X-Forwarded-For",
        "real-ip-recursive": "True",
        "set-real-ip-from": "10.0.0.0/16,192.168.0.0/16",
    }
    assert build().one(RELEASE, "ingress")["values.controller.config.entries"] == {}


def test_what_is_behind_a_balancer_that_ends_tls_is_told_https():
    annotation = "nginx.org/redirect-to-https"
    behind = build(hosts=["a.example.com"], proxies=["10.0.0.0/16"]).one(INGRESS)["metadata.annotations"]
    assert behind[annotation] == "true"
    assert annotation not in build(hosts=["a.example.com"]).one(INGRESS)["metadata.annotations"]


def test_visitors_of_a_host_are_sent_on_to_where_it_starts():
    made = build(hosts=["a.example.com", "b.example.com"], starts={"a.example.com": "/explore"})
    annotations = {each["spec.rules.0.host"]: each["metadata.annotations"] for each in made.all(INGRESS)}
    assert annotations["a.example.com"]["nginx.org/app-root"] == "/explore"
    assert "nginx.org/app-root" not in annotations["b.example.com"]
