"""A frontend in S3: read by its distribution alone, which answers for its host."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from components.frontend.s3 import S3Frontend
from spec.frontend import S3Frontend as Spec
from tests.recorder import Recorder, run
from tests.spec.test_frontend_rules import IN_S3

BUCKET = "aws:s3/bucket:Bucket"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def build(*hosts: str, protect: bool = False, **given: Any) -> Recorder:
    spec = Spec.model_validate(IN_S3 | given)
    return run(lambda: S3Frontend("site", spec, protect=protect, hosts=hosts, opts=pulumi.ResourceOptions()))


def test_the_distribution_answers_for_the_host_and_every_path() -> None:
    made = build().one(DISTRIBUTION)
    assert made["aliases"] == ["www.example.com"]
    assert {each["errorCode"] for each in made["customErrorResponses"]} == {403, 404}
    assert not build(singlePage=False).one(DISTRIBUTION).inputs.get("customErrorResponses")


def test_the_host_is_a_name_of_the_zone_that_leads_there() -> None:
    records = build().all("aws:route53/record:Record")
    assert {(each["type"], each["name"]) for each in records if "aliases" in each.inputs} == {
        ("A", "www.example.com"),
        ("AAAA", "www.example.com"),
    }


def test_hosts_of_the_ingress_in_the_zone_lead_to_it() -> None:
    made = build("api.example.com", "grafana.example.org", ingressAddress="203.0.113.10")
    (led,) = (
        each for each in made.all("aws:route53/record:Record") if "203.0.113.10" in each.inputs.get("records", [])
    )
    assert (led["type"], led["name"]) == ("A", "api.example.com")


def test_nobody_but_the_distribution_reads_the_bucket() -> None:
    made = build()
    policy = json.loads(made.one("aws:s3/bucketPolicy:BucketPolicy")["policy"])
    allowed = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    assert [each["Principal"] for each in allowed] == [{"Service": "cloudfront.amazonaws.com"}]


def test_protection_covers_what_was_uploaded() -> None:
    assert build(protect=True).one(BUCKET).options["protect"] is True
    assert build(protect=True).one(BUCKET)["forceDestroy"] is False
