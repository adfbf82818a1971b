"""Argo CD stands ready, and delivers the services where there is a repository to watch."""

from __future__ import annotations

from typing import Any

import pytest

from components.gitops import Gitops
from spec.base import in_go
from spec.gitops import Gitops as Spec
from tests.components.around import RELEASE, Around, service
from tests.recorder import Recorder, run

SET = "kubernetes:argoproj.io/v1alpha1:ApplicationSet"
REPOSITORY = {"url": "https://git.example.com/platform.git"}
SERVICES = [service("web"), service("scan", namespace="other", port=8081)]


def build(**fields: Any) -> Recorder:
    def program() -> None:
        around = Around("shop", "other")
        spec = Spec.model_validate({"engine": "argocd", **fields})
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
