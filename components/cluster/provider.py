"""The provider of what is in a cluster."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes


def provider(
    name: str, *, identifier: pulumi.Input[str], opts: pulumi.ResourceOptions, **reached: Any
) -> kubernetes.Provider:
    """Return a provider for the cluster that ``reached`` leads to: arguments of `kubernetes.Provider`.

    ``identifier`` says which cluster it is: with another one everything in it is made anew, with another kubeconfig
    alone nothing is. What somebody changed by hand is taken back by the next `up`; without force the API server would
    answer that the field has another owner.
    """
    return kubernetes.Provider(
        name,
        cluster_identifier=identifier,
        enable_server_side_apply=True,
        enable_patch_force=True,
        **reached,
        opts=opts,
    )
