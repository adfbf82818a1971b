"""A node group whose size an autoscaler owns: what a change of its bounds asks of EKS, and what EKS refuses."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.sandbox.conftest import ROOT, Toy

pytestmark = pytest.mark.engine

PROGRAM = """
import json, pulumi, pulumi_aws as aws

size = pulumi.Config()
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
subnets = [
    aws.ec2.Subnet(zone, vpc_id=vpc.id, cidr_block=cidr, availability_zone=zone).id
    for zone, cidr in (("us-east-1a", "10.0.1.0/24"), ("us-east-1b", "10.0.2.0/24"))
]
role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
cluster = aws.eks.Cluster("cluster", name="toy", role_arn=role.arn, vpc_config={"subnet_ids": subnets})
template = aws.ec2.LaunchTemplate("pool", update_default_version=True, instance_type="t3.large")
aws.eks.NodeGroup(
    "pool",
    cluster_name=cluster.name,
    node_group_name="pool",
    node_role_arn=role.arn,
    subnet_ids=subnets,
    launch_template={"id": template.id, "version": "1"},
    scaling_config={
        "min_size": size.require_int("min"),
        "max_size": size.require_int("max"),
        "desired_size": size.require_int("min"),
    },
    opts=pulumi.ResourceOptions(ignore_changes=["scalingConfig.desiredSize"]),
)
"""
IN_THE_ACCOUNT = """
import sys
from pathlib import Path
from sandbox.account import Cloud

cloud = Cloud(Path(sys.argv[1]))
cloud.load()
named = {"clusterName": "toy", "nodegroupName": "pool"}


def scaled(emulator):
    eks = emulator.account.client("eks", "us-east-1")
    if len(sys.argv) > 2:
        size = {"minSize": int(sys.argv[2]), "desiredSize": int(sys.argv[3])}
        eks.update_nodegroup_config(**named, scalingConfig=size)
    return eks.describe_nodegroup(**named)["nodegroup"]["scalingConfig"]


size = cloud.ask("aws", scaled)
cloud._changed = True
cloud.save()
print(size["minSize"], size["maxSize"], size["desiredSize"])
"""


@pytest.fixture
def pool(toy: Any) -> Toy:
    """A pool of none to forty machines, which is up."""
    toy.program(PROGRAM)
    sized(toy, 0, 40)
    toy("up", "dev")
    return toy


def sized(toy: Toy, least: int, most: int) -> None:
    config = {"aws:region": "us-east-1", "toy:min": least, "toy:max": most}
    (toy.directory / "Pulumi.dev.yaml").write_text(str({"config": config}))


def in_the_account(toy: Toy, *size: int) -> tuple[int, ...]:
    """Set the least and the desired size as somebody other than the program does; return what is there then."""
    (account,) = (toy.directory / ".sandbox" / "dev").rglob("account.pickle")
    command = [sys.executable, "-c", IN_THE_ACCOUNT, str(account), *map(str, size)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(int(each) for each in said.split())


def test_more_machines_at_least_than_are_wanted_are_refused_until_as_many_are_wanted(pool: Toy) -> None:
    sized(pool, 4, 40)
    assert "Minimum capacity 4 can't be greater than desired size 0" in pool("up", "dev", code=1).stdout
    assert in_the_account(pool) == (0, 40, 0)
    in_the_account(pool, 4, 4)
    pool("refresh", "dev")
    pool("up", "dev")
    assert in_the_account(pool) == (4, 40, 4)
    assert "No changes" in pool("preview", "dev").stdout


def test_after_a_refresh_a_change_of_the_bounds_keeps_what_the_autoscaler_made(pool: Toy) -> None:
    in_the_account(pool, 0, 27)
    sized(pool, 4, 60)
    pool("refresh", "dev")
    pool("up", "dev")
    assert in_the_account(pool) == (4, 60, 27)
    assert "No changes" in pool("preview", "dev").stdout
