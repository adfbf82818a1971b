"""Rules for machines that AWS may take back at two minutes' notice."""

from __future__ import annotations

from collections.abc import Iterator

from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.rules import rule
from spec.services import Service

# Two minutes, less what it takes until pods are told:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
_MOST_GRACE_SECONDS = 110
_FEWEST_PODS = 2


@rule
def spot_is_for_what_may_be_interrupted(platform: Platform) -> Iterator[Mistake]:
    """A service on spot may move, ends inside the notice, and has a pod elsewhere while it does."""
    spot = {pool.name for pool in platform.node_pools if pool.capacity == "spot"}
    for position, service in enumerate(platform.services):
        here: Path = ("services", position)
        if not service.interruptible:
            yield from _interrupted(platform, service, here)
        elif service.pool in spot:
            yield from _cut_short(service, here)


def _interrupted(platform: Platform, service: Service, here: Path) -> Iterator[Mistake]:
    """Yield a mistake where a service that must not be interrupted is on spot, or may come to be."""
    spot = [pool for pool in platform.node_pools if pool.capacity == "spot"]
    steady = [pool.name for pool in platform.node_pools if pool.capacity == "onDemand"]
    remedy = f"take {' or '.join(steady)}" if steady else "add a pool that is on demand"
    if service.pool in {pool.name for pool in spot}:
        yield Mistake((*here, "pool"), "is spot, and the service must not be interrupted", remedy, service.pool)
    elif service.pool is None and (open_to_all := [pool.name for pool in spot if not pool.keeps_off]):
        problem = f"is missing, so its pods may come to {' or '.join(open_to_all)}, which is spot, and must not"
        yield Mistake((*here, "pool"), f"{problem} be interrupted", remedy)


def _cut_short(service: Service, here: Path) -> Iterator[Mistake]:
    """Yield a mistake where a service on spot has no time to end, or nobody who answers meanwhile."""
    grace = service.termination_grace_seconds
    if grace > _MOST_GRACE_SECONDS:
        problem = "is more than the notice that spot gives"
        yield Mistake((*here, "terminationGraceSeconds"), problem, f"at most {_MOST_GRACE_SECONDS}", grace)
    if service.kind == "api" and service.replicas.min < _FEWEST_PODS:
        problem = "leaves nothing that answers while its machine is taken back"
        yield Mistake((*here, "replicas", "min"), problem, f"at least {_FEWEST_PODS}", service.replicas.min)
