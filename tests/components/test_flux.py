"""Flux delivers what the repository has of services, as somebody who may do just that."""

from __future__ import annotations

from typing import Any

import pytest

from components.flux import Flux
from spec.gitops import Flux as Spec
from tests.components.around import POLICY, RELEASE, SECRET, Around, service
from tests.recorder import Recorder, remembered, run

SOURCE = "kubernetes:source.toolkit.fluxcd.io/v1:GitRepository"
APPLIED = "kubernetes:kustomize.toolkit.fluxcd.io/v1:Kustomization"
ALERT = "kubernetes:notification.toolkit.fluxcd.io/v1beta3:Alert"
PROVIDER = "kubernetes:notification.toolkit.fluxcd.io/v1beta3:Provider"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
SERVICES = [service("web"), service("scan", namespace="other", port=8081), service("api", port=8082)]
URL = "https://git.example.com/platform"


@remembered
def build(*, repository: dict[str, Any] | None = None, scraped: bool = True, **fields: Any) -> Recorder:
    def program() -> None:
        around = Around("shop", "other", scraped=scraped)
        given = {"engine": "flux", "repository": {"url": URL, **(repository or {})}, **fields}
        after = [around.scraping.crds] if around.scraping else []
        Flux("flux", Spec.model_validate(given), SERVICES, after=after, **around.common)

    return run(program)


def test_the_repository_is_looked_at_as_often_as_told_and_put_right_as_often():
    made = build(reconciliation="2m", repository={"revision": "live"})
    assert made.one(SOURCE)["spec"] == {
        "url": URL,
        "ref": {"branch": "live"},
        "interval": "120s",
        "timeout": "60s",
    }
    applied = made.one(APPLIED)["spec"]
    assert applied["interval"] == "120s"
    assert (applied["prune"], applied["wait"]) == (True, True)
    assert applied["sourceRef"] == {"kind": "GitRepository", "name": made.one(SOURCE)["metadata.name"]}


@pytest.mark.parametrize(("path", "found"), [("/", "./services"), ("/platforms/shop", "./platforms/shop/services")])
def test_services_are_found_below_the_repository_s_folder(path: str, found: str):
    assert build(repository={"path": path}).one(APPLIED)["spec.path"] == found


def test_services_come_once_what_they_stand_on_is_there_and_go_before_flux_goes():
    made = build()
    applied = made.one(APPLIED)
    needs = {made.one(RELEASE, "scraping-crds").urn, made.one(SOURCE).urn, *(each.urn for each in made.all(BINDING))}
    assert needs <= applied.dependencies
    assert applied["spec.deletionPolicy"] == "WaitForTermination"
    assert made.one(RELEASE, "flux").urn in made.one(SOURCE).dependencies
    # Without the policy its controllers reach no API server, and take nobody's finalizers off.
    assert made.one(POLICY, "flux").urn in made.one(RELEASE, "flux").dependencies


def test_controllers_have_no_rights_of_their_own():
    values = build().one(RELEASE, "flux")["values"]
    assert values["multitenancy"] == {"enabled": True, "privileged": False, "defaultServiceAccount": "delivery"}


def test_it_may_change_workloads_of_the_services_namespaces_and_nothing_else():
    made = build()
    assert made.one(APPLIED)["spec.serviceAccountName"] == "delivery"
    assert {each["metadata.namespace"] for each in made.all(ACCOUNT)} == {"flux-system", "shop", "other"}
    bound = {
        (each["metadata.namespace"], each["subjects.0.namespace"], each["roleRef.name"]) for each in made.all(BINDING)
    }
    assert bound == {
        *((namespace, "flux-system", "flux-releases") for namespace in ("shop", "other")),
        *((namespace, namespace, "flux-workloads") for namespace in ("shop", "other")),
    }
    may = {
        resource
        for role in made.all(ROLE)
        for rule in role["rules"]
        for resource in rule["resources"]
        if set(rule["verbs"]) - {"get", "list", "watch"}
    }
    assert "deployments" in may
    assert not may & {"resourcequotas", "limitranges", "roles", "rolebindings", "namespaces", "pods", "*"}


def test_plain_manifests_are_applied_without_helm_and_without_secrets():
    made = build(repository={"manifests": "kustomize"})
    assert {each["metadata.namespace"] for each in made.all(ACCOUNT)} == {"flux-system"}
    (role,) = made.all(ROLE)
    assert not any("secrets" in rule["resources"] for rule in role["rules"])
    assert {each["subjects.0.namespace"] for each in made.all(BINDING)} == {"flux-system"}


def test_every_container_says_what_it_takes():
    values = build().one(RELEASE, "flux")["values"]
    on = [part for part in values.values() if part.get("create", True) and "resources" in part]
    assert len(on) == 5
    assert all(part["resources"].keys() == {"requests", "limits"} for part in on)


def test_it_is_scraped_where_somebody_scrapes():
    assert build().one(RELEASE, "flux")["values.prometheus.podMonitor"] == {"create": True}
    assert build(scraped=False).one(RELEASE, "flux")["values.prometheus.podMonitor"] == {"create": False}


def test_nobody_from_outside_its_namespace_reaches_it_but_prometheus():
    rules = build().one(POLICY, "flux")["spec.ingress"]
    assert rules[0] == {"from": [{"podSelector": {"matchLabels": {}}}]}
    assert [port["port"] for port in rules[1]["ports"]] == [8080]


def test_slack_hears_of_every_release_and_of_a_repository_that_fails():
    made = build(notifications={"slack": {"channel": "#deployments", "token": "xoxb-1"}})
    provider = made.one(PROVIDER)["spec"]
    secret = made.one(SECRET, "flux-slack-token")
    assert (provider["type"], provider["channel"]) == ("slack", "deployments")
    assert provider["secretRef"]["name"] == secret["metadata.name"]
    assert secret["stringData"] == {"token": "xoxb-1"}
    assert any(path.startswith("stringData") for path in secret.secrets)
    alerts = {each["metadata.name"]: each["spec"] for each in made.all(ALERT)}
    assert alerts["delivered"]["eventSeverity"] == "info"
    assert [each["namespace"] for each in alerts["delivered"]["eventSources"]] == ["other", "shop"]
    assert {each["kind"] for each in alerts["failed"]["eventSources"]} == {"GitRepository", "Kustomization"}


def test_the_bot_s_secret_may_be_somebody_else_s():
    made = build(notifications={"slack": {"channel": "#deployments", "existingSecret": "slack-bot"}})
    assert made.one(PROVIDER)["spec.secretRef.name"] == "slack-bot"
    assert not made.all(SECRET)


def test_without_notifications_nobody_is_told():
    assert not build().all(ALERT)
