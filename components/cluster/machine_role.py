"""What a machine may do in AWS: an IAM role, and the instance profile by which EC2 instances have it."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.policy import assume_role, documents

# Session Manager, in place of SSH: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html
_SESSION_MANAGER = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


class MachineRole(Component):
    """The role of one kind of machine; without more, it is good for Session Manager alone."""

    name: pulumi.Output[str]
    profile: pulumi.Output[str]
    """Name of the instance profile."""

    def __init__(self, name: str, description: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("cluster:MachineRole", name, opts)
        self._logical = name
        self._role = aws.iam.Role(
            name,
            description=description,
            assume_role_policy=assume_role({"Service": "ec2.amazonaws.com"}),
            tags={"Name": name},
            opts=self.child(),
        )
        self.name = self._role.name
        self.profile = aws.iam.InstanceProfile(name, role=self.name, opts=self.child()).name
        self.attach("session-manager", _SESSION_MANAGER)
        self.register_outputs({"name": self.name, "profile": self.profile})

    def allow(self, name: str, *statements: dict[str, Any]) -> aws.iam.RolePolicy:
        """Let the machine do what ``statements`` say (see `components.policy.statement`), by an inline policy."""
        return aws.iam.RolePolicy(
            f"{self._logical}-{name}", role=self._role.id, policy=documents(*statements), opts=self.child()
        )

    def attach(self, name: str, policy_arn: pulumi.Input[str]) -> aws.iam.RolePolicyAttachment:
        """Attach a managed policy."""
        return aws.iam.RolePolicyAttachment(
            f"{self._logical}-{name}", role=self.name, policy_arn=policy_arn, opts=self.child()
        )
