"""Subnet arithmetic: which addresses each tier gets in each availability zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network
from itertools import combinations

# AWS takes subnets from /16 (65,536 addresses) to /28 (16, of which it keeps 5):
# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
LARGEST_PREFIX, SMALLEST_PREFIX = 16, 28


def carve(network: IPv4Network, prefix: int, count: int, taken: Iterable[IPv4Network]) -> list[IPv4Network]:
    """Return the first ``count`` subnets of length ``prefix`` in ``network`` that overlap none of ``taken``.

    Raises ValueError, with what would fit, when the network has no room for them.
    """
    if prefix < network.prefixlen:
        raise ValueError(f"/{prefix} is larger than the network {network}")
    occupied = list(taken)
    free = (s for s in network.subnets(new_prefix=prefix) if not any(s.overlaps(t) for t in occupied))
    found = [subnet for subnet, _ in zip(free, range(count), strict=False)]
    if len(found) < count:
        raise ValueError(f"{network} has room for {len(found)} of the {count} subnets of /{prefix}")
    return found


def overlaps(networks: Sequence[IPv4Network]) -> Iterator[tuple[int, int]]:
    """Yield the positions of every two networks that share an address."""
    for (i, one), (j, other) in combinations(enumerate(networks), 2):
        if one.overlaps(other):
            yield i, j
