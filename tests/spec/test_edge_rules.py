"""Mistakes at the edge: hosts, buckets, direct services."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_mistakes import AWS, SERVICE, changed, mistakes

API = {"origin": "loadBalancer", "name": "api", "hosts": ["api.shop.io"]}
SITE = {"origin": "bucket", "name": "site", "hosts": ["shop.io"], "bucket": "site"}
EDGE: dict[str, Any] = AWS | {
    "services": [SERVICE | {"routes": [{"host": "api.shop.io"}]}, SERVICE | {"name": "frontend", "port": 3000}],
    "buckets": [{"name": "site"}],
    "edge": {
        "zone": "shop.io",
        "distributions": [SITE, API],
        "direct": [{"service": "backend", "sticky": "1h"}],
        "podPorts": {"first": 4000, "last": 4010},
        "healthChecks": [{"name": "api", "host": "api.shop.io"}],
    },
}


def test_a_sound_edge_has_no_mistakes() -> None:
    edge = from_config(EDGE, "test").edge
    assert edge is not None
    assert edge.origin_buckets() == {"site"}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("edge.distributions.1.hosts", ["api.shop.io"] * 2, ["edge.distributions[1].hosts[1]", "is listed twice"]),
        ("edge.direct.0.service", "bakend", ['edge.direct[0].service = "bakend"', "did you mean backend?"]),
        ("edge.direct.0.service", "frontend", ["no route to be found by"]),
        ("edge.direct", [{"service": "backend"}] * 2, ["edge.direct[1].service", "is taken"]),
        ("edge.sticky", [{"service": "bakend"}], ['edge.sticky[0].service = "bakend"', "did you mean backend?"]),
        ("edge.sticky", [{"service": "frontend"}], ["edge.sticky[0].service", "no route to be found by"]),
        ("edge.sticky", [{"service": "backend"}], ["edge.sticky[0].service", "is in edge.direct already"]),
        (
            "services.0.traffic",
            {"rateLimit": {"perSecond": 5}, "cors": {"origins": ["https://shop.io"]}},
            ["services[0].traffic.rateLimit", "services[0].traffic.cors", "edge.direct leads past it", "edge.sticky"],
        ),
        ("edge.idleTimeout", "3h", ['edge.idleTimeout = "3h"', "4000 seconds", "1h"]),
        ("edge.direct.0.sticky", "30d", ['edge.direct[0].sticky = "30d"', "take 7d or less"]),
        ("edge.sticky", [{"service": "backend", "duration": "8d"}], ['edge.sticky[0].duration = "8d"', "7d or less"]),
        ("edge.podPorts", {"first": 5000, "last": 5001}, ["listens on 4000, outside podPorts"]),
        ("edge.podPorts", {"first": 4010, "last": 4000}, ["edge.podPorts.first = 4010", "above last"]),
        ("edge.distributions.0.bucket", "sites", ['distributions[0].bucket = "sites"', "did you mean site?"]),
        ("edge.distributions.0.hosts.0", "shop.com", ["is not in the zone, shop.io", "www.shop.io"]),
        ("edge.distributions.0.hosts.0", "api.shop.io", ["answered by the cluster"]),
        ("edge.distributions.1.hosts.0", "app.shop.io", ["answered by nobody", "did you mean api.shop.io?"]),
        ("edge.distributions.1.hosts.0", "shop.io", ["is site's already"]),
        ("edge.distributions.1.name", "site", ["edge.distributions[1].name", "is taken"]),
        ("edge.distributions.1.defaultTtl", "2d", ['defaultTtl = "2d"', "more than 1d"]),
        ("edge.distributions.1.buckets", [{"path": "/i", "bucket": "x"}], ["distributions[1].buckets[0].bucket"]),
        ("edge.distributions.1.origin", "balancer", ["distributions[1].origin", "did you mean loadBalancer?"]),
        ("edge.healthChecks.0.host", "apis.shop.io", ["leads nowhere", "did you mean api.shop.io?"]),
        ("edge.hosts", ["origin.shop.io"], ["what CloudFront finds the load balancer by"]),
        (
            "edge.records",
            [{"name": "shop.com", "type": "TXT", "values": ["a"]}],
            ['edge.records[0].name = "shop.com"', "is not in the zone", "_dmarc.shop.io"],
        ),
        (
            "edge.records",
            [{"name": "api.shop.io", "type": "CNAME", "values": ["a.example.com"]}],
            ["edge.records[0].name", "what the program made already"],
        ),
        (
            "edge.records",
            [{"name": "shop.io", "type": "TXT", "values": [value]} for value in "ab"],
            ["edge.records[1].name", "add its values to records[0]"],
        ),
        ("edge.waf", {"rateLimit": 5}, ["edge.waf.rateLimit = 5"]),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(path: str, value: Any, expected: list[str]) -> None:
    text = mistakes(changed(EDGE, path, value))
    for words in expected:
        assert words in text


def test_direct_services_need_pods_with_addresses_in_the_vpc() -> None:
    machines = {"target": "kubeadm", "controlPlane": {}}
    assert "can't reach on kubeadm" in mistakes(changed(EDGE, "cluster", machines))


def test_a_rule_of_the_load_balancer_takes_four_hosts() -> None:
    hosts = [f"{name}.shop.io" for name in "abcde"]
    config = changed(changed(EDGE, "edge.hosts", hosts), "edge.distributions.1.hosts", hosts)
    assert "have 5 hosts" in mistakes(config)
