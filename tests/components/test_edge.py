"""The edge: names, the certificate for them, and what may talk to what."""

from __future__ import annotations

from typing import Any

import pulumi

from components.edge import Edge, certified
from components.http_ingress import Answer
from components.vpc import Vpc
from spec.network import Network
from spec.parts import Edge as Spec
from tests.recorder import Recorder, run

NETWORK = {"region": "us-east-1", "cidr": "10.0.0.0/16", "availabilityZones": ["us-east-1a", "us-east-1b"]}
LISTENER = "aws:lb/listener:Listener"
RECORD = "aws:route53/record:Record"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def build(
    *hosts: str, preview: bool = False, instances: Any = None, protect: bool = False, **settings: Any
) -> Recorder:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        Edge(
            "shop",
            Spec.model_validate({"zone": "shop.io", **settings}, by_alias=True),
            hosts,
            Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts),
            targets="sg-pods",
            answer=Answer(8080, 8081, "/healthy"),
            instances=instances,
            protect=protect,
            opts=opts,
        )

    return run(program, preview=preview)


def test_a_wildcard_certifies_one_label_and_deeper_hosts_are_named() -> None:
    assert certified("shop.io", ["shop.io", "api.shop.io"]) == ["*.shop.io"]
    assert certified("shop.io", ["v1.api.shop.io"]) == ["*.shop.io", "v1.api.shop.io"]


def test_the_wildcard_shares_the_record_that_proves_the_zone() -> None:
    proofs = [record for record in build("api.shop.io").all(RECORD) if record["type"] == "CNAME"]
    assert [proof.name for proof in proofs] == ["shop-proof-shop.io"]


def test_a_host_too_deep_for_the_wildcard_is_proved_by_itself() -> None:
    made = build("v1.api.shop.io")
    assert made.one(RECORD, "shop-proof-v1.api.shop.io")["name"] == "_proof.v1.api.shop.io."


def test_every_host_leads_to_the_load_balancer_once() -> None:
    made = build("api.shop.io", "www.shop.io", hosts=["www.shop.io"])
    aliases = {record["name"]: record["aliases.0.name"] for record in made.all(RECORD, type="A")}
    assert aliases == dict.fromkeys(("api.shop.io", "www.shop.io"), "shop.elb.amazonaws.com")


def test_https_is_served_with_a_certificate_that_has_been_issued() -> None:
    made = build()
    listener = made.one(LISTENER, "shop-https")
    assert "TLS13" in listener["sslPolicy"]
    issued = made.one("aws:acm/certificateValidation:CertificateValidation")
    assert issued.urn in listener.dependencies


def test_plain_http_is_sent_on_to_https() -> None:
    action = build().one(LISTENER, "shop-http")["defaultActions"][0]
    assert (action["type"], action["redirect"]["protocol"]) == ("redirect", "HTTPS")


def test_the_load_balancer_admits_the_named_networks_and_reaches_the_targets_alone() -> None:
    made = build(accessCidrs=["203.0.113.0/24"])
    admitted = {(rule["cidrIpv4"], rule["fromPort"]) for rule in made.all(INGRESS) if "cidrIpv4" in rule.inputs}
    assert admitted == {("203.0.113.0/24", 80), ("203.0.113.0/24", 443)}
    out = {(rule["referencedSecurityGroupId"], rule["fromPort"]) for rule in made.all(EGRESS)}
    assert out == {("sg-pods", 8080), ("sg-pods", 8081)}
    into = made.all(INGRESS, securityGroupId="sg-pods")
    assert {(rule["referencedSecurityGroupId"], rule["fromPort"]) for rule in into} == {
        ("shop-balancer-id", 8080),
        ("shop-balancer-id", 8081),
    }


def test_health_is_asked_where_the_controller_answers_it() -> None:
    check = build().one("aws:lb/targetGroup:TargetGroup")["healthCheck"]
    assert (check["path"], check["port"]) == ("/healthy", "8081")


def test_pods_register_by_address_and_machines_by_id() -> None:
    group = "aws:lb/targetGroup:TargetGroup"
    attachment = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
    assert build().one(group)["targetType"] == "ip"
    on_machines = build(instances={"api-0": "i-1", "api-1": "i-2"})
    assert on_machines.one(group)["targetType"] == "instance"
    assert {a["targetId"] for a in on_machines.all(attachment)} == {"i-1", "i-2"}


def test_the_zone_is_not_emptied_by_force_and_protection_covers_the_balancer() -> None:
    made = build(protect=True)
    assert made.one("aws:route53/zone:Zone")["forceDestroy"] is False
    assert made.one("aws:lb/loadBalancer:LoadBalancer")["enableDeletionProtection"] is True


def test_a_preview_shows_every_resource_of_an_up() -> None:
    hosts = ("api.shop.io", "v1.api.shop.io")
    assert sorted(build(*hosts, preview=True).urns()) == sorted(build(*hosts).urns())
