"""What Argo CD is told of a service, whether by the program or by the repository itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spec.gitops import Manifests

API_VERSION = "argoproj.io/v1alpha1"
# An Application with it goes only after what it delivered.
# https://argo-cd.readthedocs.io/en/stable/user-guide/app_deletion/#about-the-deletion-finalizer
FINALIZER = "resources-finalizer.argocd.argoproj.io/foreground"
CLUSTER = "https://kubernetes.default.svc"
"""The cluster that Argo CD itself runs in."""
PROJECT = "services"
"""The AppProject of the services: what may come from the repository, and where it may go."""
WAVE = "argocd.argoproj.io/sync-wave"

# What drifts is put right, and what left the repository goes. The cluster's API server merges: what others own of an
# object, such as an autoscaler's replicas, stays theirs. A failed sync is tried again for some minutes, as what a
# service needs may still be on its way.
SYNC_POLICY: Mapping[str, Any] = {
    "automated": {"prune": True, "selfHeal": True},
    "syncOptions": ["ServerSideApply=true", "CreateNamespace=false"],
    "retry": {"limit": 5, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}},
}


def folder(path: str) -> str:
    """Return a folder of the repository as Git names it: without a slash at either end, empty for the root."""
    return path.strip("/")


def below(path: str, *parts: str) -> str:
    """Return a path of the repository below a folder of it."""
    return "/".join(part for part in (folder(path), *parts) if part)


def application(
    *, url: str, revision: str, path: str, manifests: Manifests, service: str, namespace: str
) -> dict[str, Any]:
    """Return the spec of a service's Application; ``path`` is the folder of the layout in the repository.

    ``service`` and ``namespace`` may be templates of an ApplicationSet.
    """
    own = below(path, "services", namespace, service)
    helm = {"releaseName": service, "valueFiles": [f"/{own}/values.yaml"]}  # a leading slash is the repository's root
    source = {"path": below(path, "charts/service"), "helm": helm} if manifests == "helm" else {"path": own}
    return {
        "project": PROJECT,
        "destination": {"server": CLUSTER, "namespace": namespace},
        "source": {"repoURL": url, "targetRevision": revision, **source},
        "syncPolicy": dict(SYNC_POLICY),
    }
