"""GitOps."""

from __future__ import annotations

from collections.abc import Iterator

from spec.capacity.workloads import Workload, container, rolling
from spec.platform import Platform

_SMALL = "50m/64Mi", "500m/256Mi"
_LARGE = "100m/256Mi", "1/1Gi"


def argo_cd(platform: Platform) -> Iterator[Workload]:
    """Argo CD, without Dex."""
    spec = platform.gitops
    if spec is None:
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
