"""The emulated AWS account as a whole: regions, drift, dangling references, and its life between processes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from sandbox import account as saved
from sandbox.aws import Aws, account, network
from sandbox.aws.leftovers import leftovers
from sandbox.emulator import UNKNOWN, Properties, Refused, Resource

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.account

PROVIDER = "urn:pulumi:test::test::pulumi:providers:aws::default"
VPC, SUBNET, GROUP = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/securityGroup:SecurityGroup"

HTTPS = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}


def of(type: str) -> Resource:
    return Resource(type, "test", f"urn:pulumi:test::test::{type}::test", PROVIDER)


@pytest.fixture
def aws() -> Aws:
    made = Aws()
    tags: Properties = {"tags": {"team": "platform"}}
    made.configure(PROVIDER, {"region": "ap-northeast-2", "defaultTags": tags})
    return made


def create(aws: Aws, type: str, **inputs: Any) -> tuple[str, Properties, Properties]:
    checked = aws.check(of(type), {}, inputs)
    id, outputs = aws.create(of(type), checked)
    return id, checked, outputs


def test_a_thing_is_made_in_the_region_of_its_provider(aws: Aws) -> None:
    id, _, outputs = create(aws, VPC, cidrBlock="10.0.0.0/16")
    assert outputs["arn"] == f"arn:aws:ec2:ap-northeast-2:123456789012:vpc/{id}"
    assert aws.account.client("ec2", "ap-northeast-2").describe_vpcs(VpcIds=[id])["Vpcs"]


def test_a_region_of_its_own_wins_over_that_of_the_provider(aws: Aws) -> None:
    id, _, outputs = create(aws, VPC, cidrBlock="10.0.0.0/16", region="us-east-1")
    assert outputs["region"] == "us-east-1"
    assert aws.account.client("ec2", "us-east-1").describe_vpcs(VpcIds=[id])["Vpcs"]


def test_default_tags_of_the_provider_reach_the_account(aws: Aws) -> None:
    id, _, outputs = create(aws, VPC, cidrBlock="10.0.0.0/16", tags={"Name": "main"})
    assert outputs["tags"] == {"Name": "main"}
    assert outputs["tagsAll"] == {"Name": "main", "team": "platform"}
    found = aws.account.client("ec2", "ap-northeast-2").describe_vpcs(VpcIds=[id])["Vpcs"][0]["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in found} == outputs["tagsAll"]


def test_a_name_is_generated_once_and_kept(aws: Aws) -> None:
    first = aws.check(of(GROUP), {}, {"description": "d"})
    assert re.fullmatch("test-[0-9a-f]{7}", first["name"])
    assert aws.check(of(GROUP), first, {"description": "d"}) == first


def test_what_somebody_else_changed_is_seen_and_what_they_undid_is_not(aws: Aws) -> None:
    id, inputs, outputs = create(aws, VPC, cidrBlock="10.0.0.0/16", tags={"Name": "main"})
    ec2 = aws.account.client("ec2", "ap-northeast-2")
    ec2.create_tags(Resources=[id], Tags=[{"Key": "Name", "Value": "other"}])
    drifted = aws.read(of(VPC), id, inputs, outputs)
    assert drifted
    assert drifted[0]["tags"]["Name"] == "other"
    ec2.create_tags(Resources=[id], Tags=[{"Key": "Name", "Value": "main"}])
    restored = aws.read(of(VPC), id, *drifted)
    assert restored
    assert restored[0] == inputs


def test_what_somebody_else_deleted_is_gone(aws: Aws) -> None:
    id, inputs, outputs = create(aws, VPC, cidrBlock="10.0.0.0/16")
    aws.account.client("ec2", "ap-northeast-2").delete_vpc(VpcId=id)
    assert aws.read(of(VPC), id, inputs, outputs) is None
    aws.delete(of(VPC), id, outputs)


@pytest.mark.parametrize(
    ("type", "inputs", "refusal"),
    [
        (SUBNET, {"vpcId": "vpc-0123456789abcdef0", "cidrBlock": "10.0.1.0/24"}, "InvalidVpcID.NotFound"),
        (
            "aws:rds/cluster:Cluster",
            {"engine": "aurora-postgresql", "vpcSecurityGroupIds": ["sg-0123456789abcdef0"]},
            "InvalidGroup.NotFound",
        ),
        (
            "aws:rds/subnetGroup:SubnetGroup",
            {"subnetIds": ["subnet-0123456789abcdef0"]},
            "InvalidSubnetID.NotFound",
        ),
        (
            "aws:dlm/lifecyclePolicy:LifecyclePolicy",
            {
                "description": "d",
                "executionRoleArn": "arn:aws:iam::123456789012:role/nobody",
                "policyDetails": {"resourceTypes": ["VOLUME"]},
            },
            "NoSuchEntity",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused(aws: Aws, type: str, inputs: Properties, refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        create(aws, type, **inputs)


@pytest.mark.parametrize(
    ("type", "olds", "news", "replaced"),
    [
        (VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"}, ["cidrBlock"]),
        (SUBNET, {"vpcId": "vpc-1"}, {"vpcId": UNKNOWN}, ["vpcId"]),
        (VPC, {"tags": {"a": "b"}}, {"tags": {"a": "c"}}, []),
        ("aws:rds/cluster:Cluster", {"masterUsername": "a"}, {"masterUsername": "b"}, ["masterUsername"]),
        ("aws:rds/cluster:Cluster", {"backupRetentionPeriod": 7}, {"backupRetentionPeriod": 9}, []),
        ("aws:eks/cluster:Cluster", {"version": "1.33"}, {"version": "1.34"}, []),
        ("aws:ec2/instance:Instance", {"userData": "a"}, {"userData": "b"}, []),
        (
            "aws:ec2/instance:Instance",
            {"userData": "a", "userDataReplaceOnChange": True},
            {"userData": "b", "userDataReplaceOnChange": True},
            ["userData"],
        ),
    ],
)
def test_what_no_operation_changes_takes_a_replacement(
    aws: Aws, type: str, olds: Properties, news: Properties, replaced: list[str]
) -> None:
    assert aws.replaces(of(type), olds, news) == replaced


def test_another_process_finds_the_account_through_boto3_and_may_delete(aws: Aws, tmp_path: Path) -> None:
    id, _, _ = create(aws, VPC, cidrBlock="10.0.0.0/16")
    create(aws, "aws:kms/key:Key", description="of the other process")
    saved.Account(snapshots={"aws": aws.snapshot()}).save(tmp_path / "account")
    program = (
        "import sys\nfrom sandbox.aws.account import open\nfrom sandbox.aws.leftovers import leftovers\n"
        "with open(sys.argv[1]) as account:\n"
        "    ec2 = account.client('ec2', 'ap-northeast-2')\n"
        "    print(ec2.describe_vpcs(VpcIds=[sys.argv[2]])['Vpcs'][0]['CidrBlock'])\n"
        "    ec2.delete_vpc(VpcId=sys.argv[2])\n"
        "    print(leftovers(account))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "account"), id]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "10.0.0.0/16\n{}\n", done.stderr


def test_an_account_that_nothing_of_aws_was_made_in_is_an_empty_one(tmp_path: Path) -> None:
    saved.Account().save(tmp_path / "account")
    with account.open(tmp_path / "account") as there:
        assert leftovers(there) == {}


def test_a_security_group_without_a_name_tag_goes_by_its_own_name(aws: Aws) -> None:
    vpc, _, _ = create(aws, VPC, cidrBlock="10.0.0.0/16")
    create(aws, GROUP, vpcId=vpc, name="web", description="d", ingress=[HTTPS])
    found = network.reachability(aws.account, "ap-northeast-2")
    assert found["0.0.0.0/0", "web"] == {network.Ports("tcp", 443, 443)}


def test_tags_and_policies_that_are_taken_off_are_gone_from_the_account(aws: Aws) -> None:
    aws.configure(PROVIDER, {"region": "us-east-1"})
    bucket, role = "aws:s3/bucket:Bucket", "aws:iam/role:Role"
    id, olds, outputs = create(aws, bucket, bucket="images", tags={"team": "a"})
    aws.update(of(bucket), id, olds, {"bucket": "images"}, outputs)
    with pytest.raises(Exception, match="NoSuchTagSet"):
        aws.account.client("s3", "us-east-1").get_bucket_tagging(Bucket=id)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    inline = [{"name": "all", "policy": json.dumps(policy)}]
    id, olds, outputs = create(aws, role, name="r", assumeRolePolicy=trust, inlinePolicies=inline)
    iam = aws.account.client("iam", "us-east-1")
    assert iam.list_role_policies(RoleName=id)["PolicyNames"] == ["all"]
    aws.update(of(role), id, olds, {**olds, "inlinePolicies": [{**inline[0], "name": "other"}]}, outputs)
    assert iam.list_role_policies(RoleName=id)["PolicyNames"] == ["other"]


def test_a_deleted_nat_gateway_gives_its_address_back(aws: Aws) -> None:
    vpc, _, _ = create(aws, VPC, cidrBlock="10.0.0.0/16")
    subnet, _, _ = create(aws, SUBNET, vpcId=vpc, cidrBlock="10.0.1.0/24")
    address, _, _ = create(aws, "aws:ec2/eip:Eip", domain="vpc")
    gateway = "aws:ec2/natGateway:NatGateway"
    id, _, outputs = create(aws, gateway, subnetId=subnet, allocationId=address)
    aws.delete(of(gateway), id, outputs)
    create(aws, gateway, subnetId=subnet, allocationId=address)


def test_an_account_that_comes_back_can_be_added_to(aws: Aws) -> None:
    repository = "aws:ecr/repository:Repository"
    create(aws, repository, name="one")
    again = Aws()
    again.restore(aws.snapshot())
    adding = threading.Thread(target=create, args=(again, repository), kwargs={"name": "two"}, daemon=True)
    adding.start()
    adding.join(timeout=20)
    assert not adding.is_alive(), "a lock came back that is held by nobody"


def test_a_bucket_of_one_account_is_unknown_to_the_next() -> None:
    for _ in range(2):
        one = Aws()
        one.configure(PROVIDER, {"region": "ap-northeast-2"})
        create(one, "aws:s3/bucket:Bucket", bucket="images")
        assert one.holds() == {"buckets": 1}


def test_parameters_that_aws_publishes_are_nobodys_leftovers(aws: Aws) -> None:
    image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    found = aws.invoke("aws:ssm/getParameter:getParameter", {"name": image}, PROVIDER)
    assert found["value"].startswith("ami-")
    assert aws.holds() == {}
