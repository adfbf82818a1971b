"""Argo CD stands ready, and delivers the services where there is a repository to watch."""

from __future__ import annotations

from typing import Any

import pytest

from components.gitops import Gitops, seconds
from spec.parts import Gitops as Spec
from tests.components.around import RELEASE, Around, service
from tests.recorder import Recorder, run

SET = "kubernetes:argoproj.io/v1alpha1:ApplicationSet"
REPOSITORY = {"url": "https://git.example.com/platform.git"}
SERVICES = [service("web"), service("scan", namespace="other", port=8081)]


def build(**fields: Any) -> Recorder:
    def program() -> None:
        around = Around("shop", "other")
        spec = Spec.model_validate({"engine": "argocd", **fields})
        Gitops("argocd", spec, SERVICES, ingress=around.ingress(), **around.common)

    hashed = {"random:index/randomPassword:RandomPassword": lambda _: {"bcryptHash": "$2a$10$hash"}}
    return run(program, outputs=hashed)


def test_without_a_repository_it_delivers_nothing():
    assert not build().all(SET)


def test_every_service_becomes_an_application_from_the_chart_and_its_own_values():
    made = build(repository=REPOSITORY)
    spec = made.one(SET)["spec"]
    assert spec["generators"][0]["list"]["elements"] == [
        {"service": "web", "namespace": "shop"},
        {"service": "scan", "namespace": "other"},
    ]
    chart, values = spec["template"]["spec"]["sources"]
    assert chart["path"] == "charts/service"
    assert chart["helm"]["valueFiles"] == ["$values/services/{{.service}}/values.yaml"]
    assert values["ref"] == "values"
    assert made.one(RELEASE, "argocd").urn in made.one(SET).dependencies


def test_what_is_changed_or_left_over_in_the_cluster_is_put_right():
    policy = build(repository=REPOSITORY).one(SET)["spec.template.spec.syncPolicy"]
    assert policy["automated"] == {"prune": True, "selfHeal": True}


@pytest.mark.parametrize(("given", "read"), [("90s", "90s"), ("3m", "180s"), ("2h", "7200s"), ("1d", "86400s")])
def test_the_interval_is_written_as_go_reads_it(given: str, read: str):
    assert seconds(given) == read
    values = build(reconciliation=given).one(RELEASE, "argocd")["values"]
    assert values["configs"]["cm"] == {"timeout.reconciliation": read}


def test_its_interface_is_offered_only_where_it_has_a_host():
    assert "ingress" not in build().one(RELEASE, "argocd")["values.server"]
    server = build(host="argocd.example.com").one(RELEASE, "argocd")["values.server"]
    assert server["ingress"]["hostname"] == "argocd.example.com"


def test_the_password_is_generated_and_arrives_as_a_hash_that_is_secret():
    release = build().one(RELEASE, "argocd")
    assert release["values.configs.secret"] == {"argocdServerAdminPassword": "$2a$10$hash"}
    assert any(path.startswith("values") for path in release.secrets)
