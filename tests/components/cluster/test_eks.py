"""EKS: who gets in, in which order things come up, and what a pod may be."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.cluster.contract import LoadBalancing
from components.cluster.eks import ROLE_VARIABLE, EksCluster
from components.vpc import Vpc
from spec.cluster import EksCluster as Spec
from spec.network import Network
from spec.node_pools import NodePool
from tests.components.cluster.order import waits_for
from tests.recorder import Recorder, remembered, run

CLUSTER = "aws:eks/cluster:Cluster"
ADDON = "aws:eks/addon:Addon"
GROUP = "aws:eks/nodeGroup:NodeGroup"
PROVIDER = "pulumi:providers:kubernetes"
NETWORK = {"region": "us-east-1", "cidr": "10.0.0.0/16", "availabilityZones": ["us-east-1a", "us-east-1b"]}
POOL = {"name": "core", "instanceTypes": ["t3.large"], "size": {"min": 2, "max": 4}}


@remembered
def build(
    then: Callable[[EksCluster], Any] = lambda cluster: None,
    *,
    preview: bool = False,
    protect: bool = False,
    **settings: Any,
) -> Recorder:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        vpc = Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts)
        spec = Spec.model_validate({"target": "eks", **settings}, by_alias=True)
        pools = [NodePool.model_validate(POOL, by_alias=True)]
        then(EksCluster("shop", spec, pools, vpc, protect=protect, opts=opts))

    return run(program, preview=preview)


def test_the_endpoint_is_private_unless_networks_are_named() -> None:
    config = build().one(CLUSTER)["vpcConfig"]
    assert (config["endpointPrivateAccess"], config["endpointPublicAccess"]) == (True, False)
    assert "publicAccessCidrs" not in config


def test_the_public_endpoint_is_open_to_the_named_networks_alone() -> None:
    config = build(publicAccessCidrs=["203.0.113.0/24"]).one(CLUSTER)["vpcConfig"]
    assert (config["endpointPublicAccess"], config["publicAccessCidrs"]) == (True, ["203.0.113.0/24"])


def test_whoever_creates_the_cluster_does_not_become_its_administrator() -> None:
    assert build().one(CLUSTER)["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }


def test_administrators_are_the_clusters_own_role_and_those_of_the_spec() -> None:
    arn = "arn:aws:iam::123456789012:role/platform"
    made = build(adminRoleArns=[arn])
    principals = {entry["principalArn"] for entry in made.all("aws:eks/accessEntry:AccessEntry")}
    assert principals == {arn, "arn:aws:iam:us-east-1:123456789012:shop-admin"}
    associations = made.all("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert {a["principalArn"] for a in associations} == principals
    assert {a["policyArn"].rpartition("/")[2] for a in associations} == {"AmazonEKSClusterAdminPolicy"}


def test_viewers_see_everything_and_change_nothing() -> None:
    arn = "arn:aws:iam::123456789012:role/preview"
    made = build(viewRoleArns=[arn])
    (association,) = made.all("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", principalArn=arn)
    assert association["policyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy"
    assert association["accessScope"] == {"type": "cluster"}


@pytest.mark.parametrize(
    ("variable", "asked"),
    [
        (None, ["--role-arn", "arn:aws:iam:us-east-1:123456789012:shop-admin"]),
        ("", []),
        ("arn:aws:iam::123456789012:role/on call", ["--role-arn", "arn:aws:iam::123456789012:role/on call"]),
    ],
)
def test_the_program_is_the_clusters_own_role_unless_the_environment_says_who_else(
    tmp_path: Path, variable: str | None, asked: list[str]
) -> None:
    user = json.loads(build().one(PROVIDER)["kubeconfig"])["users"][0]["user"]["exec"]
    aws = tmp_path / "aws"
    aws.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    aws.chmod(0o755)
    given = {} if variable is None else {ROLE_VARIABLE: variable}
    said = subprocess.run(
        [user["command"], *user["args"]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", **given},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert said == ["--region", "us-east-1", "eks", "get-token", "--cluster-name", "shop", *asked]


def test_the_kubeconfig_is_secret_and_a_change_of_it_replaces_nothing() -> None:
    provider = build().one(PROVIDER)
    assert "kubeconfig" in provider.secrets
    assert provider["clusterIdentifier"] == "shop"


def test_secrets_are_encrypted_by_a_key_that_rotates() -> None:
    made = build()
    assert made.one("aws:kms/key:Key")["enableKeyRotation"] is True
    assert made.one(CLUSTER)["encryptionConfig"]["resources"] == ["secrets"]


def test_all_logs_go_to_a_group_that_is_there_first_and_ends() -> None:
    made = build(logRetentionDays=30)
    (group,) = made.all("aws:cloudwatch/logGroup:LogGroup", name="/aws/eks/shop/cluster")
    assert group["retentionInDays"] == 30
    assert group.urn in made.one(CLUSTER).dependencies
    assert set(made.one(CLUSTER)["enabledClusterLogTypes"]) == {
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    }


def test_nodes_wait_for_the_pod_network_and_other_addons_wait_for_nodes() -> None:
    made = build()
    nodes = made.one(GROUP)
    for addon in ("vpc-cni", "kube-proxy"):
        assert made.one(ADDON, f"shop-{addon}").urn in waits_for(made, nodes.urn)
        assert nodes.urn not in waits_for(made, made.one(ADDON, f"shop-{addon}").urn)
    for addon in ("coredns", "aws-ebs-csi-driver"):
        assert nodes.urn in waits_for(made, made.one(ADDON, f"shop-{addon}").urn)


def test_workloads_wait_for_nodes_addons_and_the_right_to_deploy() -> None:
    made = build()
    expected = {r.urn for kind in (GROUP, ADDON) for r in made.all(kind)}
    expected |= {r.urn for r in made.all("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")}
    assert expected <= waits_for(made, made.one(PROVIDER).urn)


def test_addons_are_pinned_and_the_unmanaged_ones_are_not_installed() -> None:
    made = build(addons={"vpc-cni": "v1.2.3-eksbuild.1", "coredns": "v4.5.6-eksbuild.7"})
    versions = {addon["addonName"]: addon["addonVersion"] for addon in made.all(ADDON)}
    assert versions == {"vpc-cni": "v1.2.3-eksbuild.1", "coredns": "v4.5.6-eksbuild.7"}
    assert made.one(CLUSTER)["bootstrapSelfManagedAddons"] is False


def test_network_policies_are_obeyed() -> None:
    settings = build().one(ADDON, "shop-vpc-cni")["configurationValues"]
    assert json.loads(settings)["enableNetworkPolicy"] == "true"


def test_machines_hold_a_few_addresses_in_advance_and_no_whole_interface() -> None:
    settings = build().one(ADDON, "shop-vpc-cni")["configurationValues"]
    assert json.loads(settings)["env"] == {"WARM_IP_TARGET": "5", "MINIMUM_IP_TARGET": "10"}


def test_an_identity_is_good_for_one_service_account() -> None:
    made = build(lambda c: c.identity_for("logs", "monitoring", "loki", '{"Version": "x"}', pulumi.ResourceOptions()))
    trust = json.loads(made.one("aws:iam/role:Role", "logs")["assumeRolePolicy"])["Statement"][0]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    issuer = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"
    assert trust["Condition"] == {
        "StringEquals": {
            f"{issuer}:sub": "system:serviceaccount:monitoring:loki",
            f"{issuer}:aud": "sts.amazonaws.com",
        }
    }
    assert made.one("aws:iam/rolePolicy:RolePolicy", "logs")["policy"] == '{"Version": "x"}'


def test_volumes_are_encrypted_gp3_by_default() -> None:
    made = build()
    storage_class = made.one("kubernetes:storage.k8s.io/v1:StorageClass")
    assert storage_class["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert storage_class["metadata.annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}


def test_volumes_of_pods_are_copied_every_day() -> None:
    made = build(volumeSnapshots={"time": "05:30", "keep": 14})
    policy = made.one("aws:dlm/lifecyclePolicy:LifecyclePolicy")
    (schedule,) = policy["policyDetails.schedules"]
    assert (schedule["createRule"]["times"], schedule["retainRule"]["count"]) == ("05:30", 14)
    driver = json.loads(made.one(ADDON, "shop-aws-ebs-csi-driver")["configurationValues"])
    assert driver["controller"]["extraVolumeTags"] == policy["policyDetails.targetTags"]


def test_without_snapshots_there_is_no_policy() -> None:
    assert build(volumeSnapshots=None).all("aws:dlm/lifecyclePolicy:LifecyclePolicy") == []


def test_facts_say_that_the_control_plane_is_out_of_reach() -> None:
    clusters: list[EksCluster] = []
    build(clusters.append)
    facts = clusters[0].facts
    assert facts.managed_control_plane
    assert facts.load_balancing is LoadBalancing.TARGET_GROUP
    assert len(facts.control_plane_cidrs) == 2


def test_protection_covers_the_cluster_in_aws_and_in_pulumi() -> None:
    for protect in (True, False):
        cluster = build(protect=protect).one(CLUSTER)
        assert cluster["deletionProtection"] is protect
        assert cluster.options.get("protect", False) is protect


def test_a_preview_shows_every_resource_of_an_up() -> None:
    assert sorted(build(preview=True).urns()) == sorted(build().urns())
