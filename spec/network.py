"""The network: one VPC, its tiers, and how each tier reaches the internet."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, StringConstraints

from spec.base import Cidr, Name, Section
from spec.cidr import LARGEST_PREFIX, SMALLEST_PREFIX, carve

Routing = Literal["public", "private", "isolated"]


class Subnet(NamedTuple):
    """One tier's share of one availability zone."""

    tier: str
    routing: Routing
    zone: str
    cidr: str


class Tier(Section):
    """A row of subnets, one in each availability zone, that share a way to the internet."""

    name: Name
    routing: Routing
    """`public`: through the internet gateway; `private`: out through NAT only; `isolated`: no way out."""
    cidrs: list[Cidr] | None = None
    """The subnets' own networks, one for each availability zone in order; left out, they are carved from the VPC's."""
    prefix_length: Annotated[int, Field(ge=LARGEST_PREFIX, le=SMALLEST_PREFIX)] = 24
    """Size of each carved subnet; ignored where `cidrs` names them."""


class FlowLogs(Section):
    """VPC flow logs, kept in CloudWatch Logs."""

    retention_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] = 30
    traffic: Literal["ALL", "REJECT"] = "ALL"


class Network(Section):
    """The VPC that the platform lives in. Required on AWS, meaningless elsewhere."""

    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    """AWS region; every availability zone has to be in it."""
    cidr: Cidr
    availability_zones: Annotated[list[str], Field(min_length=1, max_length=6)]
    tiers: Annotated[list[Tier], Field(min_length=1)] = [
        Tier(name="public", routing="public"),
        Tier(name="app", routing="private"),
        Tier(name="data", routing="isolated"),
    ]
    nat_gateways: Literal["perZone", "single", "none"] = "perZone"
    """`perZone` survives the loss of a zone; `single` costs less; `none` leaves private tiers without a way out."""
    gateway_endpoints: list[Literal["s3", "dynamodb"]] = ["s3"]
    """Gateway endpoints cost nothing and keep traffic off the NAT gateways."""
    interface_endpoints: list[str] = []
    """Services reached over PrivateLink, such as `ecr.api` or `secretsmanager`; each costs by the hour and zone."""
    flow_logs: FlowLogs | None = FlowLogs()

    def subnets(self) -> list[Subnet]:
        """Return every subnet, tier by tier and zone by zone. Raises ValueError when the VPC has no room for one."""
        taken = [IPv4Network(cidr) for tier in self.tiers for cidr in tier.cidrs or ()]
        found = []
        for tier in self.tiers:
            networks = [IPv4Network(cidr) for cidr in tier.cidrs or ()]
            if not tier.cidrs:
                networks = carve(IPv4Network(self.cidr), tier.prefix_length, len(self.availability_zones), taken)
                taken += networks
            found += [
                Subnet(tier.name, tier.routing, zone, str(network))
                for zone, network in zip(self.availability_zones, networks, strict=False)
            ]
        return found
