"""Which Kubernetes version a machine may be brought to from the one that it has."""

from __future__ import annotations

import pulumi

TAG = "kubernetes-version"
"""Tag of a machine with the version that it is brought to, in place."""


class SkippedMinor(Exception):
    """A version that is further than kubeadm goes in one step."""


def one_minor_at_a_time(name: str) -> pulumi.ResourceHookBinding:
    """Return what refuses a change of TAG over more than one minor version, in a preview before anything is made.

    The stack file alone does not tell: it takes the version that the state has. Down is let through, for whoever takes
    a version back that no machine has come to yet.
    https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-upgrade/
    """
    hook = pulumi.ResourceHook(f"{name}-one-minor", _refuse, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def _refuse(change: pulumi.ResourceHookArgs) -> None:
    before, after = (
        str((inputs or {}).get("tags", {}).get(TAG, "")) for inputs in (change.old_inputs, change.new_inputs)
    )
    if before and after and _minor(after) > _minor(before) + 1:
        between = f"1.{_minor(before) + 1}"
        raise SkippedMinor(
            f"cluster.kubernetesVersion = {after}: {change.name} has {before}, and kubeadm goes over one minor version "
            f"at a time; go to the newest {between} first"
        )


def _minor(version: str) -> int:
    return int(version.split(".")[1])
