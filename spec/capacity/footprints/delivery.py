"""GitOps."""

from __future__ import annotations

from collections.abc import Iterator

from spec.capacity.workloads import Workload, container, rolling
from spec.gitops import ArgoCd, Flux
from spec.platform import Platform

_SMALL = "50m/64Mi", "500m/256Mi"
_LARGE = "100m/256Mi", "1/1Gi"


def argo_cd(platform: Platform) -> Iterator[Workload]:
    """Argo CD, without Dex."""
    spec = platform.gitops
    if not isinstance(spec, ArgoCd):
        return
    where = {"namespace": spec.namespace, "pool": spec.pool, "path": ("gitops", "pool")}
    for part, size in {
        "applicationset-controller": _SMALL,
        "repo-server": _LARGE,
        "server": _SMALL,
        "redis": _SMALL,
    }.items():
        init = [container("copyutil", *size)] if part == "repo-server" else []
        yield Workload(f"argocd-{part}", containers=[container(part, *size)], init=init, surge=rolling(1), **where)
    for part, size in {"application-controller": _LARGE, "notifications-controller": _SMALL}.items():
        yield Workload(f"argocd-{part}", containers=[container(part, *size)], **where)
    yield Workload("argocd-redis-secret-init", containers=[container("secret-init", *_SMALL)], **where)


def flux(platform: Platform) -> Iterator[Workload]:
    """Flux' controllers, and the job that asks whether the cluster is fit for them."""
    spec = platform.gitops
    if not isinstance(spec, Flux):
        return
    where = {"namespace": spec.namespace, "pool": spec.pool, "path": ("gitops", "pool")}
    size = "50m/64Mi", "500m/512Mi"
    # Two of it at a time would each have half of what was fetched.
    yield Workload("source-controller", containers=[container("manager", *size)], **where)
    for part in ("kustomize-controller", "helm-controller", "notification-controller"):
        yield Workload(part, containers=[container("manager", *size)], surge=rolling(1), **where)
    yield Workload("flux-flux-check", containers=[container("flux-cli", *size)], **where)
