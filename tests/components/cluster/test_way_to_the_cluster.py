"""What is in a cluster is made after the way to it, and so destroyed while that is still open."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.charts import Charts
from components.cluster.eks import EksCluster
from components.cluster.kubeadm import KubeadmCluster
from components.vpc import Vpc
from spec import cluster
from spec.network import Network
from spec.node_pools import NodePool
from tests.components.cluster.order import waits_for
from tests.recorder import Recorder, remembered, run

PROVIDER = "pulumi:providers:kubernetes"
NETWORK = {
    "region": "us-east-1",
    "cidr": "10.0.0.0/16",
    "availabilityZones": ["us-east-1a", "us-east-1b"],
    "interfaceEndpoints": ["ecr.api"],
}
POOL = {"name": "core", "instanceTypes": ["t3.large"], "size": {"min": 2, "max": 2}}
KUBEADM: dict[str, Any] = {"target": "kubeadm", "controlPlane": {}, "apiAccessCidrs": ["203.0.113.0/24"]}

NETWORK_PARTS = (
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
)
MACHINE_PARTS = (
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:lb/listener:Listener",
    "aws:lb/targetGroupAttachment:TargetGroupAttachment",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
)


@remembered
def build(target: str) -> Recorder:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        vpc = Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts)
        pools = [NodePool.model_validate(POOL, by_alias=True)]
        if target == "eks":
            eks = cluster.EksCluster.model_validate({"target": "eks"}, by_alias=True)
            EksCluster("shop", eks, pools, vpc, protect=False, opts=opts)
        else:
            kubeadm = cluster.KubeadmCluster.model_validate(KUBEADM, by_alias=True)
            KubeadmCluster("shop", kubeadm, pools, vpc, Charts(), protect=False, opts=opts)

    return run(program, preview=True)


def test_the_public_load_balancer_of_the_api_is_made_once_the_vpc_has_an_internet_gateway() -> None:
    made = build("kubeadm")
    gateway = made.one("aws:ec2/internetGateway:InternetGateway").urn
    assert gateway in made.one("aws:lb/loadBalancer:LoadBalancer", "shop-public").dependencies
    assert gateway not in made.one("aws:lb/loadBalancer:LoadBalancer", "shop-api").dependencies


@pytest.mark.parametrize(
    ("target", "part"),
    [(target, part) for target in ("eks", "kubeadm") for part in NETWORK_PARTS]
    + [("kubeadm", part) for part in MACHINE_PARTS],
)
def test_what_is_in_the_cluster_goes_before_the_way_to_it_and_out_of_it(target: str, part: str) -> None:
    made = build(target)
    needed = {each.urn for each in made.all(part)}
    assert needed
    assert needed <= waits_for(made, made.one(PROVIDER, "shop").urn)
