"""Rules for machines that AWS may take back at two minutes' notice."""

from __future__ import annotations

from collections.abc import Iterator

from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.rules import rule

# Two minutes, less what it takes until pods are told:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
_MOST_GRACE_SECONDS = 110
_FEWEST_PODS = 2


@rule
def spot_is_for_what_may_be_interrupted(platform: Platform) -> Iterator[Mistake]:
    """A service on spot may move, ends inside the notice, and has a pod elsewhere while it does."""
    spot = {pool.name for pool in platform.node_pools if pool.capacity == "spot"}
    steady = [pool.name for pool in platform.node_pools if pool.capacity == "onDemand"]
    for position, service in enumerate(platform.services):
        if service.pool not in spot:
            continue
        here: Path = ("services", position)
        if not service.interruptible:
            remedy = f"take {' or '.join(steady)}" if steady else "add a pool that is on demand"
            yield Mistake((*here, "pool"), "is spot, and the service must not be interrupted", remedy, service.pool)
            continue
        grace = service.termination_grace_seconds
        if grace > _MOST_GRACE_SECONDS:
            problem = "is more than the notice that spot gives"
            yield Mistake((*here, "terminationGraceSeconds"), problem, f"at most {_MOST_GRACE_SECONDS}", grace)
        if service.kind == "api" and service.replicas.min < _FEWEST_PODS:
            problem = "leaves nothing that answers while its machine is taken back"
            yield Mistake((*here, "replicas", "min"), problem, f"at least {_FEWEST_PODS}", service.replicas.min)
