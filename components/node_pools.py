"""Node pools: machines of one kind that join a cluster, carry its labels and taints, and come and go with demand."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.policy import assume_role
from components.scheduling import POOL_LABEL
from spec.capacity.machines import architecture
from spec.node_pools import NodePool, Taint

# What a kubelet needs, the pull of images, and Session Manager instead of SSH. Addresses for pods are not among it:
# the CNI has a role of its own. https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
_NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore")

# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#auto-discovery-setup
_TEMPLATE = "k8s.io/cluster-autoscaler/node-template"

_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE"}


def labels(spec: NodePool) -> dict[str, str]:
    """Return the labels of a pool's nodes: its own, and its name."""
    return {**spec.labels, POOL_LABEL: spec.name}


class NodeRole(Component):
    """What every machine of a cluster may do, whichever pool it belongs to."""

    arn: pulumi.Output[str]
    """Known once the policies are attached: a node that boots earlier can't join."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("cluster:NodeRole", name, opts)
        role = aws.iam.Role(
            name,
            description="Machines of the cluster",
            assume_role_policy=assume_role({"Service": "ec2.amazonaws.com"}),
            opts=self.child(),
        )
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}",
                role=role.name,
                policy_arn=f"arn:aws:iam::aws:policy/{policy}",
                opts=self.child(),
            )
            for policy in _NODE_POLICIES
        ]
        self.arn = pulumi.Output.all(role.arn, *(attachment.id for attachment in attached)).apply(
            lambda known: known[0]
        )
        self.register_outputs({"arn": self.arn})


class ManagedNodePool(Component):
    """A managed node group of EKS: it drains machines before it replaces them, and before spot takes them."""

    group_name: pulumi.Output[str]
    """What EKS calls the node group."""

    def __init__(
        self,
        name: str,
        spec: NodePool,
        *,
        cluster_name: pulumi.Input[str],
        kubernetes_version: pulumi.Input[str],
        role_arn: pulumi.Input[str],
        subnet_ids: list[pulumi.Output[str]],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the machines that ``spec`` describes.

        The autoscaler finds the pool by itself: EKS tags its Auto Scaling group as the cluster's. What a machine of it
        would be like, when there is none, tags say. https://docs.aws.amazon.com/eks/latest/best-practices/cas.html
        """
        super().__init__("cluster:ManagedNodePool", name, opts)
        template = aws.ec2.LaunchTemplate(
            name,
            description=f"Machines of node pool {spec.name}",
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                # One hop: the instance's credentials end at the host, out of every pod's reach.
                "http_put_response_hop_limit": 1,
            },
            block_device_mappings=[
                {
                    # The root device of Amazon Linux.
                    "device_name": "/dev/xvda",
                    "ebs": {
                        "volume_size": spec.disk_gib,
                        "volume_type": "gp3",
                        "encrypted": "true",
                        "delete_on_termination": "true",
                    },
                }
            ],
            # A provider's default tags don't reach what an Auto Scaling group launches.
            tag_specifications=[
                {"resource_type": kind, "tags": {"Name": name, "node-pool": spec.name}}
                for kind in ("instance", "volume")
            ],
            update_default_version=True,
            opts=self.child(),
        )
        elastic = spec.size.max > spec.size.min
        group = aws.eks.NodeGroup(
            name,
            cluster_name=cluster_name,
            version=kubernetes_version,
            node_role_arn=role_arn,
            subnet_ids=subnet_ids,
            ami_type=_ami_type(spec),
            capacity_type="SPOT" if spec.capacity == "spot" else "ON_DEMAND",
            instance_types=spec.instance_types,
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            labels=labels(spec),
            taints=[_taint(taint) for taint in spec.taints],
            scaling_config={
                "min_size": spec.size.min,
                "max_size": spec.size.max,
                "desired_size": spec.size.min,
            },
            update_config={"max_unavailable_percentage": 33},
            # Where the size may vary the autoscaler owns it; an `up` would take back what a sale needs. A change of the
            # bounds sends the number that the state knows, which is why docs/operations.md has it refreshed before.
            opts=self.child(ignore_changes=["scalingConfig.desiredSize"] if elastic else None),
        )
        if elastic:
            scaled = group.resources.apply(_scaling_group)
            for key, value in _node_template(spec).items():
                aws.autoscaling.Tag(
                    f"{name}-{key.replace('/', '-')}",
                    autoscaling_group_name=scaled,
                    tag={"key": f"{_TEMPLATE}/{key}", "value": value, "propagate_at_launch": False},
                    opts=self.child(),
                )
        self.group_name = group.node_group_name
        self.register_outputs({"groupName": self.group_name})


def _scaling_group(made: Sequence[aws.eks.outputs.NodeGroupResource]) -> str:
    """Return the name of the Auto Scaling group that EKS made."""
    groups = made[0].autoscaling_groups
    assert groups
    assert groups[0].name
    return groups[0].name


def _node_template(spec: NodePool) -> dict[str, str]:
    """Return what tells the autoscaler of a machine that is not there yet: its labels, its taints, its disk."""
    return {
        **{f"label/{key}": value for key, value in labels(spec).items()},
        **{f"taint/{taint.key}": f"{taint.value}:{taint.effect}" for taint in spec.taints},
        "resources/ephemeral-storage": f"{spec.disk_gib}Gi",
    }


def _ami_type(spec: NodePool) -> str:
    return f"AL2023_{'ARM_64' if architecture(spec.instance_types[0]) == 'arm64' else 'x86_64'}_STANDARD"


def _taint(taint: Taint) -> aws.eks.NodeGroupTaintArgs:
    return aws.eks.NodeGroupTaintArgs(key=taint.key, value=taint.value, effect=_EFFECTS[taint.effect])
