"""Subnet arithmetic."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from spec.cidr import carve, overlaps
from spec.network import Network, Tier


def test_carved_subnets_avoid_what_is_taken() -> None:
    found = carve(IPv4Network("10.0.0.0/22"), 24, 2, [IPv4Network("10.0.1.0/24")])
    assert [str(subnet) for subnet in found] == ["10.0.0.0/24", "10.0.2.0/24"]


def test_carving_says_how_many_would_fit() -> None:
    with pytest.raises(ValueError, match="room for 4 of the 5"):
        carve(IPv4Network("10.0.0.0/22"), 24, 5, [])


def test_overlaps_are_found_whichever_is_larger() -> None:
    networks = [IPv4Network(cidr) for cidr in ("10.0.0.0/24", "10.1.0.0/24", "10.0.0.0/16")]
    assert list(overlaps(networks)) == [(0, 2)]


def test_tiers_without_networks_are_carved_around_those_with() -> None:
    network = Network(
        region="us-east-1",
        cidr="10.0.0.0/16",
        availability_zones=["us-east-1a", "us-east-1b"],
        tiers=[
            Tier(name="public", routing="public", cidrs=["10.0.1.0/24", "10.0.2.0/24"]),
            Tier(name="app", routing="private", prefix_length=20),
        ],
    )
    assert [(s.tier, s.zone[-1], s.cidr) for s in network.subnets()] == [
        ("public", "a", "10.0.1.0/24"),
        ("public", "b", "10.0.2.0/24"),
        ("app", "a", "10.0.16.0/20"),
        ("app", "b", "10.0.32.0/20"),
    ]
