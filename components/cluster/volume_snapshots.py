"""Snapshots of volumes every day, by Data Lifecycle Manager."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.policy import assume_role
from spec.cluster import VolumeSnapshots as Spec

TAG = "snapshots"
"""Tag of volumes that are to be kept copies of; its value names the cluster."""

_POLICY = "arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"


class VolumeSnapshots(Component):
    """A policy for the volumes that are tagged for it, wherever they came from."""

    def __init__(self, name: str, spec: Spec, *, value: str, opts: pulumi.ResourceOptions) -> None:
        """Copy, once a day, every volume whose TAG is ``value``."""
        super().__init__("cluster:VolumeSnapshots", name, opts)
        role = aws.iam.Role(
            name,
            description="Lets Data Lifecycle Manager make and delete snapshots",
            assume_role_policy=assume_role({"Service": "dlm.amazonaws.com"}),
            opts=self.child(),
        )
        allowed = aws.iam.RolePolicyAttachment(name, role=role.name, policy_arn=_POLICY, opts=self.child())
        aws.dlm.LifecyclePolicy(
            name,
            # Letters, digits, spaces, hyphens and underscores, and nothing else.
            description=f"Daily snapshots of volumes of {value}",
            execution_role_arn=role.arn,
            state="ENABLED",
            policy_details={
                "resource_types": ["VOLUME"],
                "target_tags": {TAG: value},
                "schedules": [
                    {
                        "name": "daily",
                        "create_rule": {"interval": 24, "interval_unit": "HOURS", "times": spec.time},
                        "retain_rule": {"count": spec.keep},
                        "copy_tags": True,
                        "tags_to_add": {"made-by": name},
                    }
                ],
            },
            tags={"Name": name},
            opts=self.child(depends_on=[allowed]),
        )
        self.register_outputs({})
