"""What a stack file may say about signing in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.test_mistakes import AWS, LOCAL, changed, mistakes

GRAFANA = {"retention": "7d", "grafana": {"host": "grafana.a.io"}}
OIDC = {
    "provider": "oidc",
    "issuer": "https://id.a.io/realms/a",
    "clientId": "groundwork",
    "clientSecret": {"secure": "v1:AAAA"},
    "emailDomains": ["a.io"],
}
TLS = {"issuer": "localAuthority"}
ON_443 = changed(LOCAL, "cluster.httpsPort", 443) | {"observability": GRAFANA}
IN_AWS = AWS | {"edge": {"zone": "a.io"}, "observability": GRAFANA}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in OIDC.items() if name != key}


@pytest.mark.parametrize(
    ("base", "sign_in", "expected"),
    [
        (ON_443, without("issuer"), ["ingress.signIn.issuer", "is missing"]),
        (ON_443, without("clientId"), ["ingress.signIn.clientId", "is missing"]),
        (ON_443, without("clientSecret"), ["ingress.signIn.clientSecret", "is missing"]),
        (ON_443, OIDC | {"issuer": "http://id.a.io"}, ['ingress.signIn.issuer = "http://id.a.io"']),
        (ON_443, without("emailDomains"), ["ingress.signIn", "everybody who has an account there"]),
        (ON_443, {"provider": "cognito"}, ["ingress.signIn.provider", "can't be had on k3d", "oidc"]),
        (LOCAL | {"observability": GRAFANA}, OIDC, ["ingress.signIn", "back to port 443", "answers on 8443"]),
        (IN_AWS | {"observability": {"retention": "7d"}}, {"provider": "cognito"}, ["nothing to stand before"]),
        (IN_AWS, {"provider": "cognito", "pool": "nowhere"}, ["ingress.signIn.pool", "is not declared"]),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(
    base: dict[str, Any], sign_in: dict[str, Any], expected: list[str]
) -> None:
    tls = {} if "edge" in base else {"tls": TLS | {"redirect": False}}
    text = mistakes(base | {"ingress": {"signIn": sign_in, **tls}})
    assert "1 mistake," in text
    for words in expected:
        assert words in text


def test_a_session_needs_tls() -> None:
    text = mistakes(ON_443 | {"ingress": {"signIn": OIDC}})
    assert "1 mistake," in text
    assert "ingress.signIn" in text
    assert "needs TLS" in text


def test_prometheus_is_not_open_to_everybody() -> None:
    text = mistakes(LOCAL | {"observability": {"retention": "7d", "prometheusHost": "prometheus.a.io"}})
    assert "1 mistake," in text
    assert 'observability.prometheusHost = "prometheus.a.io"' in text
    assert "open to everybody" in text


def test_explore_is_at_a_host_besides_grafanas() -> None:
    text = mistakes(LOCAL | {"observability": {"retention": "7d", "grafana": {"exploreHost": "logs.a.io"}}})
    assert "1 mistake," in text
    assert "observability.grafana.host\n" in text
    assert "logs.a.io" in text
