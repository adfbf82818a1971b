"""The API server that stacks are tried on refuses what a cluster would."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_server import ApiServer

pytestmark = pytest.mark.engine

NAMESPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": "strict",
        "labels": {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")},
    },
}


def deployment(**container: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:1", **container}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "strict"},
        "spec": {"selector": {"matchLabels": labels}, "template": pod},
    }


@pytest.mark.parametrize(
    ("container", "says"),
    [
        ({"ressources": {}}, 'unknown field "spec.template.spec.containers[0].ressources"'),
        ({"ports": [{"containerPort": 70000}]}, "must be between 1 and 65535"),
        ({"securityContext": {"privileged": True}}, "would violate PodSecurity"),
    ],
)
def test_it_refuses_what_a_cluster_would(cluster: ApiServer, container: dict[str, Any], says: str) -> None:
    assert says in "\n".join(cluster.refusals([NAMESPACE, deployment(**container)]))


def test_it_says_nothing_of_a_certificate_that_is_masked(cluster: ApiServer) -> None:
    masked = dict.fromkeys(("tls.crt", "tls.key"), "(sensitive value)")
    about = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "authority", "namespace": "strict"}}
    assert cluster.refusals([NAMESPACE, {**about, "type": "kubernetes.io/tls", "stringData": masked}]) == []


def test_it_leaves_out_what_it_does_not_know(cluster: ApiServer) -> None:
    stranger = {"apiVersion": "example.com/v1", "kind": "Stranger", "metadata": {"name": "one"}}
    assert cluster.refusals([stranger]) == []
