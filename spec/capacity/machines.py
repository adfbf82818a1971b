"""What a machine has left for pods, once its hypervisor, its kernel, the kubelet and the system have their share."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from spec.capacity.amounts import MIB, Amount
from spec.cluster import EksCluster, ExistingCluster, K3dCluster, KubeadmCluster

# As EC2's DescribeInstanceTypes has them: vCPUs, memory in MiB, network interfaces, IPv4 addresses of each.
_TYPES = Path(__file__).with_name("instance_types.csv")

# Graviton families have a g among the letters behind the generation: m7g, c6gn, r6gd; g5 has not, g5g has.
# https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
_GRAVITON = re.compile(r"^(a1|[a-z]+\d+[a-z]*g[a-z]*)\.")

# What of an instance's memory its kernel never sees: the share that Karpenter reckons with.
# https://karpenter.sh/docs/reference/settings/ (VM_MEMORY_OVERHEAD_PERCENT)
_UNSEEN = 0.075

# What components/cluster/cloud_init/init.yaml tells kubelets: kubeReserved, systemReserved and evictionHard.
KUBEADM_RESERVED = {
    "kubelet": Amount.of({"cpu": "50m", "memory": "128Mi"}),
    "system": Amount.of({"cpu": "50m", "memory": "100Mi"}),
    "eviction": Amount.of({"memory": "64Mi"}),
}
# https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ (maxPods)
_KUBELET_PODS = 110

# k3s beside what runs in it: https://docs.k3s.io/reference/resource-profiling
_K3S_SERVER, _K3S_AGENT = Amount(60, 1606 * 10**6), Amount(30, 275 * 10**6)


@dataclass(frozen=True)
class InstanceType:
    """A row of the table of instance types."""

    vcpus: int
    mib: int
    interfaces: int
    addresses: int


@dataclass(frozen=True)
class Machine:
    """One machine: what it has, and what of that pods can't be promised."""

    kind: str
    has: Amount
    withheld: Mapping[str, Amount]
    pods: int

    @cached_property
    def allocatable(self) -> Amount:
        """What is left for pods, which Kubernetes calls allocatable, too."""
        return self.has - sum(self.withheld.values(), Amount())

    def __str__(self) -> str:
        if not self.withheld:
            return f"{self.kind} has {self.has}"
        less = ", ".join(f"{what} {amount.memory // MIB} Mi" for what, amount in self.withheld.items())
        return f"{self.kind} has {self.has}; less {less} leaves {self.allocatable}"


@cache
def instance_types() -> Mapping[str, InstanceType]:
    """Return the instance types that are known, by name."""
    with _TYPES.open() as file:
        return {row.pop("type"): InstanceType(**{key: int(row[key]) for key in row}) for row in csv.DictReader(file)}


def instance(name: str, cluster: EksCluster | KubeadmCluster) -> Machine:
    """Return an instance type as a node of ``cluster``. Raises KeyError for one that is not known."""
    known = instance_types()[name]
    has = Amount(known.vcpus * 1000, known.mib * MIB)
    unseen = Amount(memory=int(has.memory * _UNSEEN))
    if isinstance(cluster, KubeadmCluster):
        return Machine(name, has, {"kernel": unseen, **KUBEADM_RESERVED}, _KUBELET_PODS)
    return Machine(name, has, {"kernel": unseen, **_eks_reserved(known)}, _eks_pods(known))


def architecture(instance_type: str) -> str:
    """Return ``arm64`` for Graviton instance types, ``amd64`` for all others."""
    return "arm64" if _GRAVITON.match(instance_type) else "amd64"


def _eks_pods(known: InstanceType) -> int:
    """One pod for each address that an interface has besides its own, and two in the node's own network.

    https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/eni_max_pods.go
    """
    ceiling = 110 if known.vcpus < 30 else 250
    return min(ceiling, known.interfaces * (known.addresses - 1) + 2)


def _eks_reserved(known: InstanceType) -> dict[str, Amount]:
    """What Amazon's images reserve: 6 % of the first core, 1 % of the second, half of one of the next two, a quarter
    of one of each further; 255 MiB and 11 for each pod that could be there.

    https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/config.go
    """
    shares = [60, 10, 5, 5, *[2.5] * max(0, known.vcpus - 4)]
    addresses = known.interfaces * (known.addresses - 1) + 2
    return {
        "kubelet": Amount(int(sum(shares[: known.vcpus])), (255 + 11 * addresses) * MIB),
        "eviction": Amount(memory=100 * MIB),
    }


def shared(cluster: K3dCluster | ExistingCluster) -> Machine | None:
    """Return what all nodes of a cluster share; None where nobody has said what that is."""
    if isinstance(cluster, ExistingCluster):
        has = cluster.capacity and Amount.of(cluster.capacity.model_dump())
        return Machine(cluster.context, has, {}, _KUBELET_PODS) if has else None
    k3s = _K3S_SERVER * cluster.servers + _K3S_AGENT * cluster.agents
    pods = _KUBELET_PODS * (cluster.servers + cluster.agents)
    return Machine("this machine", Amount.of(cluster.machine.model_dump()), {"k3s": k3s}, pods)
