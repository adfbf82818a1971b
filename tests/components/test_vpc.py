"""The network: who has which way out, and what is reachable by default."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.vpc import Vpc
from spec.network import Network
from tests.recorder import Recorder, remembered, run

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


def network(**settings: Any) -> Network:
    return Network.model_validate(
        {"region": "us-east-1", "cidr": "10.0.0.0/16", "availabilityZones": ZONES, **settings}, by_alias=True
    )


@remembered
def build(preview: bool = False, **settings: Any) -> Recorder:
    return run(lambda: Vpc("shop", network(**settings), pulumi.ResourceOptions()), preview=preview)


def default_routes(made: Recorder) -> dict[str, str]:
    """What each route table sends everything else to."""
    return {
        route.name: route.inputs.get("gatewayId") or route["natGatewayId"] for route in made.all("aws:ec2/route:Route")
    }


def test_each_tier_has_a_subnet_in_each_zone() -> None:
    subnets = build().all("aws:ec2/subnet:Subnet")
    assert {subnet.name for subnet in subnets} == {
        f"shop-{tier}-{zone}" for tier in ("public", "app", "data") for zone in ZONES
    }
    assert len({subnet["cidrBlock"] for subnet in subnets}) == len(subnets)


def test_a_nat_gateway_per_zone_serves_its_own_zone() -> None:
    made = build(natGateways="perZone")
    assert len(made.all("aws:ec2/natGateway:NatGateway")) == 3
    assert {default_routes(made)[f"shop-private-{zone}-default"] for zone in ZONES} == {
        f"shop-nat-{zone}-id" for zone in ZONES
    }


def test_a_single_nat_gateway_serves_every_zone_without_moving_a_subnet() -> None:
    single, per_zone = build(natGateways="single"), build(natGateways="perZone")
    assert {default_routes(single)[f"shop-private-{zone}-default"] for zone in ZONES} == {"shop-nat-us-east-1a-id"}
    first, second = (made.all("aws:ec2/routeTableAssociation:RouteTableAssociation") for made in (single, per_zone))
    assert {each.name: each.inputs for each in first} == {each.name: each.inputs for each in second}


def test_without_nat_gateways_only_public_subnets_have_a_way_out() -> None:
    made = build(natGateways="none")
    assert default_routes(made) == {"shop-public-default": "shop-id"}
    assert not made.all("aws:ec2/eip:Eip")


def test_the_isolated_tier_has_a_table_of_its_own_and_no_way_out() -> None:
    made = build(gatewayEndpoints=["s3", "dynamodb"])
    (table,) = {
        association["routeTableId"]
        for association in made.all("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if "-data-" in association.name
    }
    assert table not in {route["routeTableId"] for route in made.all("aws:ec2/route:Route")}
    for endpoint in made.all("aws:ec2/vpcEndpoint:VpcEndpoint"):
        assert table not in endpoint["routeTableIds"]


def test_the_default_security_group_lets_nothing_through() -> None:
    group = build().one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert not {"ingress", "egress"} & group.inputs.keys()


def test_interface_endpoints_answer_https_from_the_vpc_under_their_own_names() -> None:
    made = build(interfaceEndpoints=["ecr.api", "secretsmanager"])
    for service in ("ecr.api", "secretsmanager"):
        endpoint = made.one("aws:ec2/vpcEndpoint:VpcEndpoint", f"shop-{service}")
        assert endpoint["serviceName"] == f"com.amazonaws.us-east-1.{service}"
        assert endpoint["privateDnsEnabled"] is True
        assert endpoint["subnetIds"] == [f"shop-app-{zone}-id" for zone in ZONES]
    rule = made.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) == ("10.0.0.0/16", 443, 443)


def test_without_interface_endpoints_there_is_no_group_for_them() -> None:
    assert not build().all("aws:ec2/securityGroup:SecurityGroup")


def test_subnets_are_tagged_for_load_balancers_by_their_routing() -> None:
    made = build()
    tags = {tier: made.one("aws:ec2/subnet:Subnet", f"shop-{tier}-us-east-1a")["tags"] for tier in ("public", "app")}
    assert tags["public"]["kubernetes.io/role/elb"] == "1"
    assert tags["app"]["kubernetes.io/role/internal-elb"] == "1"


def test_flow_logs_are_kept_for_as_long_as_asked_by_a_role_that_makes_no_groups() -> None:
    made = build(flowLogs={"retentionDays": 14, "traffic": "REJECT"})
    assert made.one("aws:cloudwatch/logGroup:LogGroup")["retentionInDays"] == 14
    assert made.one("aws:ec2/flowLog:FlowLog")["trafficType"] == "REJECT"
    policy = made.one("aws:iam/rolePolicy:RolePolicy")["policy"]
    assert "logs:PutLogEvents" in policy
    assert "CreateLogGroup" not in policy
    assert '"Resource": ["*"]' not in policy


def test_flow_logs_can_be_left_out() -> None:
    made = build(flowLogs=None)
    assert not made.all("aws:ec2/flowLog:FlowLog")
    assert not made.all("aws:iam/role:Role")


def test_a_preview_shows_every_resource_of_an_up() -> None:
    settings: dict[str, Any] = {"interfaceEndpoints": ["ecr.api"]}
    assert sorted(build(preview=True, **settings).urns()) == sorted(build(**settings).urns())
    assert len(set(build(**settings).urns())) == len(build(**settings).urns())


def test_a_tier_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match="no tier cache"):
        run(lambda: Vpc("shop", network(), pulumi.ResourceOptions()).subnets("cache"))
