"""Cluster Autoscaler: it adds machines for pods that find no room, from none, and takes back those that stand idle."""

from __future__ import annotations

import pulumi

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component
from components.pod_security import RESTRICTED_CONTAINER, restricted_pod
from components.policy import documents, statement

CHART = "cluster-autoscaler"
NAMESPACE = "kube-system"

# Reading can't be narrowed to a resource. The least that it does with:
# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#iam-policy
_READS = [
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeLaunchConfigurations",
    "autoscaling:DescribeScalingActivities",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:GetInstanceTypesFromInstanceRequirements",
    "eks:DescribeNodegroup",
]
_WRITES = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]


class ClusterAutoscaler(Component):
    """The autoscaler of a cluster whose pools EKS manages, and its identity."""

    def __init__(
        self,
        name: str,
        cluster: Cluster,
        charts: Charts,
        *,
        cluster_name: str,
        region: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Let it change the size of the cluster's own groups, which EKS has tagged with its name."""
        super().__init__("cluster:ClusterAutoscaler", name, opts)
        owned = {"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster_name}": "owned"}}
        identity = cluster.identity_for(
            name, NAMESPACE, CHART, documents(statement(_READS), statement(_WRITES, condition=owned)), self.child()
        )
        charts.release(
            name,
            CHART,
            namespace=NAMESPACE,
            values={
                "fullnameOverride": CHART,
                "cloudProvider": "aws",
                # Said, not asked: pods can't reach the instance metadata service.
                "awsRegion": region,
                "autoDiscovery": {"clusterName": cluster_name},
                "rbac": {"serviceAccount": {"name": CHART, "annotations": dict(identity.annotations)}},
                "extraArgs": {
                    # Of pools that would do, the one that leaves least unused; zones stay even.
                    "expander": "least-waste",
                    "balance-similar-node-groups": True,
                    # Pods of kube-system, and those with scratch space, move like others: PodDisruptionBudgets say how.
                    "skip-nodes-with-system-pods": False,
                    "skip-nodes-with-local-storage": False,
                    "scale-down-unneeded-time": "10m",
                },
                "resources": {
                    "requests": {"cpu": "100m", "memory": "300Mi"},
                    "limits": {"cpu": "500m", "memory": "600Mi"},
                },
                "securityContext": restricted_pod(65534),
                "containerSecurityContext": RESTRICTED_CONTAINER,
            },
            opts=self.child(depends_on=list(identity.depends_on)),
        )
        self.register_outputs({})
