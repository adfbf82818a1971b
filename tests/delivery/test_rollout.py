"""What Argo CD's and Flux's objects say."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.rollout import Wanted, argo_cd, flux, watch_argo_cd, watch_cluster
from tests.delivery.conftest import Web

NEW, OLD = "a" * 40, "b" * 40


def application(**changes: Any) -> dict[str, Any]:
    status = {
        "sync": {"status": "Synced", "revisions": [NEW, NEW]},
        "health": {"status": "Healthy"},
        "operationState": {"phase": "Succeeded", "syncResult": {"revisions": [NEW, NEW]}},
        "summary": {"images": ["ghcr.io/acme/auth:1a2b3c"]},
    }
    return {"status": status | changes}


def kustomization(ready: str = "True", reason: str = "ReconciliationSucceeded", **changes: Any) -> dict[str, Any]:
    status = {
        "observedGeneration": 3,
        "conditions": [{"type": "Ready", "status": ready, "reason": reason, "message": f"said {reason}"}],
        "lastAppliedRevision": f"main@sha1:{NEW}",
        "lastAttemptedRevision": f"main@sha1:{NEW}",
    }
    return {"kind": "Kustomization", "metadata": {"generation": 3}, "status": status | changes}


@pytest.mark.parametrize(
    ("changes", "state", "said"),
    [
        ({}, "done", "Synced at aaaaaaaaaaaa"),
        ({"health": {"status": "Progressing"}}, "waiting", "Progressing"),
        ({"health": {"status": "Degraded", "message": "CrashLoopBackOff"}}, "failed", "CrashLoopBackOff"),
        ({"sync": {"status": "OutOfSync", "revision": NEW}}, "waiting", "OutOfSync"),
        ({"sync": {"status": "Synced", "revision": OLD}, "summary": {}}, "waiting", "at bbbbbbbbbbbb"),
        # Still the old version's bad health: the new one has not arrived.
        (
            {"sync": {"status": "Synced", "revision": OLD}, "health": {"status": "Degraded"}, "summary": {}},
            "waiting",
            "Degraded",
        ),
        (
            {"operationState": {"phase": "Failed", "message": "denied", "syncResult": {"revision": NEW}}},
            "failed",
            "denied",
        ),
        ({"operationState": {"phase": "Failed", "syncResult": {"revision": OLD}}}, "waiting", "Healthy"),
        ({"operationState": {"phase": "Running"}}, "waiting", "Healthy"),
    ],
)
def test_an_application_is_done_when_the_commit_is_synced_and_healthy(
    changes: dict[str, Any], state: str, said: str
) -> None:
    progress = argo_cd(application(**changes), Wanted(NEW))
    assert (progress.state, said in progress.said) == (state, True), progress


def test_the_resource_that_is_unwell_is_named() -> None:
    bad = {"kind": "Deployment", "name": "auth", "health": {"status": "Degraded", "message": "no image"}}
    assert (
        "Deployment auth: no image"
        in argo_cd(application(health={"status": "Degraded"}, resources=[bad]), Wanted(NEW)).said
    )


def test_a_later_commit_counts_where_it_runs_the_image() -> None:
    later = application(sync={"status": "Synced", "revision": "c" * 40})
    assert argo_cd(later, Wanted(NEW)).state == "waiting"
    assert argo_cd(later, Wanted(NEW, "auth:1a2b3c")).state == "done"


def test_a_synced_commit_without_the_image_is_not_done() -> None:
    assert argo_cd(application(), Wanted(NEW, "auth:other")).state == "waiting"


def test_an_application_that_was_never_compared_is_waited_for() -> None:
    assert argo_cd({}, Wanted(NEW)).state == "waiting"


@pytest.mark.parametrize(
    ("resource", "state"),
    [
        (kustomization(), "done"),
        (kustomization(observedGeneration=2), "waiting"),
        (kustomization(lastAppliedRevision=f"main@sha1:{OLD}"), "waiting"),
        (kustomization("False", "HealthCheckFailed"), "failed"),
        (kustomization("False", "HealthCheckFailed", lastAttemptedRevision=f"main@sha1:{OLD}"), "waiting"),
        (kustomization("False", "DependencyNotReady"), "waiting"),
        (kustomization("Unknown", "Progressing"), "waiting"),
        (kustomization(conditions=[{"type": "Stalled", "status": "True", "message": "no"}]), "failed"),
        ({"kind": "Kustomization", "metadata": {"generation": 1}}, "waiting"),
    ],
)
def test_a_kustomization_is_done_when_the_commit_is_applied_and_ready(resource: dict[str, Any], state: str) -> None:
    assert flux(resource, Wanted(NEW)).state == state


def test_a_helm_release_that_rolled_itself_back_has_failed() -> None:
    release = kustomization("False", "RollbackSucceeded") | {"kind": "HelmRelease"}
    assert flux(release, Wanted(NEW)).state == "failed"


@pytest.mark.parametrize(("status", "state"), [(200, "done"), (404, "waiting"), (503, "waiting"), (403, "failed")])
def test_a_server_that_is_away_is_waited_for_and_a_refusal_is_not(web: Web, status: int, state: str) -> None:
    web.routes["/api/v1/applications/auth"] = lambda _: (status, application())
    progress = watch_argo_cd(web.url, "auth", "s3cret", Wanted(NEW))()
    assert progress.state == state
    (asked,) = web.asked
    assert asked.headers["Authorization"] == "Bearer s3cret"
    assert asked.query == {"refresh": ["normal"]}
    assert "s3cret" not in progress.said


def test_no_server_is_waited_for() -> None:
    assert watch_argo_cd("http://127.0.0.1:1", "auth", "", Wanted())().state == "waiting"


@pytest.mark.parametrize(
    ("kind", "path", "answer"),
    [
        (
            "kustomization",
            "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/a",
            kustomization(),
        ),
        ("helmrelease", "/apis/helm.toolkit.fluxcd.io/v2/namespaces/flux-system/helmreleases/a", kustomization()),
        ("application", "/apis/argoproj.io/v1alpha1/namespaces/flux-system/applications/a", application()),
    ],
)
def test_objects_are_read_from_the_api_server(web: Web, kind: str, path: str, answer: Any) -> None:
    web.routes[path] = lambda _: answer
    assert watch_cluster(web.url, kind, "flux-system", "a", "", Wanted(NEW))().state == "done"
