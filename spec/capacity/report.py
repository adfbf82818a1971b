"""What `python -m spec capacity` prints: who asks for what, of which quota, on which machine."""

from __future__ import annotations

from collections.abc import Iterator

from spec.capacity.amounts import Amount, total
from spec.capacity.demand import demands
from spec.capacity.placement import Node, place
from spec.platform import Platform

_WIDTH = 42


def report(platform: Platform) -> str:
    """Return the whole calculation as text."""
    return "\n".join([*_namespaces(platform), "", *_machines(platform)])


def _namespaces(platform: Platform) -> Iterator[str]:
    yield "Namespaces: everything at its most, and a new version of each part on its way"
    quotas = {each.name: each.quota or platform.security.quota for each in platform.security.namespaces}
    for name, demand in demands(platform).items():
        yield f"\n{name:<{_WIDTH}}{'pods':>6}{'requests':>24}{'limits':>24}"
        requests, limits = demand.asks("requests"), demand.asks("limits")
        for each in demand.workloads:
            asked = f"{requests[each.name]!s:>24}{limits[each.name]!s:>24}"
            yield f"  {each.name:<{_WIDTH - 2}}{demand.count(each):>6}{asked}"
        yield f"  {'together':<{_WIDTH - 2}}{'':>6}{total(requests)!s:>24}{total(limits)!s:>24}"
        if quota := quotas.get(name):
            given = [Amount.of(each.model_dump()) for each in (quota.requests, quota.limits)]
            volumes = f"volumes {demand.claims} of {quota.persistent_volume_claims}"
            yield f"  {'quota':<{_WIDTH - 2}}{'':>6}{given[0]!s:>24}{given[1]!s:>24}  {volumes}"


def _machines(platform: Platform) -> Iterator[str]:
    placement = place(platform)
    if placement is None:
        yield "Machines: nobody has said what they are"
        return
    yield "Machines: requests, with every pool at its largest; the smallest of a pool's instance types"
    same: dict[str, list[Node]] = {}
    for node in placement.nodes:
        same.setdefault(str(node), []).append(node)
    for text, nodes in same.items():
        more = f" and {len(nodes) - 1} more like it" if len(nodes) > 1 else ""
        yield f"\n{nodes[0].name}{more}"
        yield f"  {text}"
    for each in placement.homeless:
        yield f"\nno room for {each.workload.name}: {each.asked}"
