"""Target groups of a load balancer: what they are called, when a target is healthy, what keeps them filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.component import Component

DRAINING_SECONDS = 25
"""What requests under way get when a target goes: less than the 30 seconds that Kubernetes gives a pod to end."""

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
_LONGEST_NAME = 32
_RANDOM = len("-1a2b3c4")  # what Pulumi adds, so that a successor can exist beside what it replaces


def short_name(name: str, port: int) -> str | None:
    """Return the name in AWS of the target group ``name`` for ``port``, or None where Pulumi can make one of it.

    Pulumi refuses a name that has no room for what it adds. A group for another port is made before the old one goes,
    so the digest at the end is that of the port as well.
    """
    room = _LONGEST_NAME - _RANDOM
    if len(name) <= room:
        return None
    digest = sha256(f"{name}:{port}".encode()).hexdigest()[: _RANDOM - 1]
    return f"{name[:room].rstrip('-')}-{digest}"


def health_check(path: str, port: int | None = None) -> Any:
    """Return a target group's health check: 200 at ``path`` of ``port``, or of the port that requests go to."""
    return {
        "path": path,
        "port": "traffic-port" if port is None else str(port),
        "matcher": "200",
        "interval": 10,
        "healthy_threshold": 2,
        "unhealthy_threshold": 2,
    }


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
