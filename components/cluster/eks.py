"""EKS: a control plane run by AWS, managed node groups, and the add-ons that make it take workloads.

The cluster is made of pulumi-aws resources, not by pulumi-eks: that component always makes whoever creates the cluster
its administrator, and connects to the cluster's issuer and looks for the AWS CLI while it previews.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.cloud.contract import LogGroup
from components.cluster.contract import Cluster, Facts, Identity, LoadBalancing
from components.cluster.ebs import STORAGE_CLASS, default_storage_class
from components.cluster.irsa import ANNOTATION, TOKEN_SERVICE, OidcProvider, ServiceAccountRole
from components.cluster.provider import provider
from components.cluster.volume_snapshots import TAG, VolumeSnapshots
from components.node_pools import ManagedNodePool, NodeRole
from components.policy import assume_role
from components.vpc import Vpc
from spec.capacity.addresses import LEAST, WARM
from spec.cluster import EksCluster as Spec
from spec.node_pools import NodePool

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
# https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
_ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
_VIEW_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy"

ROLE_VARIABLE = "GROUNDWORK_CLUSTER_ROLE"
"""Environment variable with the IAM role to be in the cluster; empty for whoever one is already."""

# Nodes become ready only with a pod network; everything else needs nodes to run on, and is degraded until it has them.
_BEFORE_NODES = ("vpc-cni", "kube-proxy")

# Add-ons that act in AWS: their service account in kube-system, and the policy that AWS manages for them.
_ADDON_ROLES = {
    "vpc-cni": ("aws-node", "AmazonEKS_CNI_Policy"),
    "aws-ebs-csi-driver": ("ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"),
}


def _settings(cluster: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the settings of add-ons."""
    return {
        "vpc-cni": {
            # NetworkPolicy objects are obeyed only if the CNI is told to.
            "enableNetworkPolicy": "true",
            "env": {"WARM_IP_TARGET": str(WARM), "MINIMUM_IP_TARGET": str(LEAST)},
        },
        "aws-ebs-csi-driver": {"controller": {"extraVolumeTags": {TAG: cluster}}},
    }


class EksCluster(Cluster):
    """An EKS cluster whose name is the component's, with its node pools."""

    name: str
    node_security_group_id: pulumi.Output[str]
    """The cluster security group, which EKS gives to the nodes, and so to every pod, and to the control plane."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        pools: Sequence[NodePool],
        vpc: Vpc,
        *,
        protect: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the cluster that ``spec`` describes in ``vpc``; ``protect`` guards it, its key and its log.

        The name is fixed, not generated: its log group and its users find the cluster by it.
        """
        super().__init__("cluster:EksCluster", name, opts)
        self.name, self._vpc = name, vpc
        service_role = self._service_role()
        self._eks = self._control_plane(spec, service_role, protect)
        self.node_security_group_id = self._eks.vpc_config.cluster_security_group_id
        self._issuer = OidcProvider(name, self._eks.identities[0].oidcs[0].issuer, self.child())
        let_in = self._let_in(spec, service_role)
        early, late = ([a for a in spec.addons if (a in _BEFORE_NODES) is first] for first in (True, False))
        network = [self._addon(addon, spec.addons[addon], []) for addon in early]
        self._pools = self._node_pools(pools, network)
        addons = [self._addon(addon, spec.addons[addon], list(self._pools.values())) for addon in late]
        if spec.volume_snapshots:
            VolumeSnapshots(f"{name}-snapshots", spec.volume_snapshots, value=name, opts=self.child())
        self.kubeconfig = pulumi.Output.secret(self._kubeconfig())
        self.provider = provider(
            name,
            kubeconfig=self.kubeconfig,
            identifier=name,
            # What runs in the cluster comes after what it needs to run, and on the way down goes before it: volumes
            # are deleted while their driver is there, by an identity that may still ask for it. Of the network, subnets
            # alone are inputs of anything; without the routes, no controller could ask AWS to take something back.
            opts=self.child(depends_on=[*let_in, *addons, vpc]),
        )
        self.storage_class = STORAGE_CLASS
        default_storage_class(f"{name}-{STORAGE_CLASS}", self.child(provider=self.provider))
        self.facts = Facts(
            managed_control_plane=True,
            load_balancing=LoadBalancing.TARGET_GROUP,
            metrics_server="metrics-server" in spec.addons,
            control_plane_cidrs=tuple(vpc.cidrs(spec.tier)),
            audit_log=LogGroup(self._logs.name, self._logs.arn),
        )
        self.nodes = pulumi.Output.all(*(self._description(pool) for pool in pools))
        self.register_outputs({"name": name, "kubeconfig": self.kubeconfig})

    def identity_for(
        self,
        name: str,
        namespace: pulumi.Input[str],
        service_account: str,
        policy: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> Identity:
        role = ServiceAccountRole(name, self._issuer, namespace, service_account, policy=policy, opts=opts)
        return Identity({ANNOTATION: role.arn}, [role.granted], [TOKEN_SERVICE])

    def _service_role(self) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self.name}-control-plane",
            description="Lets EKS run the control plane",
            assume_role_policy=assume_role({"Service": "eks.amazonaws.com"}),
            opts=self.child(),
        )

    def _control_plane(self, spec: Spec, role: aws.iam.Role, protect: bool) -> aws.eks.Cluster:
        attached = aws.iam.RolePolicyAttachment(
            f"{self.name}-control-plane",
            role=role.name,
            policy_arn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",
            opts=self.child(),
        )
        # EKS would make the group itself, to be kept for ever and to stay behind.
        self._logs = aws.cloudwatch.LogGroup(
            f"{self.name}-control-plane",
            name=f"/aws/eks/{self.name}/cluster",
            retention_in_days=spec.log_retention_days,
            opts=self.child(protect=protect),
        )
        key = aws.kms.Key(
            f"{self.name}-secrets",
            description=f"Secrets of EKS cluster {self.name}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            opts=self.child(protect=protect),
        )
        return aws.eks.Cluster(
            self.name,
            name=self.name,
            version=spec.kubernetes_version,
            role_arn=role.arn,
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=self._vpc.subnets(spec.tier),
                endpoint_private_access=True,
                endpoint_public_access=bool(spec.public_access_cidrs),
                public_access_cidrs=spec.public_access_cidrs or None,
            ),
            access_config={
                "authentication_mode": "API",
                "bootstrap_cluster_creator_admin_permissions": False,
            },
            # Add-ons are pinned, below; the unmanaged ones that EKS starts out with would be in their way.
            bootstrap_self_managed_addons=False,
            encryption_config={"provider": {"key_arn": key.arn}, "resources": ["secrets"]},
            enabled_cluster_log_types=list(_LOGS),
            # At the end of standard support AWS upgrades the cluster; extended support would cost six times as much.
            upgrade_policy={"support_type": "STANDARD"},
            deletion_protection=protect,
            # EKS deletes its network interfaces by the role's policy, and writes no log before the group is there.
            opts=self.child(depends_on=[attached, self._logs], protect=protect),
        )

    def _let_in(self, spec: Spec, service_role: aws.iam.Role) -> list[pulumi.Resource]:
        """Make the role that administers the cluster, and let it and the spec's principals in.

        The program deploys as that role, so it does not matter who created the cluster, nor who runs `up` today: who
        may assume the role, by the account's IAM policies, is an administrator.
        """
        account = service_role.arn.apply(lambda arn: f"arn:{arn.split(':')[1]}:iam::{arn.split(':')[4]}:root")
        self._admin = aws.iam.Role(
            f"{self.name}-admin",
            description=f"Administers EKS cluster {self.name}",
            # The account itself: its IAM policies say who may.
            assume_role_policy=assume_role({"AWS": account}),
            opts=self.child(),
        )
        administrators: dict[str, pulumi.Input[str]] = {"admin": self._admin.arn}
        administrators |= {f"admin-{arn.rpartition('/')[2]}": arn for arn in spec.admin_role_arns}
        viewers = {f"view-{arn.rpartition('/')[2]}": arn for arn in spec.view_role_arns}
        return [
            self._access(key, arn, policy)
            for principals, policy in ((administrators, _ADMIN_POLICY), (viewers, _VIEW_POLICY))
            for key, arn in principals.items()
        ]

    def _access(self, key: str, arn: pulumi.Input[str], policy: str) -> pulumi.Resource:
        entry = aws.eks.AccessEntry(
            f"{self.name}-{key}", cluster_name=self._eks.name, principal_arn=arn, opts=self.child()
        )
        return aws.eks.AccessPolicyAssociation(
            f"{self.name}-{key}",
            cluster_name=self._eks.name,
            principal_arn=entry.principal_arn,
            policy_arn=policy,
            access_scope={"type": "cluster"},
            opts=self.child(),
        )

    def _addon(self, addon: str, version: str, after: Sequence[pulumi.Resource]) -> aws.eks.Addon:
        name = f"{self.name}-{addon}"
        role = None
        if addon in _ADDON_ROLES:
            account, policy = _ADDON_ROLES[addon]
            role = ServiceAccountRole(
                name, self._issuer, "kube-system", account, managed_policy=policy, opts=self.child()
            )
        settings = _settings(self.name).get(addon)
        return aws.eks.Addon(
            name,
            cluster_name=self._eks.name,
            addon_name=addon,
            addon_version=version,
            service_account_role_arn=role.arn if role else None,
            configuration_values=json.dumps(settings) if settings else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            # No output says that a role may be used, nor that there are nodes to run on.
            opts=self.child(depends_on=[*after, *([role.granted] if role else [])]),
        )

    def _node_pools(self, pools: Sequence[NodePool], network: Sequence[pulumi.Resource]) -> dict[str, ManagedNodePool]:
        role = NodeRole(f"{self.name}-nodes", self.child())
        return {
            pool.name: ManagedNodePool(
                f"{self.name}-{pool.name}",
                pool,
                cluster_name=self._eks.name,
                kubernetes_version=self._eks.version,
                role_arn=role.arn,
                subnet_ids=self._vpc.subnets(pool.tier),
                # Machines without a pod network never become ready, and on the way down they need it to the last.
                opts=self.child(depends_on=network),
            )
            for pool in pools
        }

    def _kubeconfig(self) -> pulumi.Output[str]:
        """Return a kubeconfig for the administrator's role or, where ROLE_VARIABLE is set, whatever that says.

        The variable is read when a token is asked for, not when the program runs: a refresh uses the kubeconfig that is
        in the state, whoever runs it.
        """
        token = f"aws --region {self._vpc.region} eks get-token --cluster-name {self.name}"
        script = pulumi.Output.concat(
            *("role=${", ROLE_VARIABLE, "-", self._admin.arn, "}; "), f'exec {token} ${{role:+--role-arn "$role"}}'
        )
        command = {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "sh",
            "args": ["-c", script],
        }
        server = {
            "server": self._eks.endpoint,
            "certificate-authority-data": self._eks.certificate_authority.data,
        }
        return pulumi.Output.json_dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": self.name, "cluster": server}],
                "users": [{"name": self.name, "user": {"exec": command}}],
                "contexts": [{"name": self.name, "context": {"cluster": self.name, "user": self.name}}],
                "current-context": self.name,
            }
        )

    def _description(self, pool: NodePool) -> pulumi.Output[dict[str, Any]]:
        count = str(pool.size.min) if pool.size.min == pool.size.max else f"{pool.size.min}–{pool.size.max}"
        described = {
            "type": ", ".join(pool.instance_types),
            "zone": ", ".join(self._vpc.zones),
            "pool": pool.name,
            "count": count,
        }
        return self._pools[pool.name].group_name.apply(lambda name: {"name": name, **described})
