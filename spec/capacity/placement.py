"""Whether the machines have room for every pod, found out as a scheduler does: by putting each somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from spec.capacity.amounts import Amount, total
from spec.capacity.footprints import workloads
from spec.capacity.machines import Machine, instance, instance_types, shared
from spec.capacity.workloads import Workload
from spec.cluster import EksCluster, KubeadmCluster
from spec.platform import Platform
from spec.security import LimitRange

CONTROL_PLANE = "control plane"
_NAMED = 6


@dataclass
class Node:
    """A machine, and what runs on it."""

    name: str
    pool: str
    machine: Machine
    daemons: dict[str, Amount]
    tainted: bool
    """Keeps off what does not name its pool."""
    several: bool = False
    """Stands for all nodes of a cluster, on which pods may well be apart."""
    placed: dict[str, tuple[int, Amount]] = field(default_factory=dict)
    """Number and requests of the pods there, by the name of their workload."""
    room: Amount = field(init=False)
    """What is left for others."""
    pods: int = field(init=False)

    def __post_init__(self) -> None:
        self.room = self.machine.allocatable - total(self.daemons)
        self.pods = len(self.daemons)

    def may_have(self, workload: Workload) -> bool:
        """Whether it is one of the machines that ``workload`` is for."""
        return workload.pool == self.pool if workload.pool else not self.tainted

    def admits(self, workload: Workload) -> bool:
        """Whether a pod of ``workload`` may come to those that are there, if there is room."""
        beside = workload.apart and workload.name in self.placed and not self.several
        return self.may_have(workload) and not beside

    def takes(self, workload: Workload, asked: Amount) -> bool:
        """Return whether one more pod of a workload, which requests ``asked``, may be here and has room."""
        return self.admits(workload) and self.pods < self.machine.pods and asked <= self.room

    def put(self, workload: Workload, asked: Amount) -> None:
        """Add a pod of a workload, which requests ``asked``."""
        number, before = self.placed.get(workload.name, (0, Amount()))
        self.placed[workload.name] = number + 1, before + asked
        # Kept as it goes: every pod is tried on every node.
        self.room -= asked
        self.pods += 1

    def __str__(self) -> str:
        daemons = f"{total(self.daemons)} for what runs on every node ({', '.join(self.daemons)})"
        ranked = sorted(self.placed.items(), key=lambda item: -item[1][1].memory)
        named = "".join(f", {asked} for {name}" for name, (_, asked) in ranked[:_NAMED])
        rest = total([asked for _, (_, asked) in ranked[_NAMED:]])
        others = f", {rest} for others" if ranked[_NAMED:] else ""
        full = f" and {self.machine.pods - self.pods} of {self.machine.pods} pods"
        return f"{self.machine}; less {daemons}{named}{others} leaves {self.room}{full}"


@dataclass(frozen=True)
class Homeless:
    """A workload with a pod that no machine has room for."""

    workload: Workload
    asked: Amount
    """What the pod requests."""
    roomiest: Node | None
    """The machine with the most room for it; None where none admits it, however small it were."""


@dataclass(frozen=True)
class Placement:
    """Where the pods went."""

    nodes: Sequence[Node]
    homeless: Sequence[Homeless]
    requests: Sequence[tuple[Workload, Amount]]
    """What the pods of each workload request together, but for what runs on every node."""


def place(platform: Platform) -> Placement | None:
    """Return where every pod goes with all pools at their largest; None where nobody has said what machines there are.

    Pods that name a pool are placed first, the larger before the smaller, and each goes to the machine where it leaves
    the least memory. Deployments are updated one at a time, so one extra pod is counted for each pool: that of its
    largest Deployment.
    """
    found = list(workloads(platform))
    nodes = list(_nodes(platform, found))
    if not nodes:
        return None
    somewhere = [each for each in found if not each.every_node]
    pods = [each for workload in somewhere for each in [workload] * workload.replicas]
    pods += _updated(somewhere)
    # By what they are, not by name: a service may be called as a part of the platform in another namespace.
    homeless: dict[int, Homeless] = {}
    requests = {id(each): each.pod("requests", _defaults(platform, each.namespace)) for each in somewhere}
    for workload in sorted(pods, key=lambda each: (each.pool is None, *_size(each))):
        asked = requests[id(workload)]
        fitting = [node for node in nodes if node.takes(workload, asked)]
        if fitting:
            min(fitting, key=lambda node: node.room.memory).put(workload, asked)
        else:
            homeless.setdefault(id(workload), Homeless(workload, asked, _roomiest(nodes, workload)))
    together = [(each, requests[id(each)] * each.replicas) for each in somewhere]
    return Placement(nodes, list(homeless.values()), together)


def _defaults(platform: Platform, namespace: str) -> LimitRange | None:
    declared = next((each for each in platform.security.namespaces if each.name == namespace), None)
    return (declared.limit_range or platform.security.limit_range) if declared else None


def _size(workload: Workload) -> tuple[int, int]:
    asked = workload.pod("requests")
    return -asked.memory, -asked.cpu


def _updated(found: Sequence[Workload]) -> list[Workload]:
    """Return the Deployment of each pool whose update takes the most room."""
    largest: dict[str | None, Workload] = {}
    for each in sorted((each for each in found if each.surge), key=_size):
        largest.setdefault(each.pool, each)
    return list(largest.values())


def _roomiest(nodes: Sequence[Node], workload: Workload) -> Node | None:
    candidates = [node for node in nodes if node.admits(workload)]
    return max(candidates, key=lambda node: node.room.memory, default=None)


def _nodes(platform: Platform, found: Sequence[Workload]) -> Iterator[Node]:
    everywhere = [each for each in found if each.every_node]
    daemons = {each.name: each.pod("requests", _defaults(platform, each.namespace)) for each in everywhere}
    cluster = platform.cluster
    if not isinstance(cluster, EksCluster | KubeadmCluster):
        if machine := shared(cluster):
            all_nodes = {name: asked * platform.most_nodes() for name, asked in daemons.items()}
            yield Node(machine.kind, "", machine, all_nodes, tainted=False, several=True)
        return
    if isinstance(cluster, KubeadmCluster) and cluster.control_plane.instance_type in instance_types():
        machine = instance(cluster.control_plane.instance_type, cluster)
        for number in range(cluster.control_plane.count):
            yield Node(f"{CONTROL_PLANE} {number}", CONTROL_PLANE, machine, daemons, tainted=True)
    for pool in platform.node_pools:
        if pool.instance_types[0] in instance_types():
            machine = _smallest([instance(each, cluster) for each in pool.instance_types if each in instance_types()])
            for number in range(pool.size.max):
                yield Node(f"{pool.name} {number}", pool.name, machine, daemons, pool.keeps_off)


def _smallest(machines: Sequence[Machine]) -> Machine:
    """Spot takes whichever type is to be had, so a pool has to do with the least of them."""
    return min(machines, key=lambda machine: (machine.allocatable.memory, machine.allocatable.cpu))
