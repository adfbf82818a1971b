"""What makes a bare kubeadm cluster take workloads: a pod network, and volumes."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.charts import Charts
from components.cluster.ebs import STORAGE_CLASS, default_storage_class
from components.component import Component, name_of

# What Calico's own pods have to bear so that nodes become ready, and no more: by default they tolerate every taint, and
# take the room on machines that are kept for something else.
_BEFORE_THERE_IS_A_NETWORK = [
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists"},
    {"key": "node.kubernetes.io/network-unavailable", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"},
]


class KubeadmAddons(Component):
    """Calico for the network and its policies, and the EBS CSI driver with gp3 as the default class."""

    installed: pulumi.Output[Any]
    """Known once both are installed; its value does not change with their versions."""

    def __init__(
        self,
        name: str,
        charts: Charts,
        pod_cidr: str,
        calico_version: str | None,
        region: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install both by the provider in ``opts``; ``calico_version`` takes the place of the pinned version."""
        super().__init__("cluster:KubeadmAddons", name, opts)
        calico = self._calico(charts, pod_cidr, calico_version)
        volumes = self._volumes(charts, region, calico)
        self.installed = pulumi.Output.all(calico.id, volumes.id)
        self.register_outputs({})

    def _calico(self, charts: Charts, pod_cidr: str, version: str | None) -> kubernetes.helm.v3.Release:
        namespace = kubernetes.core.v1.Namespace(
            "tigera-operator",
            metadata={
                "name": "tigera-operator",
                # It runs in the host's network, since it is what makes the pods'.
                "labels": {"pod-security.kubernetes.io/enforce": "privileged"},
            },
            opts=self.child(),
        )
        definitions = charts.release(
            "calico-crds",
            "crd.projectcalico.org.v1",
            namespace=name_of(namespace),
            values={},
            version=version,
            opts=self.child(),
        )
        return charts.release(
            "tigera-operator",
            "tigera-operator",
            namespace=name_of(namespace),
            values={
                "installation": _calico_installation(pod_cidr),
                "resources": _resources("50m", "96Mi", "256Mi"),
                "tolerations": _BEFORE_THERE_IS_A_NETWORK,
                # Views of flows, an API for calicoctl: each a pod or more that small machines are better without.
                "apiServer": {"enabled": False},
                "goldmane": {"enabled": False},
                "whisker": {"enabled": False},
            },
            version=version,
            # The chart has an Installation, whose definition the other chart brings.
            opts=self.child(depends_on=[definitions]),
        )

    def _volumes(
        self, charts: Charts, region: str, calico: kubernetes.helm.v3.Release
    ) -> kubernetes.storage.v1.StorageClass:
        driver = charts.release(
            "aws-ebs-csi-driver",
            "aws-ebs-csi-driver",
            namespace="kube-system",
            values={
                # One is enough: while it is rescheduled, volumes that are attached stay so.
                "controller": {"replicaCount": 1, "region": region},
                "node": {
                    "enableWindows": False,
                    "tolerateAllTaints": True,
                    "resources": _resources("5m", "24Mi", "128Mi"),
                },
            },
            # Its controller is not in the host's network, and so starts only once pods have theirs.
            opts=self.child(depends_on=[calico]),
        )
        # Deleted before the driver, together with every volume of the class.
        return default_storage_class(STORAGE_CLASS, self.child(depends_on=[driver]))


def _calico_installation(pod_cidr: str) -> dict[str, Any]:
    """Return the spec of operator.tigera.io/v1 Installation.

    VXLAN everywhere, since what is not encapsulated EC2 drops unless each machine's source check is off; without BGP
    one UDP port is all that machines need of each other.
    """
    return {
        "enabled": True,
        "cni": {"type": "Calico"},
        "calicoNetwork": {
            "bgp": "Disabled",
            "ipPools": [
                {
                    "name": "default-ipv4-ippool",
                    "cidr": pod_cidr,
                    "encapsulation": "VXLAN",
                    "natOutgoing": "Enabled",
                    "nodeSelector": "all()",
                }
            ],
        },
        # Volume drivers that only Istio with Dikastes uses.
        "flexVolumePath": "None",
        "kubeletVolumePluginPath": "None",
        "calicoNodeDaemonSet": _container("calico-node", "100m", "96Mi", "256Mi"),
        "typhaDeployment": _container("calico-typha", "25m", "48Mi", "192Mi", tolerations=_BEFORE_THERE_IS_A_NETWORK),
        "calicoKubeControllersDeployment": _container("calico-kube-controllers", "25m", "48Mi", "192Mi"),
    }


def _container(name: str, cpu: str, memory: str, limit: str, **pod: Any) -> dict[str, Any]:
    """Return the part of a workload that says what its container takes, and what else its pod is to be."""
    container = {"name": name, "resources": _resources(cpu, memory, limit)}
    return {"spec": {"template": {"spec": {"containers": [container], **pod}}}}


def _resources(cpu: str, memory: str, limit: str) -> dict[str, Any]:
    """Return requests, and a limit of memory alone: throttled, these would slow every pod on their machine."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit}}
