"""Rules about room: quotas and machines have it for everything that a platform runs, not for its services alone."""

from __future__ import annotations

from collections.abc import Iterator

from spec.capacity.amounts import KINDS, Amount, readable, total
from spec.capacity.demand import Demand, demands
from spec.capacity.machines import instance_types
from spec.capacity.placement import Node, place
from spec.capacity.workloads import Workload
from spec.cluster import ExistingCluster
from spec.mistakes import MISSING, Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.rules import rule
from spec.security import Quota

_SHOWN = 4


@rule
def everything_fits_its_quota(platform: Platform) -> Iterator[Mistake]:
    """Every namespace has room for all that runs there at its most, defaults filled in, while one version replaces
    another: the API server would refuse a pod that has none, and the others would wait for it."""
    found = demands(platform)
    for position, namespace in enumerate(platform.security.namespaces):
        if demand := found.get(namespace.name):
            here: Path = ("security", "namespaces", position, "quota")
            yield from _over(demand, namespace.quota or platform.security.quota, here)


def _over(demand: Demand, quota: Quota, here: Path) -> Iterator[Mistake]:
    for kind in ("requests", "limits"):
        asked = demand.asks(kind)
        given = getattr(quota, kind)
        for what in KINDS:
            needed, available = getattr(total(asked), what), getattr(Amount.of(given.model_dump()), what)
            if needed > available:
                parts = _largest(demand, asked, what)
                problem = f"is less than what runs in {demand.namespace} at its most, {readable(what, needed)}: {parts}"
                remedy = "raise the quota, or lower replicas or resources of what runs there"
                yield Mistake((*here, kind, what), problem, remedy, getattr(given, what))
    if demand.claims > quota.persistent_volume_claims:
        owners = ", ".join(f"{each.name} {each.claims * each.replicas}" for each in demand.workloads if each.claims)
        problem = f"is less than the {demand.claims} volumes in {demand.namespace}: {owners}"
        path = (*here, "persistentVolumeClaims")
        yield Mistake(path, problem, "raise the quota", quota.persistent_volume_claims)


def _largest(demand: Demand, asked: dict[str, Amount], what: str) -> str:
    counts = {each.name: demand.count(each) for each in demand.workloads}
    ranked = sorted(asked.items(), key=lambda item: -getattr(item[1], what))
    shown = [f"{name} {counts[name]} × {readable(what, getattr(each, what) // counts[name])}" for name, each in ranked]
    rest = sum(getattr(each, what) for _, each in ranked[_SHOWN:])
    return ", ".join([*shown[:_SHOWN], *([f"others {readable(what, rest)}"] if rest else [])])


@rule
def machines_are_known(platform: Platform) -> Iterator[Mistake]:
    """An instance type is one that there is."""
    named: list[tuple[Path, str]] = [
        (("nodePools", position, "instanceTypes", number), name)
        for position, pool in enumerate(platform.node_pools)
        for number, name in enumerate(pool.instance_types)
    ]
    control_plane = getattr(platform.cluster, "control_plane", None)
    if control_plane:
        named.append((("cluster", "controlPlane", "instanceType"), control_plane.instance_type))
    for path, name in named:
        if name not in instance_types():
            remedy = did_you_mean(name, instance_types(), "instance types")
            if "did you mean" not in remedy:
                remedy = "take one of spec/capacity/instance_types.csv, or add a newer one there"
            yield Mistake(path, "is no instance type that is known", remedy, name)


@rule
def everything_fits_its_machines(platform: Platform) -> Iterator[Mistake]:
    """Every pod finds a machine that has room for what it requests, with what runs on every node counted."""
    placement = place(platform)
    for workload, asked, roomiest in placement.homeless if placement else ():
        if roomiest is not None:
            yield _homeless(platform, workload, asked, roomiest)


def _homeless(platform: Platform, workload: Workload, asked: Amount, node: Node) -> Mistake:
    lacking = next((kind for kind in KINDS if getattr(asked, kind) > getattr(node.room, kind)), "memory")
    path = workload.path or _machines_of(platform, workload)
    path = (*path, lacking) if path[-1] == "requests" else path
    where = f"pool {workload.pool}" if workload.pool else "the cluster"
    problem = f"leaves no room for {workload.name} in {where}, whose pod requests {asked}: {node}"
    remedy = "lower it, or take larger or more machines"
    return Mistake(path, problem, remedy, _value(platform, path))


def _machines_of(platform: Platform, workload: Workload) -> Path:
    for position, pool in enumerate(platform.node_pools):
        if pool.name == workload.pool:
            return ("nodePools", position, "instanceTypes")
    if platform.node_pools:
        return ("nodePools",)
    return ("cluster", "capacity" if isinstance(platform.cluster, ExistingCluster) else "machine")


def _value(platform: Platform, path: Path) -> object:
    value: object = platform.model_dump(by_alias=True)
    for step in path:
        value = value[step]  # type: ignore[index]
    return MISSING if value is None else value
