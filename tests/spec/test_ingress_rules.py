"""What a stack file may ask of the ingress controller."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.test_mistakes import AWS, LOCAL, changed, mistakes

OPEN = {"tls": {"issuer": "localAuthority", "redirect": False}}
ACME = {"issuer": "acme", "email": "a@example.com", "redirect": False}
ROUTED = changed(LOCAL, "services.0.routes", [{"host": "app.local"}])


@pytest.mark.parametrize(
    ("base", "ingress", "expected"),
    [
        (AWS | {"edge": {"zone": "a.com"}}, OPEN, ["ingress.tls", "has no meaning with an edge"]),
        (LOCAL, {"tls": {"issuer": "localAuthority"}}, ["ingress.tls.redirect = true", "answers on 8443"]),
        (LOCAL, {"tls": {"issuer": "letsEncrypt"}}, ['ingress.tls.issuer = "letsEncrypt"', "localAuthority"]),
        (LOCAL, {"tls": {"issuer": "acme"}}, ["ingress.tls.email", "is missing"]),
        (LOCAL, {"tls": ACME | {"email": "nobody"}}, ['ingress.tls.email = "nobody"', "electronic mail"]),
        (ROUTED, {"tls": ACME}, ["ingress.tls.issuer", "app.local, which is no public name"]),
        (LOCAL, {"tls": ACME | {"hostedZone": "Z0123456789"}}, ["ingress.tls.hostedZone", "no identity in AWS"]),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(
    base: dict[str, Any], ingress: dict[str, Any], expected: list[str]
) -> None:
    text = mistakes(base | {"ingress": ingress})
    assert "1 mistake," in text
    for words in expected:
        assert words in text


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"traffic": {"sticky": True}}, ["services[0].traffic", "without a route"]),
        (
            {"routes": [{"host": "a.io"}], "traffic": {"cors": {"origins": ["*"], "credentials": True}}},
            ["services[0].traffic.cors.origins", "name the origins"],
        ),
        (
            {"routes": [{"host": "a.io"}], "traffic": {"cors": {"origins": ["https://a.io/app"]}}},
            ['services[0].traffic.cors.origins[0] = "https://a.io/app"', "such as https://example.com"],
        ),
        (
            {"routes": [{"host": "a.io"}], "traffic": {"rateLimit": {"burst": 5}}},
            ["services[0].traffic.rateLimit.perSecond", "is missing"],
        ),
        (
            {"routes": [{"host": "a.io"}], "traffic": {"maxBodySize": "8MB"}},
            ['services[0].traffic.maxBodySize = "8MB"', "as NGINX writes it"],
        ),
    ],
)
def test_traffic_is_asked_for_where_there_is_some(service: dict[str, Any], expected: list[str]) -> None:
    config = changed(LOCAL, "services.0", LOCAL["services"][0] | service)
    text = mistakes(config)
    assert "1 mistake," in text
    for words in expected:
        assert words in text
