"""What the pods of each namespace take of its quota."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spec.capacity.amounts import Amount
from spec.capacity.footprints import workloads
from spec.capacity.workloads import Workload
from spec.platform import Platform
from spec.security import LimitRange


@dataclass(frozen=True)
class Demand:
    """Everything in one namespace at its most: services scaled out, and a new version of each part on its way."""

    namespace: str
    workloads: Sequence[Workload]
    nodes: int
    """How many pods a DaemonSet has."""
    defaults: LimitRange | None

    def count(self, workload: Workload) -> int:
        """Return how many pods a workload has at most."""
        return self.nodes if workload.every_node else workload.most

    def asks(self, kind: str) -> dict[str, Amount]:
        """Return the ``requests`` or ``limits`` of all pods of each workload, by its name."""
        return {each.name: each.pod(kind, self.defaults) * self.count(each) for each in self.workloads}

    @property
    def claims(self) -> int:
        """How many volumes all workloads claim together."""
        return sum(each.claims * each.replicas for each in self.workloads)


def demands(platform: Platform) -> dict[str, Demand]:
    """Return the demand of every namespace that something runs in, by its name."""
    inside: Mapping[str, list[Workload]] = defaultdict(list)
    for each in workloads(platform):
        inside[each.namespace].append(each)
    declared = {each.name: each.limit_range or platform.security.limit_range for each in platform.security.namespaces}
    nodes = platform.most_nodes()
    return {name: Demand(name, found, nodes, declared.get(name)) for name, found in sorted(inside.items())}
