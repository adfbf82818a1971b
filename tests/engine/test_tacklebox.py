"""An API on a cluster that somebody else runs, from nothing to nothing, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.lifecycle import Change, Lifecycle

pytestmark = pytest.mark.engine

STACK = "tacklebox"
REPOSITORY = {"url": "https://github.com/example/tacklebox-services.git"}
FLUX = {
    *("Flux::flux", "Namespace::flux-system", "NetworkPolicy::flux-system-default-deny", "NetworkPolicy::flux"),
    *("Release::flux", "PrometheusRule::alerts-flux"),
    *("GitRepository::flux-source", "Kustomization::flux-services"),
    *("FluxRights::flux", "ClusterRole::flux-releases", "ClusterRole::flux-workloads", "ServiceAccount::flux-delivery"),
    *("RoleBinding::flux-backend-apply", "RoleBinding::flux-backend-install"),
    "ServiceAccount::flux-backend-delivery",
    *("Provider::flux-slack", "Alert::flux-delivered", "Alert::flux-failed"),
    "ConfigMap::dashboard-flux",
}
ARGOCD = {
    *("Gitops::argocd", "Namespace::argocd", "NetworkPolicy::argocd-default-deny", "NetworkPolicy::argocd"),
    *("NetworkPolicy::argocd-server", "RandomPassword::argocd", "Release::argocd", "PrometheusRule::alerts-argocd"),
    *("Applications::argocd", "AppProject::argocd-services-project", "ApplicationSet::argocd-services"),
    "ConfigMap::dashboard-argocd",
}


class TestTacklebox(Lifecycle):
    """The delivered branch, a quota, the engine of GitOps, a disk: each touches itself alone; an image, nothing."""

    CHANGES = [
        # What runs is the repository's to say.
        Change("services.0.image", {"repository": "ghcr.io/stefanprodan/podinfo", "tag": "6.9.1"}),
        Change("gitops.repository.revision", "release", updated={"GitRepository::flux-source"}),
        Change(
            "security.quota.persistentVolumeClaims",
            8,
            updated={"ResourceQuota::backend-quota", "ResourceQuota::monitoring-quota"},
        ),
        Change("gitops", {"engine": "argocd", "repository": REPOSITORY}, created=ARGOCD, deleted=FLUX),
        Change("observability.grafana.storage", "4Gi", updated={"Release::kps"}),
    ]
