"""Load tests of the data tier: jobs that stand ready in the cluster, and run when somebody starts them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from spec.base import Section
from spec.services import Compute, Resources


class LoadTest(Section):
    """How hard to push, and for how long; what is expected of the engines are the same numbers."""

    seconds: Annotated[int, Field(ge=5, le=3600)] = 60
    """Of each run."""
    messages_per_second: Annotated[int, Field(ge=1, le=1_000_000)] = 2500
    """That are written to Kafka, at this rate, and read back as fast as it goes."""
    message_bytes: Annotated[int, Field(ge=1, le=1_000_000)] = 1024
    transactions_per_second: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """That PostgreSQL has to do at least, while clients ask as fast as they are answered."""
    clients: Annotated[int, Field(ge=1, le=1000)] = 20
    """Connections to PostgreSQL."""
    kafka_image: str = "quay.io/strimzi/kafka:1.2.0-kafka-4.3.1"
    """Image with Kafka's own tools: the one that the brokers run."""
    resources: Resources = Resources(
        requests=Compute(cpu="100m", memory="256Mi"), limits=Compute(cpu="1", memory="512Mi")
    )
    """Of each job."""
