"""Clients of Kafka: who signs in, what each may do, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.data_tier.endpoint import ADMINISTRATOR, Consumer, Peer, variables
from spec.kafka import User


@dataclass(frozen=True)
class KafkaClient:
    """Whoever signs in, and what it may do."""

    name: str
    namespace: pulumi.Input[str]
    produces: tuple[str, ...]
    consumes: tuple[str, ...]
    pods: Mapping[str, str]
    """Labels of its pods, in its namespace."""
    administers: bool = False
    """Whether it may do everything with topics and groups, and look at the cluster."""

    @classmethod
    def of_service(cls, consumer: Consumer, topics: Sequence[str]) -> KafkaClient:
        """Return a service as a client of every topic; an administrator is one of everything."""
        pods = {"app.kubernetes.io/name": consumer.name}
        if ADMINISTRATOR in consumer.access:
            return cls(consumer.name, consumer.namespace, (), (), pods, administers=True)
        return cls(consumer.name, consumer.namespace, tuple(topics), tuple(topics), pods)

    @classmethod
    def of_user(cls, user: User, namespace: pulumi.Input[str]) -> KafkaClient:
        """Return a user of the stack file as a client of the topics that it names."""
        pods = {"app.kubernetes.io/name": user.name}
        return cls(user.name, namespace, tuple(user.produces), tuple(user.consumes), pods)

    @property
    def peer(self) -> Peer:
        """Its pods, as a NetworkPolicy lets them in."""
        return Peer(ports=(), namespace=self.namespace, pod_labels=self.pods)

    def rights(self) -> list[dict[str, Any]]:
        """Return what the client may do, as a KafkaUser has it.

        Its consumer groups and transactions have names that begin with its own, so that it commits for nobody else but
        a client whose name begins so, too.
        """
        if self.administers:
            everything = [_right(kind, "*", "All") for kind in ("topic", "group", "transactionalId")]
            return [*everything, {"resource": {"type": "cluster"}, "operations": ["Describe", "DescribeConfigs"]}]
        found = [_right("topic", name, "Describe", "Write") for name in self.produces]
        found += [_right("topic", name, "Describe", "Read") for name in self.consumes]
        if self.produces:
            found.append(_right("transactionalId", self.name, "Describe", "Write", pattern="prefix"))
        if self.consumes:
            found.append(_right("group", self.name, "Describe", "Read", pattern="prefix"))
        return found


def _right(kind: str, name: str, *operations: str, pattern: str = "literal") -> dict[str, Any]:
    return {"resource": {"type": kind, "name": name, "patternType": pattern}, "operations": list(operations)}


@dataclass(frozen=True)
class KafkaEndpoint:
    """Where one consumer reaches Kafka, and as whom."""

    bootstrap: pulumi.Input[str]
    user: str
    secret: pulumi.Input[str]
    """Name of the Secret, in the consumer's namespace, whose key ``password`` holds the password."""
    peer: Peer
    protocol: str = "SASL_PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"

    def environment(self) -> list[dict[str, Any]]:
        """Return what a client is configured with, each under the name of its setting.

        KAFKA_GROUP_ID is a consumer group that it may join, as it may any whose name begins so.
        https://kafka.apache.org/documentation/#security_sasl_scram_clientconfig
        """
        plain = {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_SECURITY_PROTOCOL": self.protocol,
            "KAFKA_SASL_MECHANISM": self.mechanism,
            "KAFKA_SASL_USERNAME": self.user,
            "KAFKA_GROUP_ID": self.user,
        }
        return variables(plain, KAFKA_SASL_PASSWORD=(self.secret, "password"))
