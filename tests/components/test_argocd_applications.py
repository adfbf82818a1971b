"""Argo CD delivers what the repository has of services, where they belong, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from components.argocd_applications import Applications
from spec.gitops import ArgoCdSource
from tests.components.around import Around
from tests.recorder import Recorder, Registered, remembered, run

API = "kubernetes:argoproj.io/v1alpha1"
URL = "https://git.example.com/platform"


@remembered
def build(**repository: Any) -> Recorder:
    def program() -> None:
        opts = Around("shop", "other").common["opts"]
        spec = ArgoCdSource.model_validate({"url": URL, **repository}, by_alias=True)
        Applications("argocd", spec, ["shop", "other"], namespace="argocd", reconciliation="3m", opts=opts)

    return run(program)


def project(made: Recorder, name: str) -> Registered:
    return next(each for each in made.all(f"{API}:AppProject") if each["metadata.name"] == name)


def test_every_folder_of_a_service_becomes_an_application_of_its_namespace():
    spec = build().one(f"{API}:ApplicationSet")["spec"]
    (generator,) = spec["generators"]
    assert generator["git"]["directories"] == [{"path": "services/*/*"}]
    assert generator["git"]["requeueAfterSeconds"] == 180
    made = spec["template"]["spec"]
    assert made["destination"]["namespace"] == "{{index .path.segments 1}}"
    assert made["source"]["path"] == "charts/service"
    assert made["source"]["helm"] == {
        "releaseName": "{{.path.basename}}",
        "valueFiles": ["/services/{{index .path.segments 1}}/{{.path.basename}}/values.yaml"],
    }


def test_in_a_folder_of_the_repository_the_namespace_is_found_further_in():
    spec = build(path="/platforms/shop").one(f"{API}:ApplicationSet")["spec"]
    assert spec["generators"][0]["git"]["directories"] == [{"path": "platforms/shop/services/*/*"}]
    made = spec["template"]["spec"]
    # platforms, shop, services, and then it.
    assert made["destination"]["namespace"] == "{{index .path.segments 3}}"
    assert made["source"]["path"] == "platforms/shop/charts/service"


def test_plain_manifests_come_from_the_service_s_own_folder():
    source = build(manifests="kustomize").one(f"{API}:ApplicationSet")["spec.template.spec.source"]
    assert source["path"] == "services/{{index .path.segments 1}}/{{.path.basename}}"
    assert "helm" not in source


@pytest.mark.parametrize("layout", ["applicationSet", "appOfApps"])
def test_services_are_workloads_of_their_namespaces_from_their_repository(layout: str):
    spec = project(build(layout=layout), "services")["spec"]
    assert spec["sourceRepos"] == [URL]
    assert [each["namespace"] for each in spec["destinations"]] == ["shop", "other"]
    assert spec["clusterResourceWhitelist"] == []
    assert {"Secret", "ResourceQuota", "RoleBinding"} <= {each["kind"] for each in spec["namespaceResourceBlacklist"]}


def test_an_app_of_apps_applies_applications_and_may_apply_nothing_else():
    made = build(layout="appOfApps")
    root = made.one(f"{API}:Application")
    assert root["spec.source.path"] == "apps"
    assert root["spec.syncPolicy.automated"] == {"prune": True, "selfHeal": True}
    own = project(made, root["spec.project"])["spec"]
    assert own["namespaceResourceWhitelist"] == [{"group": "argoproj.io", "kind": "Application"}]
    assert [each["namespace"] for each in own["destinations"]] == ["argocd"]
    assert {each.urn for each in made.all(f"{API}:AppProject")} <= root.dependencies


def test_what_was_delivered_is_gone_before_argo_cd_goes():
    delivered = build().one(f"{API}:ApplicationSet")
    assert delivered["metadata.annotations"] == {"pulumi.com/deletionPropagationPolicy": "foreground"}
    finalizers = ["resources-finalizer.argocd.argoproj.io/foreground"]
    assert delivered["spec.template.metadata.finalizers"] == finalizers
    assert build(layout="appOfApps").one(f"{API}:Application")["metadata.finalizers"] == finalizers


def test_nothing_changes_by_hand_for_long():
    policy = build().one(f"{API}:ApplicationSet")["spec.template.spec.syncPolicy"]
    assert policy["automated"] == {"prune": True, "selfHeal": True}
    assert "CreateNamespace=false" in policy["syncOptions"]
