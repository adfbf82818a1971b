"""Rules about room: quotas and machines have it for everything that a platform runs, not for its services alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from spec.capacity.addresses import held_by_tier, offered
from spec.capacity.amounts import KINDS, Amount, readable, total
from spec.capacity.demand import Demand, demands
from spec.capacity.machines import Machine, instance_types
from spec.capacity.placement import Homeless, Placement, place
from spec.capacity.workloads import Workload
from spec.cluster import ExistingCluster
from spec.mistakes import MISSING, Mistake, Path, did_you_mean, dotted
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
    by_pool: dict[str | None, list[Homeless]] = defaultdict(list)
    for each in placement.homeless if placement else ():
        if each.roomiest is not None:
            by_pool[each.workload.pool].append(each)
    for homeless in by_pool.values():
        assert placement is not None
        yield _crowded(platform, placement, homeless)


@rule
def limits_are_within_the_machine(platform: Platform) -> Iterator[Mistake]:
    """No container may grow beyond the whole memory of the machine it is on: the kernel would end it, or another,
    before its limit does. More than pods are promised there is the stack file's to choose, by lower requests."""
    placement = place(platform)
    if placement is None:
        return
    homeless = {each.workload.name for each in placement.homeless}
    for workload, _ in placement.requests:
        machines = [node.machine for node in placement.nodes if node.may_have(workload)]
        if not machines or workload.name in homeless:
            continue
        machine = max(machines, key=lambda each: each.has.memory)
        limit = max(each.asks("limits", None).memory for each in workload.containers)
        if limit > machine.has.memory:
            yield _boundless(platform, workload, readable("memory", limit), machine)


def _boundless(platform: Platform, workload: Workload, limit: str, machine: Machine) -> Mistake:
    """Return the mistake of a container that may take more memory than there is."""
    machines = _machines_of(platform, workload.pool)
    keys = {"requests": (*workload.path[:-1], "limits", "memory"), "memory": workload.path}
    path = keys.get(str(workload.path[-1]), machines) if workload.path else machines
    where = f"pool {workload.pool}" if workload.pool else "the cluster"
    problem = f"lets {workload.name} in {where} take {limit} of memory, more than there is: {machine}"
    larger = "take larger machines" if platform.node_pools else f"raise {dotted(machines)}"
    return Mistake(path, problem, larger if path == machines else f"lower it, or {larger}", _in(platform, path))


@rule
def machines_find_addresses(platform: Platform) -> Iterator[Mistake]:
    """A tier has the addresses that its pools' machines hold at their most: the next machine would run no pod."""
    given = offered(platform.network) if platform.network else {}
    for tier, holders in held_by_tier(platform).items():
        if tier not in given or holders.total() <= given[tier]:
            continue
        pools = [(pool.size.max, position) for position, pool in enumerate(platform.node_pools) if pool.tier == tier]
        most, position = max(pools)
        who = ", ".join(f"{name} {count}" for name, count in holders.most_common())
        problem = f"makes machines hold {holders.total()} addresses of tier {tier}, which has {given[tier]}: {who}"
        remedy = "lower it, or give the tier larger networks"
        yield Mistake(("nodePools", position, "size", "max"), problem, remedy, most)


def _crowded(platform: Platform, placement: Placement, homeless: Sequence[Homeless]) -> Mistake:
    """Return the mistake of a pool that is too small: what requests the most there, whoever it is that goes without."""
    first = homeless[0]
    node, pool = first.roomiest, first.workload.pool
    assert node is not None
    lacking = next((kind for kind in KINDS if getattr(first.asked, kind) > getattr(node.room, kind)), "memory")
    rivals = [(workload, asked) for workload, asked in placement.requests if workload.pool == pool]
    most, together = max(rivals, key=lambda rival: getattr(rival[1], lacking))
    told = next((each for each in homeless if each.workload is most), first)
    machines = _machines_of(platform, pool)
    # To name another pool makes nothing smaller.
    path = most.path if most.path and most.path[-1] != "pool" else machines
    path = (*path, lacking) if path[-1] == "requests" else path
    where = f"pool {pool}" if pool else "the cluster"
    others = f", nor for {len(homeless) - 1} others" if len(homeless) > 1 else ""
    share = readable(lacking, getattr(together, lacking))
    cause = "" if told.workload is most else f"is {share} for {most.name} in all, and "
    problem = (
        f"{cause}leaves no room for {told.workload.name} in {where}, whose pod requests {told.asked}{others}: {node}"
    )
    larger = "take larger or more machines" if platform.node_pools else f"raise {dotted(machines)}"
    return Mistake(path, problem, larger if path == machines else f"lower it, or {larger}", _in(platform, path))


def _machines_of(platform: Platform, pool: str | None) -> Path:
    for position, each in enumerate(platform.node_pools):
        if each.name == pool:
            return ("nodePools", position, "instanceTypes")
    if platform.node_pools:
        return ("nodePools",)
    return ("cluster", "capacity" if isinstance(platform.cluster, ExistingCluster) else "machine")


def _in(platform: Platform, path: Path) -> object:
    value: object = platform.model_dump(by_alias=True)
    for step in path:
        value = value[step]  # type: ignore[index]
    return MISSING if value is None else value
