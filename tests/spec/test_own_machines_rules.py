"""What a stack file may say of volumes and addresses where no cloud makes them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.test_mistakes import AWS, LOCAL, changed, mistakes

LONGHORN = {"engine": "longhorn", "replicas": 2}
METALLB = {"engine": "metallb", "addresses": "10.0.0.240-10.0.0.250"}
WITH_ISCSI = changed(changed(LOCAL, "cluster.agents", 2), "cluster.image", "example.com/k3s-iscsi:1")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (changed(LOCAL, "cluster.agents", 2) | {"storage": LONGHORN}, ["cluster.image", "has no open-iscsi"]),
        (
            WITH_ISCSI | {"storage": LONGHORN | {"replicas": 5}},
            ["storage.replicas = 5", "more than there are nodes"],
        ),
        (AWS | {"storage": LONGHORN}, ["storage", "has no meaning on eks"]),
        (LOCAL | {"ingress": {"loadBalancer": METALLB}}, ["cluster.serviceLB = true", "would answer beside MetalLB"]),
        (changed(LOCAL, "cluster.serviceLB", False), ["cluster.serviceLB = false", "leaves nobody to answer"]),
        (
            changed(LOCAL, "cluster.httpsPort", 8080),
            ["cluster.httpsPort = 8080", "is httpPort's already", "another port"],
        ),
        (AWS | {"ingress": {"loadBalancer": METALLB}}, ["ingress.loadBalancer", "has no meaning on eks"]),
        (
            changed(LOCAL, "cluster.serviceLB", False)
            | {"ingress": {"loadBalancer": METALLB | {"addresses": "10.0.0.0/24"}}},
            ['ingress.loadBalancer.addresses = "10.0.0.0/24"', "192.168.1.240-192.168.1.250"],
        ),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(config: dict[str, Any], expected: list[str]) -> None:
    text = mistakes(config)
    assert "1 mistake," in text
    for words in expected:
        assert words in text
