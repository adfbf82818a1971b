"""Security groups whose rules are resources of their own.

A rule written inside a group can't name a group that names it back, and a group that others' rules refer to can't be
deleted. With rules apart, groups may refer to each other, and a teardown removes every rule before its groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.component import Component


@dataclass(frozen=True)
class Rule:
    """Traffic that is let through, to or from exactly one of ``cidr`` and ``group``."""

    name: str
    """Logical name, unique among the rules of one direction of a group."""
    description: str
    port: int | tuple[int, int] | None = None
    """A port or a range of them, TCP; None for every port and protocol."""
    cidr: pulumi.Input[str] | None = None
    group: pulumi.Input[str] | None = None
    protocol: str = "tcp"

    def arguments(self) -> dict[str, Any]:
        """Return what an ingress and an egress rule resource take alike."""
        if self.port is None:
            ports: dict[str, Any] = {"ip_protocol": "-1"}
        else:
            first, last = self.port if isinstance(self.port, tuple) else (self.port, self.port)
            ports = {"ip_protocol": self.protocol, "from_port": first, "to_port": last}
        peer = {"cidr_ipv4": self.cidr} if self.cidr is not None else {"referenced_security_group_id": self.group}
        return {"description": self.description, **ports, **peer}


def allow_ingress(
    name: str, group_id: pulumi.Input[str], rule: Rule, opts: pulumi.ResourceOptions
) -> aws.vpc.SecurityGroupIngressRule:
    """Let ``rule`` into a group, one's own or somebody else's; ``name`` is the logical name's beginning."""
    return aws.vpc.SecurityGroupIngressRule(
        f"{name}-{rule.name}", security_group_id=group_id, opts=opts, **rule.arguments()
    )


def allow_egress(
    name: str, group_id: pulumi.Input[str], rule: Rule, opts: pulumi.ResourceOptions
) -> aws.vpc.SecurityGroupEgressRule:
    """Let ``rule`` out of a group; ``name`` is the logical name's beginning."""
    return aws.vpc.SecurityGroupEgressRule(
        f"{name}-{rule.name}", security_group_id=group_id, opts=opts, **rule.arguments()
    )


class SecurityGroup(Component):
    """A security group that lets through what its rules say, and without rules nothing."""

    id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        description: str,
        vpc_id: pulumi.Input[str],
        *,
        ingress: Sequence[Rule] = (),
        egress: Sequence[Rule] = (),
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("network:SecurityGroup", name, opts)
        group = aws.ec2.SecurityGroup(
            name, description=description, vpc_id=vpc_id, tags={"Name": name}, opts=self.child()
        )
        self.id = group.id
        for rule in ingress:
            allow_ingress(name, self.id, rule, self.child())
        for rule in egress:
            allow_egress(name, self.id, rule, self.child())
        self.register_outputs({"id": self.id})
