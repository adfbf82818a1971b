"""Managed node pools: what joins, with which labels, and who owns its size."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.node_pools import POOL_LABEL, ManagedNodePool, NodeRole
from spec.capacity.machines import architecture
from spec.node_pools import NodePool
from tests.recorder import Recorder, Registered, run

GROUP = "aws:eks/nodeGroup:NodeGroup"


def pool(**settings: Any) -> NodePool:
    given = {"name": "core", "instanceTypes": ["t3.xlarge"], "size": {"min": 3, "max": 3}, **settings}
    return NodePool.model_validate(given, by_alias=True)


def build(**settings: Any) -> Recorder:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        ManagedNodePool(
            "shop-core",
            pool(**settings),
            cluster_name="shop",
            kubernetes_version="1.35",
            role_arn=NodeRole("shop-nodes", opts).arn,
            subnet_ids=[pulumi.Output.from_input("subnet-1")],
            opts=opts,
        )

    return run(program)


def group(**settings: Any) -> Registered:
    return build(**settings).one(GROUP)


def test_every_node_says_which_pool_it_belongs_to() -> None:
    assert group(labels={"workload": "core"})["labels"] == {"workload": "core", POOL_LABEL: "core"}


def test_the_autoscaler_owns_the_size_of_an_elastic_pool() -> None:
    elastic = group(size={"min": 0, "max": 40})
    assert elastic["scalingConfig"] == {"minSize": 0, "maxSize": 40, "desiredSize": 0}
    assert elastic.options["ignoreChanges"] == ["scalingConfig.desiredSize"]


def test_the_autoscaler_is_told_what_a_machine_would_be_like_when_there_is_none() -> None:
    made = build(
        size={"min": 0, "max": 40},
        labels={"workload": "surge"},
        taints=[{"key": "workload", "value": "surge", "effect": "NoSchedule"}],
        diskGiB=50,
    )
    tags = made.all("aws:autoscaling/tag:Tag")
    assert {tag["autoscalingGroupName"] for tag in tags} == {"eks-shop-core"}
    prefix = "k8s.io/cluster-autoscaler/node-template"
    assert {tag["tag.key"]: tag["tag.value"] for tag in tags} == {
        f"{prefix}/label/workload": "surge",
        f"{prefix}/label/{POOL_LABEL}": "core",
        f"{prefix}/taint/workload": "surge:NoSchedule",
        f"{prefix}/resources/ephemeral-storage": "50Gi",
    }


def test_the_program_owns_the_size_of_a_fixed_pool() -> None:
    assert "ignoreChanges" not in group(size={"min": 3, "max": 3}).options


def test_spot_pools_take_any_of_their_instance_types() -> None:
    spot = group(capacity="spot", instanceTypes=["c6i.xlarge", "c6a.xlarge"])
    assert (spot["capacityType"], spot["instanceTypes"]) == ("SPOT", ["c6i.xlarge", "c6a.xlarge"])


def test_taints_are_spelt_as_eks_spells_them() -> None:
    tainted = group(taints=[{"key": "workload", "value": "surge", "effect": "PreferNoSchedule"}])
    assert tainted["taints"] == [{"key": "workload", "value": "surge", "effect": "PREFER_NO_SCHEDULE"}]


def test_machines_keep_their_credentials_from_pods_and_their_disks_encrypted() -> None:
    template = build(diskGiB=100).one("aws:ec2/launchTemplate:LaunchTemplate")
    assert template["metadataOptions.httpTokens"] == "required"
    assert template["metadataOptions.httpPutResponseHopLimit"] == 1
    assert template["blockDeviceMappings.0.ebs.encrypted"] == "true"
    assert template["blockDeviceMappings.0.ebs.volumeSize"] == 100


def test_nodes_have_neither_full_access_nor_the_pod_networks_permissions() -> None:
    attached = build().all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert {attachment["policyArn"].rpartition("/")[2] for attachment in attached} == {
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonSSMManagedInstanceCore",
    }


def test_machines_come_only_after_their_policies() -> None:
    made = build()
    attached = {a.urn for a in made.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")}
    assert attached <= made.one(GROUP).dependencies


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("t3.xlarge", "amd64"),
        ("g5.xlarge", "amd64"),
        ("g4dn.xlarge", "amd64"),
        ("m7g.large", "arm64"),
        ("c6gn.large", "arm64"),
        ("r6gd.large", "arm64"),
        ("g5g.xlarge", "arm64"),
        ("a1.large", "arm64"),
    ],
)
def test_the_architecture_follows_from_the_instance_type(instance_type: str, expected: str) -> None:
    assert architecture(instance_type) == expected


def test_graviton_pools_boot_an_arm_image() -> None:
    assert group(instanceTypes=["m7g.large"])["amiType"] == "AL2023_ARM_64_STANDARD"
