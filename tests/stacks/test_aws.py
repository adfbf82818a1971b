"""What prod stands on, made in the emulated AWS, which refuses what AWS would."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from pulumi.runtime.mocks import MockMonitor

from components.charts import Charts
from components.data_tier.endpoint import Consumer
from components.secrets.contract import IN_CLUSTER
from sandbox.mocks import EmulatedMocks
from spec.load import from_file, stack_file
from spec.postgres import AuroraPostgres
from stacks.aws import aws_ground
from stacks.ground import Ground
from tests.recorder import run, run_under

pytestmark = pytest.mark.engine


def ground() -> Ground:
    """Make what prod stands on, and its database with two consumers."""
    spec = from_file(stack_file("prod"))
    made = aws_ground(spec, Charts())
    in_cluster = pulumi.ResourceOptions(provider=made.cluster.provider)
    namespace = kubernetes.core.v1.Namespace("ticketing", metadata={"name": "ticketing"}, opts=in_cluster)
    name = namespace.metadata["name"]
    consumers = [
        Consumer("auth", name, frozenset({"reader"})),
        Consumer("payment", name, frozenset({"writer", "reader"})),
    ]
    assert isinstance(spec.data.postgres, AuroraPostgres)
    assert made.managed_data is not None
    made.managed_data.postgres(spec.data.postgres, consumers, name, IN_CLUSTER)
    made.managed_data.redis(spec.data.redis, consumers, IN_CLUSTER)
    return made


@pytest.mark.parametrize("preview", [True, False])
def test_aws_takes_everything_that_prod_stands_on(preview: bool) -> None:
    cloud = EmulatedMocks(preview)
    run_under(MockMonitor(cloud), ground, preview=preview)
    kinds = {registered.typ for registered in cloud.registered}
    assert {"aws:eks/cluster:Cluster", "aws:rds/cluster:Cluster", "aws:lb/loadBalancer:LoadBalancer"} <= kinds


def test_a_preview_shows_every_resource_of_an_up_once() -> None:
    preview, up = run(ground, preview=True).urns(), run(ground).urns()
    assert sorted(preview) == sorted(up)
    assert len(set(up)) == len(up)


def test_every_resource_of_aws_is_made_by_the_platforms_own_provider() -> None:
    providers = {r.provider.split("::")[-2] for r in run(ground) if r.type.startswith("aws:")}
    assert providers == {"aws"}


def test_everything_in_the_cluster_is_made_through_the_clusters_provider() -> None:
    made = run(ground)
    providers = {r.provider.split("::")[-2] for r in made if r.type.startswith("kubernetes:")}
    assert providers == {"tiketi"}


def test_the_database_and_the_cache_admit_the_nodes_and_the_balancer_reaches_them() -> None:
    made = run(ground)
    rules = made.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    admitted = {
        (rule["referencedSecurityGroupId"], rule["fromPort"])
        for rule in rules
        if "referencedSecurityGroupId" in rule.inputs
    }
    nodes, balancer, bastion = "sg-cluster", "tiketi-edge-balancer-id", "tiketi-bastion-id"
    assert admitted == {(nodes, 5432), (bastion, 5432), (nodes, 6379), (balancer, 80), (balancer, 3010)}


def test_outputs_tell_where_to_delegate_the_domain() -> None:
    grounds: list[Ground] = []
    run(lambda: grounds.append(ground()))
    assert {"nameServers", "pushRole", "repositories", "vpcId"} == grounds[0].outputs.keys()
    assert grounds[0].url("grafana.tiketi.gg") == "https://grafana.tiketi.gg"
