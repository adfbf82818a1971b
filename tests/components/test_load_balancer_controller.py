"""The load balancer controller fills target groups, and has no right to do anything else."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from components.charts import Charts
from components.cluster.contract import Identity
from components.load_balancer_controller import LoadBalancerController
from tests.recorder import Recorder, run

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/1"


class AnyCluster:
    """Keeps the policies that identities were asked for."""

    def __init__(self) -> None:
        self.policies: list[pulumi.Input[str]] = []

    def identity_for(self, name: str, namespace: Any, service_account: str, policy: Any, opts: Any) -> Identity:
        self.policies.append(policy)
        return Identity({"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/controller"})


def build() -> tuple[Recorder, list[dict[str, Any]]]:
    statements: list[dict[str, Any]] = []

    def program() -> None:
        cluster = AnyCluster()
        LoadBalancerController(
            "controller",
            cluster,  # type: ignore[arg-type]
            Charts(),
            cluster_name="shop",
            region="us-east-1",
            vpc_id="vpc-1",
            target_group_arns=[ARN],
            opts=pulumi.ResourceOptions(),
        )
        for policy in cluster.policies:
            pulumi.Output.from_input(policy).apply(lambda text: statements.extend(json.loads(text)["Statement"]))

    return run(program), statements


def test_it_may_change_the_given_target_groups_and_only_read_beyond() -> None:
    _, statements = build()
    for statement in statements:
        reads_only = all(action.split(":")[1].startswith("Describe") for action in statement["Action"])
        assert reads_only or statement["Resource"] == [ARN]


def test_it_is_told_what_it_could_only_ask_the_metadata_service() -> None:
    values = build()[0].one("kubernetes:helm.sh/v3:Release")["values"]
    assert (values["clusterName"], values["region"], values["vpcId"]) == ("shop", "us-east-1", "vpc-1")


def test_it_claims_no_service_and_keeps_its_certificate() -> None:
    values = build()[0].one("kubernetes:helm.sh/v3:Release")["values"]
    assert values["enableServiceMutatorWebhook"] is False
    assert values["keepTLSSecret"] is True
