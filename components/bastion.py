"""The bastion: a machine in the VPC from which people reach what cannot be reached from outside."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.cluster.machine_role import MachineRole
from components.component import Component
from components.security_groups import Rule, SecurityGroup, allow_egress
from components.vpc import ANYWHERE, Vpc
from spec.bastion import Bastion as Spec
from spec.capacity.machines import architecture

# Amazon publishes the newest image here; it has the agent of Session Manager, and EC2 Instance Connect.
# https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
_IMAGE_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}"
_IMAGES = {"amd64": "x86_64", "arm64": "arm64"}
_DISK_GIB = 8


class Bastion(Component):
    """One machine that people come to by Session Manager, and by SSH from the networks that are named."""

    security_group_id: pulumi.Output[str]
    instance_id: pulumi.Output[str]

    def __init__(self, name: str, spec: Spec, vpc: Vpc, opts: pulumi.ResourceOptions) -> None:
        """Stand in the public tier where SSH is to reach the machine, else in a private one."""
        super().__init__("network:Bastion", name, opts)
        self._name = name
        self.security_group_id = SecurityGroup(
            name,
            "Bastion",
            vpc.id,
            ingress=[
                Rule(f"ssh-{cidr.replace('/', '-')}", "SSH from the office", 22, cidr=cidr) for cidr in spec.ssh_cidrs
            ],
            egress=[Rule("https", "Session Manager, and packages", 443, cidr=ANYWHERE)],
            opts=self.child(),
        ).id
        role = MachineRole(name, "Bastion", self.child())
        image = aws.ssm.get_parameter_output(
            name=_IMAGE_PARAMETER.format(_IMAGES[architecture(spec.instance_type)]),
            opts=pulumi.InvokeOutputOptions(parent=self),
        ).value
        self.instance_id = aws.ec2.Instance(
            name,
            ami=image,
            instance_type=spec.instance_type,
            subnet_id=vpc.subnets(vpc.tier("public" if spec.ssh_cidrs else "private"))[0],
            associate_public_ip_address=bool(spec.ssh_cidrs),
            vpc_security_group_ids=[self.security_group_id],
            iam_instance_profile=role.profile,
            key_name=spec.key_name,
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            root_block_device={"volume_type": "gp3", "volume_size": _DISK_GIB, "encrypted": True},
            tags={"Name": name},
            # A newer image is no reason to take the machine from under people.
            opts=self.child(ignore_changes=["ami"]),
        ).id
        self.register_outputs({"instanceId": self.instance_id})

    def reach(self, key: str, port: int, group: pulumi.Input[str]) -> None:
        """Let the machine out to ``port`` of a security group, whose own rules let it in."""
        allow_egress(self._name, self.security_group_id, Rule(key, f"To {key}", port, group=group), self.child())
