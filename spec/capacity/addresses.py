"""Addresses that a cluster's machines hold in a network tier: on EKS every pod has one of the VPC's, and so have those
that are to come soon."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Mapping
from ipaddress import IPv4Network

from spec.capacity.machines import instance_types
from spec.capacity.placement import Node, place
from spec.cluster import EksCluster
from spec.network import Network
from spec.platform import Platform

WARM, LEAST = 5, 10
"""What a machine holds for pods to come, and in all at least. The CNI's own default is a whole network interface more
than there are pods for: thirty addresses of a c6i.xlarge that runs nothing.
https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.21.1/docs/eni-and-ip-target.md"""

# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_OF_AWS = 5
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html (network interfaces that EKS makes)
_CONTROL_PLANE = 4


def held(node: Node) -> int:
    """Return the addresses of a machine of EKS: those for pods, and each of its interfaces' own."""
    known = instance_types()[node.machine.kind]
    each = known.addresses - 1
    for_pods = min(max(LEAST, node.pods + WARM), known.interfaces * each)
    return for_pods + math.ceil(for_pods / each)


def held_by_tier(platform: Platform) -> Mapping[str, Counter[str]]:
    """Return what is held of every tier that machines are in, by pool and by what else is there, all at their most."""
    cluster, network, placement = platform.cluster, platform.network, place(platform)
    if not isinstance(cluster, EksCluster) or network is None or placement is None:
        return {}
    tiers = {pool.name: pool.tier for pool in platform.node_pools}
    found: dict[str, Counter[str]] = {tier: Counter() for tier in tiers.values()}
    for node in placement.nodes:
        found[tiers[node.pool]][node.pool] += held(node)
    if cluster.tier in found:
        found[cluster.tier]["the control plane"] = _CONTROL_PLANE
    # components/vpc.py has endpoints in the first tier that is private, and else in the first.
    private = [tier.name for tier in network.tiers if tier.routing == "private"]
    if (tier := [*private, network.tiers[0].name][0]) in found and network.interface_endpoints:
        found[tier]["endpoints"] = len(network.interface_endpoints) * len(network.availability_zones)
    return found


def offered(network: Network) -> Counter[str]:
    """Return how many addresses each tier has to give; nothing where the VPC has no room for them."""
    found: Counter[str] = Counter()
    with contextlib.suppress(ValueError):  # a rule of its own says so
        for subnet in network.subnets():
            found[subnet.tier] += IPv4Network(subnet.cidr).num_addresses - _OF_AWS
    return found
