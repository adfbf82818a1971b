"""Engines that AWS runs, made in the emulated account and asked back from it with boto3."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from pulumi.runtime.mocks import MockMonitor

from components.data_tier.endpoint import Consumer
from components.secrets.contract import IN_CLUSTER
from components.security_groups import SecurityGroup
from components.vpc import Vpc
from sandbox.mocks import EmulatedMocks
from spec.load import from_file, stack_file
from spec.postgres import RdsPostgres
from spec.redis import ElastiCache
from stacks.aws_data import AwsData
from tests.recorder import run_under

pytestmark = pytest.mark.engine

RDS = {"engine": "rds", "instanceClass": "db.t4g.medium", "maxStorageGiB": 100}


@pytest.fixture(scope="module")
def cloud() -> EmulatedMocks:
    """An account with prod's network, and in it prod's cache and a database on RDS."""
    made = EmulatedMocks()
    run_under(MockMonitor(made), _engines)
    return made


def _engines() -> None:
    spec, opts = from_file(stack_file("prod")), pulumi.ResourceOptions()
    assert spec.network is not None
    assert isinstance(spec.data.redis, ElastiCache)
    vpc = Vpc("tiketi", spec.network, opts)
    nodes = SecurityGroup("nodes", "nodes", vpc.id, opts=opts)
    namespace = kubernetes.core.v1.Namespace("ticketing", metadata={"name": "ticketing"}, opts=opts).metadata["name"]
    data = AwsData("tiketi", vpc, nodes.id, None, protect=True, opts=opts)
    consumers = [Consumer("payment", namespace, frozenset({"writer"}))]
    data.redis(spec.data.redis, consumers, IN_CLUSTER)
    data.postgres(RdsPostgres.model_validate(RDS), consumers, namespace, IN_CLUSTER)


def ask(cloud: EmulatedMocks, service: str, operation: str) -> Any:
    def asked(emulator: Any) -> Any:
        return getattr(emulator.account.client(service, "us-east-1"), operation)()

    return cloud.cloud.ask("aws", asked)


def test_the_cache_has_six_shards_of_two_that_fail_over_encrypted_behind_a_token(cloud: EmulatedMocks) -> None:
    (group,) = ask(cloud, "elasticache", "describe_replication_groups")["ReplicationGroups"]
    assert len(group["NodeGroups"]) == 6
    assert {len(shard["NodeGroupMembers"]) for shard in group["NodeGroups"]} == {2}
    assert (group["AutomaticFailover"], group["MultiAZ"]) == ("enabled", "enabled")
    assert group["CacheNodeType"] == "cache.r6g.xlarge"
    assert group["TransitEncryptionEnabled"] is group["AtRestEncryptionEnabled"] is True
    assert group["AuthTokenEnabled"] is True


def test_the_cache_stands_in_the_isolated_tier_alone(cloud: EmulatedMocks) -> None:
    (group,) = ask(cloud, "elasticache", "describe_cache_subnet_groups")["CacheSubnetGroups"]
    cidrs = {subnet["SubnetId"]: subnet["CidrBlock"] for subnet in ask(cloud, "ec2", "describe_subnets")["Subnets"]}
    found = {cidrs[subnet["SubnetIdentifier"]] for subnet in group["Subnets"]}
    assert found == {"10.0.21.0/24", "10.0.22.0/24", "10.0.23.0/24"}


def test_groups_of_data_admit_the_nodes_and_let_nothing_out(cloud: EmulatedMocks) -> None:
    groups = {each["GroupName"]: each for each in ask(cloud, "ec2", "describe_security_groups")["SecurityGroups"]}
    data = {name: each for name, each in groups.items() if name.startswith(("tiketi-redis", "tiketi-postgres"))}
    (nodes,) = (each["GroupId"] for name, each in groups.items() if name.startswith("nodes"))
    for name, port in (("tiketi-redis", 6379), ("tiketi-postgres", 5432)):
        (found,) = (each for key, each in data.items() if key.startswith(name))
        (rule,) = found["IpPermissions"]
        assert (rule["FromPort"], rule["ToPort"]) == (port, port)
        assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [nodes]
        assert found["IpPermissionsEgress"] == []


def test_the_database_has_a_standby_and_is_guarded(cloud: EmulatedMocks) -> None:
    (found,) = ask(cloud, "rds", "describe_db_instances")["DBInstances"]
    assert (found["Engine"], found["MultiAZ"], found["StorageEncrypted"]) == ("postgres", True, True)
    assert found["DeletionProtection"] is True
    assert found["PreferredBackupWindow"] == "03:00-04:00"
