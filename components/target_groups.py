"""A load balancer's target group that is kept filled with what stands behind a Service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.component import Component


def bind(
    name: str,
    target_group_arn: pulumi.Input[str],
    *,
    parent: Component,
    called: str | None = None,
    namespace: pulumi.Input[str],
    service: str,
    port: int,
    nodes: Mapping[str, str] | None = None,
    instances: bool = False,
    after: Sequence[pulumi.Resource | None],
) -> CustomResource:
    """Return the TargetGroupBinding ``name`` (the object's name is ``called``, or the same).

    The group's targets are the pods behind ``port`` of ``service``, or with ``instances`` the machines that answer at
    its node port: those with the labels ``nodes``, or all. ``after`` is what it waits for, the release of the
    controller that binds among it: that takes the binding's finalizer off, and has to outlive it.
    """
    return CustomResource(
        name,
        api_version="elbv2.k8s.aws/v1beta1",
        kind="TargetGroupBinding",
        metadata={"name": called or name, "namespace": namespace},
        spec={
            "targetGroupARN": target_group_arn,
            "targetType": "instance" if instances else "ip",
            "serviceRef": {"name": service, "port": port},
            **({"nodeSelector": {"matchLabels": dict(nodes)}} if nodes else {}),
        },
        opts=parent.child(depends_on=[each for each in after if each]),
    )
