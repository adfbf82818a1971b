"""Ways into a platform on AWS beside the ingress controller, and who writes its DNS records."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spec.base import Name, Section

NodePort = Annotated[
    # https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
    int,
    Field(ge=30000, le=32767, description="A port of every machine, from 30000 to 32767."),
]
MOST_NODE_PORTS = 30
"""So that the rules of a load balancer, of which there are a hundred, are enough for three routes of each."""


class NodePorts(Section):
    """A range of ports, the same on every machine, by which the load balancer reaches services one by one.

    What comes by them does not pass the ingress controller. Each service says its own in `nodePort`.
    """

    first: NodePort = 30000
    last: NodePort = 30007

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and self.first <= port <= self.last

    @property
    def count(self) -> int:
        """How many ports there are."""
        return max(0, self.last - self.first + 1)

    def free(self, taken: set[int]) -> int | None:
        """Return the first port that is not taken."""
        return next((port for port in range(self.first, self.last + 1) if port not in taken), None)


class ExternalDns(Section):
    """ExternalDNS, which keeps the zone's records as the cluster's objects say: also those of Ingresses that a
    repository delivers, whose hosts the program does not know."""

    writer: Literal["externalDns"]
    pool: Name | None = None
