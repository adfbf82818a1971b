"""What a stack file may say of machines: their labels, whom they are for, how many, and what kubeadm takes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from spec.load import NAMESPACE, from_config
from spec.overlay import document
from tests.spec.test_mistakes import AWS, SERVICE, changed, mistakes


def pool(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "instanceTypes": ["t3.large"], "size": {"min": 1, "max": 1}, **fields}


AUTH, INFO = pool("auth", labels={"service": "backend"}), pool("info", labels={"service": "frontend"})
TAINTED = pool("surge", size={"min": 40, "max": 40}, taints=[{"key": "surge"}])
EKS = AWS | {"nodePools": [AUTH, INFO]}
KUBEADM = EKS | {"cluster": {"target": "kubeadm", "controlPlane": {"instanceType": "t3.large", "tier": "app"}}}
BOTH = [
    SERVICE | {"pool": "auth"},
    SERVICE | {"name": "frontend", "port": 3000, "pool": "info"},
]


@pytest.mark.parametrize("config", [EKS, KUBEADM, KUBEADM | {"services": BOTH}])
def test_sound_files_have_no_mistakes(config: dict[str, Any]) -> None:
    assert from_config(config, "test")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            changed(EKS, "nodePools.1.instanceTypes", ["c6i.xlarge", "c6a.xlarge", "c7g.xlarge"]),
            ['nodePools[1].instanceTypes[2] = "c7g.xlarge"', "is arm64, and c6i.xlarge beside it amd64"],
        ),
        (
            changed(KUBEADM, "nodePools.1.labels.service", "backend"),
            ['nodePools[1].labels.service = "backend"', "is what pool auth is for already"],
        ),
        (
            changed(KUBEADM | {"services": BOTH}, "services.1.pool", "auth"),
            ['services[1].pool = "auth"', "is for backend", "take info"],
        ),
        (
            changed(KUBEADM, "nodePools.0.size", {"min": 1, "max": 3}),
            ["nodePools[0].size.min = 1", "below max, 3", "the same number"],
        ),
        (
            changed(KUBEADM, "nodePools.0.size", {"min": 0, "max": 1}),
            ["nodePools[0].size.min = 0", "below max, 1"],
        ),
        (
            changed(KUBEADM, "cluster.controlPlane.instanceType", "t3.micro"),
            ['controlPlane.instanceType = "t3.micro"', "2 CPUs and 1700 Mi", "of 1024 Mi, less 77 Mi", "947 Mi"],
        ),
        (
            changed(KUBEADM, "cluster.controlPlane.instanceType", "m3.medium"),
            ['controlPlane.instanceType = "m3.medium"', "it has 1 CPUs"],
        ),
        (
            changed(KUBEADM, "cluster.controlPlane.count", 2),
            ["cluster.controlPlane.count = 2", "is not a choice", "1, 3, 5"],
        ),
        *(
            (config | {"nodePools": [TAINTED]}, ["nodePools\n", "keeps off what names none", "add one without taints"])
            for config in (EKS, KUBEADM)
        ),
        *(
            (
                changed(config, "nodePools.0.labels", {"node-role.kubernetes.io/worker": ""}),
                ['nodePools[0].labels.node-role.kubernetes.io/worker = ""', "the kubelet would not start"],
            )
            for config in (EKS, KUBEADM)
        ),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(config: dict[str, Any], expected: list[str]) -> None:
    text = mistakes(config)
    assert "1 mistake," in text
    for words in expected:
        assert words in text


def test_a_control_plane_has_labels_that_its_kubelet_takes_too() -> None:
    said = mistakes(changed(KUBEADM, "cluster.controlPlane.labels", {"node-role.kubernetes.io/etcd": ""}))
    assert 'cluster.controlPlane.labels.node-role.kubernetes.io/etcd = ""' in said
    assert "the kubelet would not start" in said


@pytest.mark.parametrize("label", ["node.kubernetes.io/kind", "example.io/kubernetes.io", "role", "kubernetes.io/os"])
def test_labels_that_a_kubelet_takes_are_not_refused(label: str) -> None:
    assert from_config(changed(KUBEADM, "nodePools.0.labels", {label: "a"}), "test")


@pytest.mark.parametrize("size", [{"min": 1, "max": 3}, {"min": 0, "max": 40}])
def test_an_autoscaler_takes_a_range(size: dict[str, int]) -> None:
    assert from_config(changed(EKS, "nodePools.1.size", size), "test")


@pytest.mark.parametrize("type", ["t3.small", "t3.medium", "t4g.medium"])
def test_what_has_enough_for_kubeadm_is_a_control_plane(type: str) -> None:
    assert from_config(changed(KUBEADM, "cluster.controlPlane.instanceType", type), "test")


AMPLE = {
    "requests": {"cpu": "99", "memory": "99Gi"},
    "limits": {"cpu": "99", "memory": "99Gi"},
    "persistentVolumeClaims": 99,
}


def roomy(stack: str, *overlays: str) -> dict[str, Any]:
    """Return a stack's configuration, with machines and quotas that have room for more of everything."""
    document_ = yaml.safe_load(document(stack, list(overlays)))["config"]
    given = {key.removeprefix(NAMESPACE): value for key, value in document_.items()}
    namespaces = [each | {"quota": AMPLE} for each in given["security"]["namespaces"]]
    given = changed(given, "security.namespaces", namespaces)
    return changed(given, "cluster.machine", {"cpu": "64", "memory": "99Gi"}) if stack == "dev" else given


ZOOKEEPER = roomy("dev", "zookeeper")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (changed(roomy("dev"), "data.postgres.instances", 3), ["data.postgres.instances = 3", "cluster.agents"]),
        (changed(roomy("dev"), "data.kafka.brokers", 3), ["data.kafka.brokers = 3", "cluster.agents"]),
        (changed(roomy("dev"), "data.kafka.controllers", 3), ["data.kafka.controllers = 3", "nodes, 1"]),
        (changed(ZOOKEEPER, "data.kafka.controllers", 3), ["data.kafka.controllers = 3", "nodes, 1"]),
        *(
            (changed(roomy("dev", overlay), f"cluster.{key}", value), [f"data.{what} = 3", "nodes, 2"])
            for overlay, key, value in (("phase-2", "agents", 1), ("three-machines", "servers", 2))
            for what in ("postgres.instances", "kafka.brokers", "kafka.controllers")
        ),
        (
            changed(roomy("blog"), "data.postgres.instances", 6),
            ["data.postgres.instances = 6", "nodes in pool general, 4", "raise size.max of general"],
        ),
        (
            changed(roomy("sesacthon"), "data.rabbitmq.nodes", 3),
            ["data.rabbitmq.nodes = 3", "nodes in pool rabbitmq, 1", "raise size.max of rabbitmq"],
        ),
        (
            # Who names no pool is kept off this one.
            changed(EKS | {"nodePools": [AUTH, INFO, TAINTED]}, "data.postgres.instances", 3),
            ["data.postgres.instances = 3", "nodes in pools auth and info, 2", "raise size.max of auth or info"],
        ),
    ],
)  # fmt: skip
def test_replicas_that_are_apart_are_no_more_than_the_nodes(config: dict[str, Any], expected: list[str]) -> None:
    text = mistakes(config)
    for words in [*expected, "is more than there are nodes", "lower it, or raise"]:
        assert words in text
    assert "leaves no room" not in text


@pytest.mark.parametrize(
    "config",
    [
        changed(changed(roomy("dev"), "data.postgres.instances", 3), "cluster.agents", 2),
        changed(changed(roomy("blog"), "data.postgres.instances", 3), "nodePools.0.size.max", 6),
        changed(
            changed(roomy("dev"), "data.postgres.instances", 3), "cluster", {"target": "existing", "context": "mine"}
        ),
    ],
    ids=["k3d", "eks", "existing"],
)
def test_a_node_for_each_is_enough(config: dict[str, Any]) -> None:
    assert from_config(config, "test").data.postgres
