"""RabbitMQ in the cluster."""

from __future__ import annotations

from typing import Literal

from spec.base import Name, Quantity, Section
from spec.services import Compute, Resources

DISK_RESERVE = "2G"
"""Free disk below which the operator's defaults stop publishers: cluster-operator, internal/resource/configmap.go."""


class RabbitMq(Section):
    """RabbitMQ, run by its cluster operator: answers as `rabbitmq.<namespace>`; queues are quorum queues."""

    namespace: Name = "infra"
    nodes: Literal[1, 3, 5] = 1
    """An odd number, so that a queue keeps a majority when one is lost; more than one are kept on different nodes."""
    image: str = "docker.io/library/rabbitmq:4.2.6-management"
    storage: Quantity = "10Gi"
    """Size of each node's volume."""
    cpu: Quantity = "250m"
    memory: Quantity = "768Mi"
    """Request and limit alike: publishers are held back at six tenths of it."""
    pool: Name | None = None
    """Node pool to run on, the operator with it."""

    @property
    def resources(self) -> Resources:
        """What each node asks for, and the most it may take."""
        return Resources(
            requests=Compute(cpu=self.cpu, memory=self.memory), limits=Compute(cpu="1", memory=self.memory)
        )

    def ports(self) -> set[str]:
        """Return the names that a service's `uses` may give."""
        return {"rabbitmq.publisher", "rabbitmq.consumer"}
