"""A service that may do something in AWS is somebody there, whoever delivers it."""

from __future__ import annotations

import json
from typing import Any

from components.app_services import AppServices, Surroundings
from components.service_identities import ServiceIdentities
from tests.components.around import RELEASE, Around, service
from tests.recorder import Recorder, run

ACCOUNT = "kubernetes:core/v1:ServiceAccount"
PERMISSIONS = [
    {"actions": ["s3:GetObject"], "buckets": ["files"]},
    {"actions": ["cloudwatch:PutMetricData"], "resources": ["*"]},
]
SERVICES = (service("uploads", permissions=PERMISSIONS), service("web"))


def build() -> Recorder:
    def program() -> None:
        around = Around("shop")
        opts = around.common["opts"]
        arns = {"files": "arn:aws:s3:::files"}
        made = ServiceIdentities(
            "identities", SERVICES, arns, cluster=around.cluster, namespaces=around.namespaces, opts=opts
        )
        surroundings = Surroundings(SERVICES, around.ingress(), identities=made.identities)
        AppServices("services", SERVICES, surroundings, namespaces=around.namespaces, opts=opts)

    return run(program)


def test_it_may_do_what_it_is_permitted_to_buckets_by_their_names_and_nothing_else() -> None:
    account = build().one(ACCOUNT, "service-uploads")
    assert account["metadata.name"] == "uploads"
    allowed: list[Any] = json.loads(account["metadata"]["annotations"]["may"])["Statement"]
    assert [(each["Action"], each["Resource"]) for each in allowed] == [
        (["s3:GetObject"], ["arn:aws:s3:::files", "arn:aws:s3:::files/*"]),
        (["cloudwatch:PutMetricData"], ["*"]),
    ]


def test_who_is_permitted_nothing_is_nobody() -> None:
    made = build()
    assert [each.name for each in made.all(ACCOUNT)] == ["service-uploads"]
    values = made.one(RELEASE, "web")["values"]
    assert "serviceAccount" not in values


def test_its_release_makes_no_second_account_and_starts_after_the_first() -> None:
    made = build()
    release = made.one(RELEASE, "uploads")
    assert release["values"]["serviceAccount"] == {"create": False}
    assert any(each.endswith("ServiceAccount::service-uploads") for each in release.dependencies)


def test_its_pods_are_let_out_to_whoever_gives_credentials() -> None:
    egress = build().one(RELEASE, "uploads")["values"]["networkPolicy"]["egress"]
    assert {"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}], "ports": [80]} in egress


def test_an_account_that_somebody_else_made_before_is_not_taken_away_by_them() -> None:
    annotations = build().one(ACCOUNT, "service-uploads")["metadata"]["annotations"]
    assert annotations["helm.sh/resource-policy"] == "keep"
    assert annotations["argocd.argoproj.io/sync-options"] == "Prune=false"
