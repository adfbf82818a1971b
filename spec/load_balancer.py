"""Who answers at addresses of the network that the cluster's machines are in."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from spec.base import Section


def _range(text: str) -> str:
    first, dash, last = text.partition("-")
    try:
        sound = bool(dash) and IPv4Address(first) <= IPv4Address(last)
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("is not a range of IPv4 addresses; write it like 192.168.1.240-192.168.1.250")
    return text


AddressRange = Annotated[str, AfterValidator(_range), Field(description="A range such as 10.0.0.240-10.0.0.250.")]


class MetalLb(Section):
    """MetalLB: one of the machines answers for an address that none of them has, and another when it is gone."""

    engine: Literal["metallb"]
    addresses: AddressRange
    """In the machines' own network, and given to nobody else; the ingress controller gets the first."""

    @property
    def first(self) -> str:
        """The address that the only Service of type LoadBalancer gets."""
        return self.addresses.partition("-")[0]
