"""Security contexts as the Pod Security Standard `restricted` asks for, in the two places that a pod has them.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from __future__ import annotations

from typing import Any, Final

CONFINED: Final = {"type": "RuntimeDefault"}
"""The `seccompProfile`: system calls that a container runtime lets through by default."""

RESTRICTED_CONTAINER: Final[dict[str, Any]] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
"""The `securityContext` of a container, which may not write to its image either."""


def restricted_pod(user: int, *, owns_volumes: bool = False) -> dict[str, Any]:
    """Return the `securityContext` of a pod that runs as ``user``, and as the group of that number.

    ``owns_volumes`` gives its volumes to that group.
    """
    owner = {"fsGroup": user} if owns_volumes else {}
    return {"runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, **owner, "seccompProfile": CONFINED}
