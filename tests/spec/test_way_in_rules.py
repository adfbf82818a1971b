"""What a stack file may say of node ports and of who writes DNS records."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.test_mistakes import AWS, LOCAL, changed, mistakes

NODE_PORTS = {"zone": "a.io", "nodePorts": {"first": 30000, "last": 30001}}
TWO = changed(AWS, "nodePools.0.size", {"min": 2, "max": 2})
KUBEADM = TWO | {"cluster": {"target": "kubeadm", "controlPlane": {"tier": "app"}}, "services": []}


def routed(name: str, port: int | None, **fields: Any) -> dict[str, Any]:
    node_port = {} if port is None else {"nodePort": port}
    base = AWS["services"][0] | {"name": name, "routes": [{"host": "a.io", "path": f"/{name}"}]}
    return base | node_port | {"port": 8000 + len(name)} | fields


@pytest.mark.parametrize(
    ("services", "edge", "expected"),
    [
        ([routed("a", 30000), routed("bb", None)], NODE_PORTS, ["services[1].nodePort", "is missing", "take 30001"]),
        (
            [routed("a", 30000), routed("bb", 30001), routed("ccc", None)],
            NODE_PORTS,
            ["edge.nodePorts.last = 30001", "has 2 ports for 3 services"],
        ),
        ([routed("a", 30000), routed("bb", 30000)], NODE_PORTS, ["services[1].nodePort = 30000", "is a's already"]),
        ([routed("a", 30005)], NODE_PORTS, ["services[0].nodePort = 30005", "outside of edge.nodePorts"]),
        ([routed("a", 30000)], {"zone": "a.io"}, ["services[0].nodePort", "without edge.nodePorts"]),
        ([routed("a", 30000, routes=[])], NODE_PORTS, ["services[0].nodePort = 30000", "without a route"]),
        ([routed("a", 8080)], NODE_PORTS, ["services[0].nodePort = 8080"]),
        (
            [routed("a", 30000, traffic={"rateLimit": {"perSecond": 5}})],
            NODE_PORTS,
            ["services[0].traffic.rateLimit", "is done by NGINX"],
        ),
        (
            [routed("a", 30000, traffic={"readTimeoutSeconds": 5000})],
            NODE_PORTS,
            ["services[0].traffic.readTimeoutSeconds = 5000", "at most 4000"],
        ),
        ([], {"zone": "a.io", "nodePorts": {"first": 30005, "last": 30001}}, ["edge.nodePorts.last", "below first"]),
        ([], {"zone": "a.io", "nodePorts": {"first": 30100, "last": 30130}}, ["edge.nodePorts.last", "31 ports"]),
        ([], {"zone": "a.io", "nodePorts": {"first": 30075, "last": 30085}}, ["edge.nodePorts", "30080"]),
        ([], {"zone": "a.io", "dns": {"writer": "externalDns", "pool": "no"}}, ["edge.dns.pool", "is not declared"]),
        ([], {"zone": "a.io", "dns": {"writer": "bind"}}, ['edge.dns.writer = "bind"', "externalDns"]),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(
    services: list[dict[str, Any]], edge: dict[str, Any], expected: list[str]
) -> None:
    text = mistakes(KUBEADM | {"services": services, "edge": edge})
    assert "1 mistake," in text
    for words in expected:
        assert words in text


def test_each_service_that_lacks_a_port_is_told_another_that_is_free() -> None:
    text = mistakes(KUBEADM | {"services": [routed("a", None), routed("bb", None)], "edge": NODE_PORTS})
    assert "2 mistakes" in text
    assert "take 30000" in text
    assert "take 30001" in text


def test_a_port_that_a_service_without_a_route_has_is_free_for_one_with_a_route() -> None:
    edge = {"zone": "a.io", "nodePorts": {"first": 30000, "last": 30000}}
    text = mistakes(KUBEADM | {"services": [routed("a", 30000, routes=[]), routed("bb", None)], "edge": edge})
    assert "take 30000, the first that is free" in text


def test_a_range_without_ports_is_the_only_mistake_of_services_that_have_none() -> None:
    edge = {"zone": "a.io", "nodePorts": {"first": 30005, "last": 30001}}
    assert "1 mistake," in mistakes(KUBEADM | {"services": [routed("a", None)], "edge": edge})


def test_node_ports_are_for_machines_of_the_programs_own() -> None:
    text = mistakes(AWS | {"services": [], "edge": NODE_PORTS})
    assert "1 mistake," in text
    assert "edge.nodePorts" in text
    assert "has no meaning on eks" in text


def test_a_local_cluster_has_no_edge_to_give_ports_to() -> None:
    assert "edge" in mistakes(LOCAL | {"edge": NODE_PORTS})
