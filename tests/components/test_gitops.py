"""Argo CD stands ready, and delivers the services where there is a repository to watch."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from components.gitops import Gitops
from spec.base import in_go
from spec.gitops import ArgoCd as Spec
from tests.components.around import POLICY, RELEASE, SECRET, Around, service
from tests.recorder import Recorder, remembered, run

SET = "kubernetes:argoproj.io/v1alpha1:ApplicationSet"
REPOSITORY = {"url": "https://git.example.com/platform.git"}
SERVICES = [service("web"), service("scan", namespace="other", port=8081)]


@remembered
def build(**fields: Any) -> Recorder:
    def program() -> None:
        around = Around("shop", "other")
        spec = Spec.model_validate({"engine": "argocd", **fields}, by_alias=True)
        after = [around.scraping.crds] if around.scraping else []
        Gitops("argocd", spec, SERVICES, ingress=around.ingress(), after=after, **around.common)

    hashed = {"random:index/randomPassword:RandomPassword": lambda _: {"bcryptHash": "$2a$10$hash"}}
    return run(program, outputs=hashed)


def test_without_a_repository_it_delivers_nothing():
    assert not build().all(SET)


def test_the_services_come_once_argo_cd_and_what_they_stand_on_are_there_and_go_before_them():
    made = build(repository=REPOSITORY)
    urns = {made.one(RELEASE, "argocd").urn, made.one(RELEASE, "scraping-crds").urn}
    assert urns <= made.one(SET).dependencies


@pytest.mark.parametrize(("given", "read"), [("90s", "90s"), ("3m", "180s"), ("2h", "7200s"), ("1d", "86400s")])
def test_the_interval_is_written_as_go_reads_it(given: str, read: str):
    assert in_go(given) == read
    values = build(reconciliation=given).one(RELEASE, "argocd")["values"]
    assert values["configs"]["cm"]["timeout.reconciliation"] == read


def test_its_interface_is_offered_only_where_it_has_a_host():
    assert "ingress" not in build().one(RELEASE, "argocd")["values.server"]
    server = build(host="argocd.example.com").one(RELEASE, "argocd")["values.server"]
    assert server["ingress"]["hostname"] == "argocd.example.com"


def test_the_password_is_generated_and_arrives_as_a_hash_that_is_secret():
    release = build().one(RELEASE, "argocd")
    assert release["values.configs.secret"] == {"argocdServerAdminPassword": "$2a$10$hash"}
    assert any(path.startswith("values") for path in release.secrets)


def test_slack_is_told_of_what_was_delivered_what_was_not_and_what_fell_ill():
    slack = {"channel": "#deployments", "token": "xoxb-1"}
    made = build(notifications={"slack": slack})
    values = made.one(RELEASE, "argocd")["values.notifications"]
    secret = made.one(SECRET, "argocd-slack-token")
    assert values["secret"] == {"create": False, "name": secret["metadata.name"]}
    assert secret["stringData"] == {"token": "xoxb-1"}
    assert yaml.safe_load(values["notifiers"]["service.slack"]) == {"token": "$token"}
    (subscription,) = values["subscriptions"]
    assert subscription["recipients"] == ["slack:deployments"]
    for name in subscription["triggers"]:
        (trigger,) = yaml.safe_load(values["triggers"][f"trigger.{name}"])
        assert trigger["send"] == [name]
        assert "{{.app.metadata.name}}" in yaml.safe_load(values["templates"][f"template.{name}"])["message"]
    assert "xoxb-1" not in str(values)
    assert values["resources"]


def test_its_machines_for_ssh_are_those_that_the_repository_s_are_known_by():
    key = {"privateKey": "-----BEGIN", "knownHosts": "git.example.com ssh-ed25519 AAAA"}
    repository = {"url": "ssh://git@git.example.com/a/b", "credentials": key}
    values = build(repository=repository).one(RELEASE, "argocd")["values.configs"]
    assert values["ssh"] == {"extraHosts": key["knownHosts"]}
    assert "ssh" not in build(repository=REPOSITORY).one(RELEASE, "argocd")["values.configs"]


def test_it_reaches_the_api_server_for_as_long_as_it_is_there():
    made = build(repository=REPOSITORY)
    assert made.one(POLICY, "argocd").urn in made.one(RELEASE, "argocd").dependencies
