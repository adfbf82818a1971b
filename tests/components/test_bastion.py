"""The bastion: who comes to it, and where it goes."""

from __future__ import annotations

from typing import Any

import pulumi

from components.bastion import Bastion
from components.vpc import Vpc
from spec.bastion import Bastion as Spec
from spec.network import Network
from tests.recorder import Recorder, remembered, run

NETWORK = {"region": "us-east-1", "cidr": "10.0.0.0/16", "availabilityZones": ["us-east-1a", "us-east-1b"]}
INSTANCE = "aws:ec2/instance:Instance"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


@remembered
def build(*, preview: bool = False, **settings: Any) -> Recorder:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        vpc = Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts)
        made = Bastion("shop-bastion", Spec.model_validate(settings, by_alias=True), vpc, opts)
        made.reach("postgres", 5432, "sg-postgres")

    return run(program, preview=preview)


def test_without_ssh_no_port_is_open_and_the_machine_has_no_public_address() -> None:
    made = build()
    assert made.all(INGRESS) == []
    machine = made.one(INSTANCE)
    assert (machine["subnetId"], machine["associatePublicIpAddress"]) == ("shop-app-us-east-1a-id", False)


def test_ssh_is_open_to_the_named_networks_alone() -> None:
    made = build(sshCidrs=["203.0.113.0/24"], keyName="office")
    (rule,) = made.all(INGRESS)
    assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) == ("203.0.113.0/24", 22, 22)
    machine = made.one(INSTANCE)
    assert (machine["subnetId"], machine["keyName"]) == ("shop-public-us-east-1a-id", "office")


def test_session_manager_is_the_way_in() -> None:
    attached = {each["policyArn"] for each in build().all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")}
    assert "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" in attached


def test_it_goes_where_it_is_let_and_to_https() -> None:
    out = {(rule["fromPort"], rule.inputs.get("referencedSecurityGroupId")) for rule in build().all(EGRESS)}
    assert out == {(443, None), (5432, "sg-postgres")}


def test_its_image_fits_its_processor_and_a_newer_one_does_not_replace_it() -> None:
    made = build(instanceType="t4g.micro")
    names = [arguments["name"] for token, arguments in made.invoked if token.endswith("getParameter")]
    assert [name.rpartition("-")[2] for name in names] == ["arm64"]
    assert made.one(INSTANCE).options["ignoreChanges"] == ["ami"]


def test_its_credentials_and_disk_are_kept_safe() -> None:
    machine = build().one(INSTANCE)
    assert machine["metadataOptions.httpTokens"] == "required"
    assert machine["rootBlockDevice.encrypted"] is True


def test_a_preview_shows_every_resource_of_an_up() -> None:
    assert sorted(build(preview=True).urns()) == sorted(build().urns())
