"""Rules about machines: their labels, whom a pool is for, how many there are, and what kubeadm asks of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from spec.capacity.amounts import MIB
from spec.capacity.footprints import workloads
from spec.capacity.machines import architecture, instance, instance_types
from spec.cluster import EksCluster, ExistingCluster, K3dCluster, KubeadmCluster
from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.rules import rule

_SERVICE = "service"

# ControlPlaneMem and ControlPlaneNumCPU, which its preflight checks ask of what the kernel has.
# https://github.com/kubernetes/kubernetes/blob/v1.35.3/cmd/kubeadm/app/constants/constants.go
_CONTROL_PLANE_MIB, _CONTROL_PLANE_CPUS = 1700, 2

# A node may not give itself labels of Kubernetes' own, these apart: its kubelet ends with an error.
# https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction and
# https://github.com/kubernetes/kubernetes/blob/v1.35.3/staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go
_KUBERNETES = ("kubernetes.io", "k8s.io")
_KUBELETS_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
_KUBELETS = {
    "kubernetes.io/hostname",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
}


@rule
def one_pool_is_for_a_service(platform: Platform) -> Iterator[Mistake]:
    """The label `service` says whom a pool's machines are for: no other pool's, and nobody else among the services."""
    owners: dict[str, str] = {}
    for position, pool in enumerate(platform.node_pools):
        if not (service := pool.labels.get(_SERVICE)):
            continue
        if service in owners:
            remedy = f"label one pool so, and raise the size of {owners[service]} for more machines"
            path: Path = ("nodePools", position, "labels", _SERVICE)
            yield Mistake(path, f"is what pool {owners[service]} is for already", remedy, service)
        owners.setdefault(service, pool.name)
    labels = {pool.name: pool.labels.get(_SERVICE) for pool in platform.node_pools}
    for position, service in enumerate(platform.services):
        owner = labels.get(service.pool or "")
        if owner and owner != service.name:
            problem = f"is a pool whose label says that it is for {owner}"
            own = owners.get(service.name)
            remedy = f"take {own}" if own else "name another pool, or take the label off that one"
            yield Mistake(("services", position, "pool"), problem, remedy, service.pool)


@rule
def labels_are_such_as_a_kubelet_takes(platform: Platform) -> Iterator[Mistake]:
    """Machines register with labels of the file; with one of Kubernetes' own, they would never be nodes."""
    cluster = platform.cluster
    if not isinstance(cluster, EksCluster | KubeadmCluster):
        return
    given: list[tuple[Path, Mapping[str, str]]] = [
        (("nodePools", position, "labels"), pool.labels) for position, pool in enumerate(platform.node_pools)
    ]
    if isinstance(cluster, KubeadmCluster):
        given.append((("cluster", "controlPlane", "labels"), cluster.control_plane.labels))
    for path, labels in given:
        for label, value in labels.items():
            if not _kubelet_takes(label):
                problem = "is a label of Kubernetes' own, with which the kubelet would not start"
                remedy = "take one without kubernetes.io or k8s.io, such as role"
                yield Mistake((*path, label), problem, remedy, value)


def _kubelet_takes(label: str) -> bool:
    domain = label.rpartition("/")[0]
    return label in _KUBELETS or _within(domain, _KUBELETS_DOMAINS) or not _within(domain, _KUBERNETES)


def _within(domain: str, domains: tuple[str, ...]) -> bool:
    return any(domain == each or domain.endswith(f".{each}") for each in domains)


@rule
def pools_are_of_one_architecture(platform: Platform) -> Iterator[Mistake]:
    """A pool's machines start from one image, and run images of one kind."""
    for position, pool in enumerate(platform.node_pools):
        first, *others = pool.instance_types
        for number, other in enumerate(others, start=1):
            if architecture(other) != architecture(first):
                problem = f"is {architecture(other)}, and {first} beside it {architecture(first)}"
                remedy = "give each architecture a pool of its own"
                yield Mistake(("nodePools", position, "instanceTypes", number), problem, remedy, other)


@rule
def what_names_no_pool_has_one(platform: Platform) -> Iterator[Mistake]:
    """Much of what a platform runs names no pool, the cluster's own DNS to begin with: taints would keep it off all."""
    pools = platform.node_pools
    waiting = [each.name for each in workloads(platform) if each.pool is None and not each.every_node]
    if pools and waiting and all(each.keeps_off for each in pools):
        problem = (
            f"keeps off what names none, each by its taints: {waiting[0]} and {len(waiting) - 1} others would wait"
        )
        yield Mistake(("nodePools",), problem, "add one without taints, or with PreferNoSchedule")


@rule
def replicas_that_are_apart_have_a_node_each(platform: Platform) -> Iterator[Mistake]:
    """No two replicas of an engine are on one node: one for which there is none would wait, and `up` for it in vain."""
    for each in workloads(platform):
        if each.apart:
            yield from more_than_nodes(platform, each.apart, each.replicas, each.pool)


def more_than_nodes(platform: Platform, path: Path, replicas: int, pool: str | None = None) -> Iterator[Mistake]:
    """Yield a mistake where there are more ``replicas``, a number at ``path``, than nodes that they may be on.

    Those are of ``pool``, or of each that keeps nobody off, at its largest. Of a cluster that somebody else runs nobody
    has said how many it has.
    """
    cluster = platform.cluster
    if isinstance(cluster, ExistingCluster):
        return
    if isinstance(cluster, K3dCluster):
        nodes, where, more = cluster.servers + cluster.agents, "", "cluster.agents"
    else:
        pools = [each for each in platform.node_pools if (each.name == pool if pool else not each.keeps_off)]
        nodes = sum(each.size.max for each in pools)
        where = f" in pool{'s' * (len(pools) > 1)} {' and '.join(each.name for each in pools)}"
        more = f"size.max of {' or '.join(each.name for each in pools)}"
        if not pools:
            return  # others tell of one that is not declared, and of none
    if replicas > nodes:
        yield Mistake(path, f"is more than there are nodes{where}, {nodes}", f"lower it, or raise {more}", replicas)


@rule
def pools_without_an_autoscaler_have_one_size(platform: Platform) -> Iterator[Mistake]:
    """On kubeadm as many machines are made as the file says; what is to run on more would find none."""
    if not isinstance(platform.cluster, KubeadmCluster):
        return
    for position, pool in enumerate(platform.node_pools):
        if pool.size.min < pool.size.max:
            problem = f"is below max, {pool.size.max}, and nothing on kubeadm makes the machines between"
            remedy = "give min and max the same number"
            yield Mistake(("nodePools", position, "size", "min"), problem, remedy, pool.size.min)


@rule
def kubeadm_takes_the_control_plane(platform: Platform) -> Iterator[Mistake]:
    """kubeadm founds no cluster, and joins no control plane, on a machine with less than it asks for."""
    cluster = platform.cluster
    if not isinstance(cluster, KubeadmCluster) or cluster.control_plane.instance_type not in instance_types():
        return
    machine = instance(cluster.control_plane.instance_type, cluster)
    has, cpus = machine.has.memory // MIB, machine.has.cpu // 1000
    seen = (machine.has.memory - machine.withheld["kernel"].memory) // MIB
    if seen >= _CONTROL_PLANE_MIB and cpus >= _CONTROL_PLANE_CPUS:
        return
    problem = (
        f"is too small for kubeadm, which asks for {_CONTROL_PLANE_CPUS} CPUs and {_CONTROL_PLANE_MIB} Mi: "
        f"it has {cpus} CPUs, and of {has} Mi, less {has - seen} Mi that its kernel keeps, {seen} Mi"
    )
    path = ("cluster", "controlPlane", "instanceType")
    yield Mistake(path, problem, "take a larger one, such as t3.medium", cluster.control_plane.instance_type)
