"""What a PostgreSQL that RDS runs stands on, be it an instance or an Aurora cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.component import Component
from components.security_groups import Rule, SecurityGroup
from components.vpc import Vpc
from spec.postgres import AuroraPostgres, RdsPostgres

PORT = 5432

# Encrypted, and the server takes nothing else. Not `verify-full`: that needs Amazon's certificate authorities in every
# service's image, and what lies between is the VPC, where nobody but AWS answers for the data tier's addresses.
SSL_MODE = "require"

_LOG_DAYS = 90


@dataclass(frozen=True)
class RdsGround:
    """Security group, subnet group, key, log group and the name of the final snapshot."""

    security_group_id: pulumi.Output[str]
    subnet_group: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    final_snapshot: pulumi.Output[str]
    logs: pulumi.Resource
    """The log group. The database has to depend on it: it refers to it by no output."""


def rds_ground(
    name: str,
    spec: AuroraPostgres | RdsPostgres,
    vpc: Vpc,
    clients: Mapping[str, pulumi.Input[str]],
    *,
    kind: Literal["cluster", "instance"],
    title: str,
    protect: bool,
    owner: Component,
) -> RdsGround:
    """Make the ground of the database with the identifier ``name``, as children of ``owner``.

    ``clients`` are the security groups that may connect, each by a name for its rule; ``kind`` is part of the name that
    RDS gives the log group; ``title`` stands in descriptions; ``protect`` guards the key and the log against deletion.
    """
    group = SecurityGroup(
        name,
        "PostgreSQL, from its clients; nothing out",
        vpc.id,
        ingress=[Rule(key, f"PostgreSQL from {key}", PORT, group=group) for key, group in clients.items()],
        opts=owner.child(),
    )
    subnets = aws.rds.SubnetGroup(name, subnet_ids=vpc.subnets(spec.tier), tags={"Name": name}, opts=owner.child())
    key = aws.kms.Key(
        name,
        description=f"{title} {name}",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        opts=owner.child(protect=protect),
    )
    # RDS would make the group itself, to be kept for ever and to stay behind.
    logs = aws.cloudwatch.LogGroup(
        name,
        name=f"/aws/rds/{kind}/{name}/postgresql",
        retention_in_days=_LOG_DAYS,
        opts=owner.child(protect=protect),
    )
    # A snapshot's name is taken for good: another database of this name, later, needs another.
    suffix = random.RandomId(f"{name}-final-snapshot", byte_length=4, opts=owner.child())
    final_snapshot = pulumi.Output.concat(f"{name}-final-", suffix.hex)
    return RdsGround(group.id, subnets.name, key.arn, final_snapshot, logs)


def parameters(spec: AuroraPostgres | RdsPostgres) -> list[Any]:
    """Return the parameters of a parameter group: connections without TLS are refused, whatever ``spec`` sets."""
    # A parameter may be static, and then takes a reboot, for the maintenance window to make.
    own = [
        {"name": key, "value": value, "apply_method": "pending-reboot"}
        for key, value in sorted(spec.parameters.items())
    ]
    return [{"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"}, *own]
