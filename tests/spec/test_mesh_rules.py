"""What a stack file may ask of the service mesh."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.test_mistakes import LOCAL, SERVICE, changed, mistakes

ROUTED = SERVICE | {"routes": [{"host": "a.example.com"}]}
MESH = LOCAL | {"mesh": {"engine": "istio"}}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("mesh.engine", "linkerd", ['mesh.engine = "linkerd"', "istio"]),
        ("mesh.replicas", 0, ["mesh.replicas = 0"]),
        ("mesh.pool", "fast", ['mesh.pool = "fast"', "is not declared"]),
        ("ingress", {"tls": {"issuer": "localAuthority", "redirect": False}}, ["ingress.tls", "with a mesh"]),
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
