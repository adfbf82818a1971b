"""The load balancer leads to each service's own machines, and what it may reach is what it leads to."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.data_tier.endpoint import Peer
from components.edge.routing import Guard
from components.node_ports import NodePort, NodePortBindings, NodePortRoutes
from components.vpc import Vpc
from spec.network import Network
from spec.way_in import NodePorts
from tests.components.around import Around, service
from tests.recorder import Recorder, remembered, run

NETWORK = {"region": "us-east-1", "cidr": "10.0.0.0/16", "availabilityZones": ["us-east-1a", "us-east-1b"]}
GROUP = "aws:lb/targetGroup:TargetGroup"
RULE = "aws:lb/listenerRule:ListenerRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"


def routed(name: str, port: int, *paths: str, **fields: Any) -> Any:
    routes = [{"host": "api.shop.io", "path": path} for path in paths]
    return service(name, nodePort=port, routes=routes, **fields)


@remembered
def build(*services: Any, preview: bool = False, guard: Guard | None = None) -> Recorder:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        vpc = Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts)
        groups: dict[str, Any] = {"balancer": "sg-balancer", "machines": "sg-machines"}
        NodePortRoutes(
            "shop", services, NodePorts(), vpc, listener_arn="arn:listener", guard=guard, opts=opts, **groups
        )

    return run(program, preview=preview)


def bind(*services: Any) -> Recorder:
    def program() -> None:
        around = Around()
        peer = Peer(ports=(8080,), cidrs=("10.0.0.0/16",))
        reached = {each.name: NodePort(each.node_port, "arn:group", peer) for each in services if each.node_port}
        NodePortBindings(
            "node-ports", services, reached, binder=None, namespaces=around.namespaces, opts=around.common["opts"]
        )

    return run(program)


def test_a_service_has_a_target_group_of_machines_at_its_port() -> None:
    group = build(routed("auth", 30000, "/auth", health={"readiness": "/ready"})).one(GROUP)
    assert (group["targetType"], group["port"], group["healthCheck.path"]) == ("instance", 30000, "/ready")


def test_a_target_group_has_a_name_that_a_load_balancer_takes_and_another_at_another_port() -> None:
    """Pulumi appends to the names of resources, and refuses those that are too long with it."""
    assert "name" not in build(routed("auth", 30000, "/auth")).one(GROUP).inputs
    long = "recommendations-by-location"
    first, second = (build(routed(long, port, "/auth")).one(GROUP)["name"] for port in (30000, 30001))
    assert len(first) <= 32
    assert first.startswith("shop-recommendations-by-")
    assert first != second


def test_clients_stay_with_their_machine_where_the_service_asks_for_it() -> None:
    made = build(routed("chat", 30001, "/chat", traffic={"sticky": True}), routed("auth", 30000, "/auth"))
    assert {each["port"]: each["stickiness.enabled"] for each in made.all(GROUP)} == {30000: False, 30001: True}


def test_a_rule_leads_a_host_and_everything_below_a_path_to_it() -> None:
    rule = build(routed("auth", 30000, "/auth/")).one(RULE)
    assert rule["listenerArn"] == "arn:listener"
    host, path = rule["conditions"]
    assert host["hostHeader"]["values"] == ["api.shop.io"]
    assert path["pathPattern"]["values"] == ["/auth", "/auth/*"]


def test_the_root_is_everything() -> None:
    assert build(routed("web", 30000, "/")).one(RULE)["conditions.1.pathPattern.values"] == ["/*"]


def test_longer_paths_are_asked_first_and_no_two_rules_at_once() -> None:
    made = build(routed("web", 30000, "/", "/a"), routed("api", 30001, "/api", "/b"), routed("v1", 30002, "/api/v1"))
    found = {each["conditions.1.pathPattern.values.0"]: each["priority"] for each in made.all(RULE)}
    assert found["/api/v1"] < found["/api"] < min(found["/a"], found["/b"]) < found["/*"]
    assert len(set(found.values())) == len(found)
    assert all(1 <= priority <= 50000 for priority in found.values())


def test_a_rule_stays_where_it_is_when_other_services_come() -> None:
    alone = build(routed("api", 30001, "/api")).one(RULE)
    beside = build(routed("web", 30000, "/"), routed("api", 30001, "/api")).one(RULE, "shop-api-0")
    assert alone["priority"] == beside["priority"]


def test_the_range_is_open_to_the_load_balancer_alone() -> None:
    (into,) = build(routed("auth", 30000, "/auth")).all(INGRESS, securityGroupId="sg-machines")
    assert (into["fromPort"], into["toPort"], into["referencedSecurityGroupId"]) == (30000, 30007, "sg-balancer")


def test_what_has_no_node_port_is_left_to_the_ingress_controller() -> None:
    assert not build(service("web", routes=[{"host": "shop.io"}])).all(GROUP)
    assert not bind(service("web")).all(BINDING)


def test_machines_of_the_services_own_pool_are_registered() -> None:
    made = bind(routed("auth", 30000, "/auth", pool="auth"), routed("my", 30001, "/my"))
    spec = made.one(BINDING, "node-ports-auth")["spec"]
    assert spec["targetType"] == "instance"
    assert spec["serviceRef"] == {"name": "auth", "port": 8080}
    assert spec["nodeSelector"] == {"matchLabels": {"groundwork/pool": "auth"}}
    assert "nodeSelector" not in made.one(BINDING, "node-ports-my")["spec"]


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_shows_every_resource_of_an_up(preview: bool) -> None:
    assert build(routed("auth", 30000, "/auth"), preview=preview).all(RULE)


def test_nobody_comes_past_cloudfront_to_a_host_that_it_is_before() -> None:
    guard = Guard(["api.shop.io"], "x-origin-verify", "hush")
    rule = build(routed("auth", 30000, "/auth"), guard=guard).one(RULE)
    assert guard_asked(rule["conditions"]) == ["x-origin-verify"]
    elsewhere = build(routed("auth", 30000, "/auth"), guard=Guard(["www.shop.io"], "x-origin-verify", "hush"))
    assert guard_asked(elsewhere.one(RULE)["conditions"]) == []


def guard_asked(conditions: list[Any]) -> list[str]:
    return [each["httpHeader"]["httpHeaderName"] for each in conditions if "httpHeader" in each]


def test_services_come_before_what_is_for_the_ingress() -> None:
    most = max(rule["priority"] for rule in build(routed("root", 30007, "/")).all(RULE))
    assert most < 49_990
