"""What a stack file may ask of a static frontend."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_mistakes import AWS, LOCAL, SERVICE, changed, mistakes

PAGES = {
    "hosting": "cloudflare",
    "host": "www.example.com",
    "zone": "example.com",
    "accountId": "0123456789abcdef0123456789abcdef",
}
IN_S3 = {"hosting": "s3", "host": "www.example.com", "zone": "example.com", "region": "us-east-1"}
ROUTED = changed(LOCAL, "services.0", SERVICE | {"routes": [{"host": "www.example.com"}]})
API = changed(LOCAL, "services.0", SERVICE | {"routes": [{"host": "api.example.com"}]})


@pytest.mark.parametrize("frontend", [PAGES, PAGES | {"host": "example.com"}, IN_S3])
def test_a_site_stands_beside_any_cluster(frontend: dict[str, Any]) -> None:
    assert from_config(LOCAL | {"frontend": frontend}, "test").frontend is not None


@pytest.mark.parametrize(
    ("base", "frontend", "expected"),
    [
        (LOCAL, PAGES | {"hosting": "netlify"}, ['frontend.hosting = "netlify"', "cloudflare"]),
        (LOCAL, PAGES | {"zone": "example.org"}, ["frontend.host", "not in the zone example.org"]),
        (LOCAL, PAGES | {"zone": "ample.com", "host": "example.com"}, ["frontend.host", "not in the zone ample.com"]),
        (LOCAL, PAGES | {"accountId": "mine"}, ['frontend.accountId = "mine"']),
        (LOCAL, PAGES | {"cache": {"immutable": ["assets"]}}, ["frontend.cache.immutable[0]"]),
        (LOCAL, IN_S3 | {"region": "mars"}, ['frontend.region = "mars"']),
        (ROUTED, PAGES, ["frontend.host", "one of the ingress"]),
        (
            LOCAL,
            PAGES | {"ingressAddress": "203.0.113.10"},
            ["frontend.ingressAddress", "no host of the ingress"],
        ),
        (API, PAGES | {"ingressAddress": "203.0.113.999"}, ["frontend.ingressAddress", "neither an IPv4 address"]),
        (
            API,
            IN_S3 | {"ingressAddress": "lb.example.net", "zone": "api.example.com", "host": "www.api.example.com"},
            ["frontend.ingressAddress", "no CNAME"],
        ),
        (AWS | {"edge": {"zone": "example.com"}}, IN_S3, ["frontend.zone", "edge.distributions"]),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(
    base: dict[str, Any], frontend: dict[str, Any], expected: list[str]
) -> None:
    text = mistakes(base | {"frontend": frontend})
    assert "1 mistake," in text
    for words in expected:
        assert words in text
