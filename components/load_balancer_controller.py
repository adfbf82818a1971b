"""AWS Load Balancer Controller, for one thing only: to keep target groups of the program filled with pods.

Load balancers are the program's own, so the controller may neither make nor change one. What it may do is the part of
its published policy that a TargetGroupBinding without a `networking` section needs:
https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/docs/install/iam_policy.json
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component
from components.policy import documents, statement

CHART = "aws-load-balancer-controller"
NAMESPACE = "kube-system"

# Reading can't be narrowed to a resource: https://docs.aws.amazon.com/service-authorization/latest/reference/
_READS = [
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
]
_WRITES = ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"]


class LoadBalancerController(Component):
    """The controller, and its identity."""

    release: pulumi.Resource
    """What a TargetGroupBinding has to wait for: the definition of its kind, and the webhook that admits it."""

    def __init__(
        self,
        name: str,
        cluster: Cluster,
        charts: Charts,
        *,
        cluster_name: str,
        region: str,
        vpc_id: pulumi.Input[str],
        target_group_arns: Sequence[pulumi.Input[str]],
        replicas: int = 2,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install the controller, and let it fill ``target_group_arns`` and nothing else."""
        super().__init__("ingress:LoadBalancerController", name, opts)
        identity = cluster.identity_for(
            name,
            NAMESPACE,
            CHART,
            documents(statement(_READS), statement(_WRITES, target_group_arns)),
            self.child(),
        )
        self.release = charts.release(
            CHART,
            CHART,
            namespace=NAMESPACE,
            values={
                "clusterName": cluster_name,
                # Said, not asked: pods can't reach the instance metadata service.
                "region": region,
                "vpcId": vpc_id,
                "serviceAccount": {"name": CHART, "annotations": dict(identity.annotations)},
                "replicaCount": replicas,
                "resources": {
                    "requests": {"cpu": "50m", "memory": "128Mi"},
                    "limits": {"cpu": "200m", "memory": "256Mi"},
                },
                # It would claim every Service of type LoadBalancer, and block them all while it is down.
                "enableServiceMutatorWebhook": False,
                "createIngressClassResource": False,
                "ingressClassParams": {"create": False},
                "enableShield": False,
                "enableWaf": False,
                "enableWafv2": False,
                # The chart makes a new certificate at every upgrade unless told to keep the one it has.
                "keepTLSSecret": True,
            },
            opts=self.child(depends_on=list(identity.depends_on)),
        )
        self.register_outputs({})
