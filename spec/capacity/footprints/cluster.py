"""What a cluster runs for itself, and what it is given to be one."""

from __future__ import annotations

from collections.abc import Iterator

from spec.capacity.workloads import Workload, container, rolling
from spec.cluster import EksCluster, ExistingCluster, K3dCluster, KubeadmCluster
from spec.platform import Platform

_SYSTEM = "kube-system"
_DNS = container("coredns", "100m/70Mi", "/170Mi")
_CSI_SIDECARS = ("provisioner", "attacher", "resizer")
_CSI = [
    *(container(name, "10m/40Mi", "/256Mi") for name in ("ebs-plugin", *(f"csi-{it}" for it in _CSI_SIDECARS))),
    container("liveness-probe", "10m/32Mi", "/32Mi"),
]
_BESIDE_CSI = [container(name, "10m/32Mi", "/32Mi") for name in ("node-driver-registrar", "liveness-probe")]


def k3s(platform: Platform) -> Iterator[Workload]:
    """https://github.com/k3s-io/k3s/tree/v1.35.3%2Bk3s1/manifests; what is not listed there asks for nothing."""
    if isinstance(platform.cluster, K3dCluster):
        yield Workload("coredns", _SYSTEM, [_DNS])
        yield Workload("metrics-server", _SYSTEM, [container("metrics-server", "100m/70Mi")])


def eks(platform: Platform) -> Iterator[Workload]:
    """The managed add-ons with their own defaults."""
    if not isinstance(platform.cluster, EksCluster):
        return
    agents = [container(name, "25m") for name in ("aws-node", "aws-eks-nodeagent")]
    yield Workload("aws-node", _SYSTEM, agents, every_node=True)
    yield Workload("kube-proxy", _SYSTEM, [container("kube-proxy", "100m")], every_node=True)
    driver = [container("ebs-plugin", "10m/40Mi", "/256Mi"), *_BESIDE_CSI]
    yield Workload("ebs-csi-node", _SYSTEM, driver, every_node=True)
    yield Workload("ebs-csi-controller", _SYSTEM, _CSI, replicas=2)
    yield Workload("coredns", _SYSTEM, [_DNS], replicas=2, surge=rolling(2))


def kubeadm(platform: Platform) -> Iterator[Workload]:
    """CoreDNS, kube-proxy, Calico and the EBS CSI driver; what the control plane's machines run stays on them.

    Of Typha there is one for every few nodes, three at least:
    https://github.com/tigera/operator/blob/v1.42.3/pkg/common/autoscale.go
    """
    if not isinstance(platform.cluster, KubeadmCluster):
        return
    calico = "calico-system"
    yield Workload("calico-node", calico, [container("calico-node", "100m/96Mi", "/256Mi")], every_node=True)
    yield Workload("calico-typha", calico, [container("calico-typha", "25m/48Mi", "/192Mi")], replicas=3)
    controllers = container("calico-kube-controllers", "25m/48Mi", "/192Mi")
    yield Workload("calico-kube-controllers", calico, [controllers])
    operator = container("tigera-operator", "50m/96Mi", "/256Mi")
    yield Workload("tigera-operator", "tigera-operator", [operator], surge=rolling(1))
    yield Workload("kube-proxy", _SYSTEM, [container("kube-proxy")], every_node=True)
    driver = [container("ebs-plugin", "5m/24Mi", "/128Mi"), *_BESIDE_CSI]
    yield Workload("ebs-csi-node", _SYSTEM, driver, every_node=True)
    yield Workload("ebs-csi-controller", _SYSTEM, _CSI)
    yield Workload("coredns", _SYSTEM, [_DNS], replicas=2, surge=rolling(2))


def autoscaler(platform: Platform) -> Iterator[Workload]:
    """Where EKS has pools whose size may vary."""
    if isinstance(platform.cluster, EksCluster) and any(p.size.max > p.size.min for p in platform.node_pools):
        size = container("aws-cluster-autoscaler", "100m/300Mi", "500m/600Mi")
        yield Workload("cluster-autoscaler", _SYSTEM, [size], surge=rolling(1))


def metrics_server(platform: Platform) -> Iterator[Workload]:
    """Where the cluster brings none."""
    match platform.cluster:
        case K3dCluster():
            return
        case ExistingCluster() as existing if existing.metrics_server:
            return
        case EksCluster() as managed if "metrics-server" in managed.addons:
            return
    size = container("metrics-server", "100m/200Mi", "200m/300Mi")
    yield Workload("metrics-server", _SYSTEM, [size], surge=rolling(1))


def longhorn(platform: Platform) -> Iterator[Workload]:
    """Longhorn; an instance manager keeps a share of its machine's CPUs for itself, and asks for no memory.

    https://github.com/longhorn/longhorn-manager/tree/v1.12.1/csi
    """
    if platform.storage is None:
        return
    where, small = "longhorn-system", ("10m/32Mi", "200m/128Mi")
    beside = [container(name, *small) for name in ("node-driver-registrar", "longhorn-liveness-probe")]
    manager = [container("longhorn-manager", "50m/128Mi", "500m/512Mi"), container("pre-pull-share-manager-image")]
    yield Workload("longhorn-manager", where, manager, every_node=True)
    plugin = [container("longhorn-csi-plugin", *small), *beside]
    yield Workload("longhorn-csi-plugin", where, plugin, every_node=True)
    yield Workload("instance-manager", where, [container("instance-manager", "200m")], every_node=True)
    for part in ("attacher", "provisioner", "resizer", "snapshotter"):
        yield Workload(f"csi-{part}", where, [container(f"csi-{part}", *small)], surge=rolling(1))
