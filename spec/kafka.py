"""Kafka in the cluster: its servers, and the topics and users that it holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Duration, Name, Quantity, Section, seconds
from spec.services import Compute, Resources

# What Kafka takes as a topic's name and Kubernetes as an object's: the one is kept as the other.
TopicName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,247}[a-z0-9])?$"),
    Field(description="A name of a topic in lower case, without underscores."),
]
MetadataMode = Literal["kraft", "zookeeper"]

# What runs beside the servers, by container: the operator of topics and of users, the exporter of lag, and what moves
# partitions where there are brokers to move them between.
ENTITY_OPERATOR = Resources(requests=Compute(cpu="25m", memory="192Mi"), limits=Compute(cpu="500m", memory="320Mi"))
EXPORTER = Resources(requests=Compute(cpu="10m", memory="32Mi"), limits=Compute(cpu="100m", memory="96Mi"))
CRUISE_CONTROL = Resources(requests=Compute(cpu="50m", memory="512Mi"), limits=Compute(cpu="1", memory="768Mi"))

_MOST_REPLICAS = 3


class Topic(Section):
    """A topic. One that is taken out of the file is deleted with what is in it."""

    name: TopicName
    partitions: Annotated[int, Field(ge=1, le=1000)] = 3
    """Consumers of one group that can share the work; can be raised, never lowered."""
    replicas: Annotated[int, Field(ge=1, le=9)] | None = None
    """Brokers that keep a copy; left out, all of them up to three."""
    retention: Duration | None = None
    """How long messages are kept; left out, Kafka's own seven days."""
    config: dict[str, str] = {}
    """Further settings: https://kafka.apache.org/documentation/#topicconfigs."""

    def settings(self) -> dict[str, str]:
        """Return the topic's settings by the names that Kafka has for them."""
        if self.retention is None:
            return dict(self.config)
        return {"retention.ms": str(seconds(self.retention) * 1000), **self.config}


class User(Section):
    """A client that is none of the services; its password is in the Secret `kafka-<name>` beside it.

    Its pods are those labelled `app.kubernetes.io/name: <name>`.
    """

    name: Name
    namespace: Name
    """Where its pods are."""
    produces: list[TopicName] = []
    """Topics that it may write to."""
    consumes: list[TopicName] = []
    """Topics that it may read from, in consumer groups whose names begin with its own."""


class InClusterKafka(Section):
    """Kafka in the cluster, run by Strimzi, that answers as `kafka.<namespace>`."""

    engine: Literal["inCluster"]
    namespace: Name = "infra"
    metadata: MetadataMode = "kraft"
    """Who keeps the metadata: Kafka's own controllers, or ZooKeeper, whose last release of Kafka is 3.9. There is no
    way from one to the other that keeps the data."""
    brokers: Annotated[int, Field(ge=1, le=9)] = 1
    """More than one are kept on different nodes."""
    storage: Quantity = "10Gi"
    """Of each broker."""
    resources: Resources = Resources(requests=Compute(cpu="250m", memory="1Gi"), limits=Compute(cpu="1", memory="1Gi"))
    """Of each broker. Half of the memory becomes the heap, the rest is page cache, which Kafka lives by."""
    controllers: Literal[1, 3, 5] = 1
    """Servers that keep the metadata, more than one on different nodes. Three survive the loss of one. Kafka's own
    can't become more or fewer later."""
    metadata_storage: Quantity = "2Gi"
    """Of each controller, or ZooKeeper server."""
    controller_resources: Resources = Resources(
        requests=Compute(cpu="50m", memory="384Mi"), limits=Compute(cpu="500m", memory="384Mi")
    )
    """Of each controller, or ZooKeeper server."""
    config: dict[str, str] = {}
    """Further settings of the brokers: https://kafka.apache.org/documentation/#brokerconfigs."""
    topics: list[Topic] = []
    """Nothing but what stands here makes a topic: a name that is mistyped is refused, not made."""
    users: list[User] = []
    """Clients besides the services, which follow from `uses`."""
    pool: Name | None = None
    """Node pool to run on."""

    @property
    def replicas(self) -> int:
        """Copies of a topic that says nothing else."""
        return min(self.brokers, _MOST_REPLICAS)

    def ports(self) -> set[str]:
        """Return the names that a service's `uses` may give."""
        return {"kafka"}
