"""What a stack file may ask of the service mesh."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_mistakes import AWS, LOCAL, SERVICE, changed, mistakes

ROUTED = SERVICE | {"routes": [{"host": "a.example.com"}]}
MESH = LOCAL | {"mesh": {"engine": "istio"}}
TLS = {"issuer": "localAuthority", "redirect": False}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("mesh.engine", "linkerd", ['mesh.engine = "linkerd"', "istio"]),
        ("mesh.replicas", 0, ["mesh.replicas = 0"]),
        ("mesh.pool", "fast", ['mesh.pool = "fast"', "is not declared"]),
        ("services.0", ROUTED | {"traffic": {"websocket": True}}, ["services[0].traffic", "mesh's gateway"]),
        (
            "mesh.sidecar",
            {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"cpu": "10m", "memory": "64Mi"}},
            ['mesh.sidecar.limits.cpu = "10m"', "below the request, 20m"],
        ),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(path: str, value: Any, expected: list[str]) -> None:
    text = mistakes(changed(MESH, path, value))
    assert "1 mistake," in text
    for words in expected:
        assert words in text


def test_sidecars_count_towards_the_quota() -> None:
    sidecar = {"requests": {"cpu": "25m", "memory": "4Gi"}, "limits": {"cpu": "500m", "memory": "4Gi"}}
    text = mistakes(changed(MESH, "mesh.sidecar", sidecar))
    assert "is less than what runs in" in text


def test_the_gateway_ends_tls_and_has_people_sign_in() -> None:
    sign_in = {
        "provider": "oidc",
        "issuer": "https://id.a.io",
        "clientId": "a",
        "clientSecret": {"secure": "v1:AAAA"},
        "emailDomains": ["a.io"],
    }
    asked = changed(MESH, "cluster.httpsPort", 443) | {
        "ingress": {"tls": TLS, "signIn": sign_in},
        "observability": {"retention": "7d", "grafana": {"host": "grafana.a.io", "exploreHost": "logs.a.io"}},
        "services": [ROUTED],
    }
    assert from_config(asked, "test").mesh is not None


def test_https_is_one_services_at_each_host_of_a_mesh() -> None:
    both = [ROUTED, ROUTED | {"name": "other", "port": 4001, "routes": [{"host": "a.example.com", "path": "/other"}]}]
    shared = MESH | {"services": both, "ingress": {"tls": TLS}}
    text = mistakes(shared)
    assert "1 mistake," in text
    assert 'services[1].routes[0].host = "a.example.com"' in text
    assert "is backend's" in text
    # NGINX and plain HTTP merge them.
    from_config({key: value for key, value in shared.items() if key != "mesh"}, "test")
    from_config(shared | {"ingress": {}}, "test")


def test_hosts_of_a_mesh_are_not_proved_on_port_80() -> None:
    text = mistakes(
        MESH | {"services": [ROUTED], "ingress": {"tls": {"issuer": "acme", "email": "a@a.io", "redirect": False}}}
    )
    assert "1 mistake," in text
    assert 'ingress.tls = "acme"' in text
    assert "hostedZone" in text


def test_nobody_gets_to_a_service_past_the_gateway() -> None:
    base = AWS | {"mesh": {"engine": "istio"}, "services": [ROUTED | {"routes": [{"host": "a.io"}]}]}
    text = mistakes(base | {"edge": {"zone": "a.io", "direct": [{"service": "backend"}]}})
    assert "1 mistake," in text
    assert 'edge.direct[0].service = "backend"' in text
    assert "past the mesh's gateway" in text
