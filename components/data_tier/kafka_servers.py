"""Kafka's servers, as custom resources of Strimzi describe them.

Names of fields, labels and ports are those of Strimzi 1.2 and, with ZooKeeper, of 0.45, where they are the same:
https://strimzi.io/docs/operators/1.2.0/configuring.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.volumes import of_class
from spec.base import quantity
from spec.kafka import CRUISE_CONTROL, ENTITY_OPERATOR, EXPORTER
from spec.kafka import InClusterKafka as Spec
from spec.services import Resources

NAME = "kafka"
"""Name of the cluster, and the prefix of what Strimzi makes for it: kafka-brokers-0, kafka-kafka-bootstrap, …"""
PORT = 9092
BROKERS, CONTROLLERS = "brokers", "controllers"
"""Names of the node pools: a broker's pod is kafka-brokers-0."""
METRICS_FILE = "metrics.yaml"
USER_SECRETS = f"{NAME}-user-"
"""Prefix of the Secrets that Strimzi makes for users; those of consumers are the program's."""

OF_CLUSTER = {"strimzi.io/cluster": NAME}
SERVERS = {**OF_CLUSTER, "strimzi.io/name": f"{NAME}-kafka"}
BROKER_PODS = {**OF_CLUSTER, "strimzi.io/pool-name": BROKERS}
ENTITY_OPERATOR_PODS = {**OF_CLUSTER, "strimzi.io/name": f"{NAME}-entity-operator"}
EXPORTER_PODS = {**OF_CLUSTER, "strimzi.io/name": f"{NAME}-kafka-exporter"}
REBALANCER_PODS = {**OF_CLUSTER, "strimzi.io/name": f"{NAME}-cruise-control"}
ZOOKEEPER_PODS = {**OF_CLUSTER, "strimzi.io/name": f"{NAME}-zookeeper"}

_MIB = 1024**2


class Servers:
    """The specs of Strimzi's KafkaNodePool and Kafka resources, for a section of the stack file."""

    def __init__(
        self,
        spec: Spec,
        *,
        storage_class: pulumi.Input[str] | None,
        placement: Mapping[str, Any],
        labels: Mapping[str, str],
        keep: bool,
    ) -> None:
        """Describe the servers of ``spec`` on ``placement`` with ``labels``; ``keep`` has volumes stay when they go."""
        self._spec, self._storage_class, self._keep = spec, storage_class, keep
        self._placement, self._labels = placement, labels

    def pools(self) -> dict[str, dict[str, Any]]:
        """Return the specs of the node pools by their names.

        Controllers have pods of their own: Strimzi can't make them more or fewer, and brokers are to be so at any time.
        """
        spec = self._spec
        brokers = self._pool(BROKERS, "broker", spec.brokers, spec.storage, spec.resources)
        if spec.metadata == "zookeeper":
            return {BROKERS: brokers}
        metadata = spec.metadata_storage, spec.controller_resources
        return {BROKERS: brokers, CONTROLLERS: self._pool(CONTROLLERS, "controller", spec.controllers, *metadata)}

    def cluster(self, metrics: pulumi.Input[str]) -> dict[str, Any]:
        """Return the spec of the cluster; ``metrics`` is the ConfigMap that says what the servers export."""
        return {
            "kafka": self._kafka(metrics),
            **self._zookeeper(),
            "entityOperator": {
                "topicOperator": _tool(ENTITY_OPERATOR, heap="128m"),
                "userOperator": _tool(ENTITY_OPERATOR, heap="128m") | {"secretPrefix": USER_SECRETS},
                **self._template(),
            },
            "kafkaExporter": {
                "groupRegex": ".*",
                "topicRegex": ".*",
                "resources": EXPORTER.model_dump(),
                **self._template(),
            },
            **self._rebalancer(),
        }

    def _pool(self, name: str, role: str, replicas: int, size: str, resources: Resources) -> dict[str, Any]:
        return {
            "replicas": replicas,
            "roles": [role],
            "storage": {"type": "jbod", "volumes": [{"id": 0, **self._volume(size)}]},
            **self._template({**OF_CLUSTER, "strimzi.io/pool-name": name}),
            **_server(resources),
        }

    def _kafka(self, metrics: pulumi.Input[str]) -> dict[str, Any]:
        copies = self._spec.replicas
        # With three copies one may be away; with fewer, waiting for two would stop writes whenever a broker restarts.
        in_sync = 2 if copies > 2 else 1
        settings = {
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            # A name that is mistyped would be a topic.
            "auto.create.topics.enable": False,
        }
        listener = {
            "name": "clients",
            "port": PORT,
            "type": "internal",
            "tls": False,
            "authentication": {"type": "scram-sha-512"},
            # Brokers name themselves whole, so that clients anywhere in the cluster find them at the first try.
            "configuration": {"useServiceDnsDomain": True},
        }
        return {
            "listeners": [listener],
            "authorization": {"type": "simple"},
            "config": settings | self._spec.config,
            "metricsConfig": {
                "type": "jmxPrometheusExporter",
                "valueFrom": {"configMapKeyRef": {"name": metrics, "key": METRICS_FILE}},
            },
        }

    def _zookeeper(self) -> dict[str, Any]:
        spec = self._spec
        if spec.metadata != "zookeeper":
            return {}
        servers = {
            "replicas": spec.controllers,
            "storage": self._volume(spec.metadata_storage),
            **self._template(ZOOKEEPER_PODS),
            **_server(spec.controller_resources),
        }
        return {"zookeeper": servers}

    def _rebalancer(self) -> dict[str, Any]:
        """Return Cruise Control's part of the cluster's spec; empty with one broker, which has nothing to balance.

        It moves partitions to a new broker and off one that is to go, and changes the number of a topic's replicas.
        With ZooKeeper the first two are done by hand.
        """
        if self._spec.brokers < 2:
            return {}
        modes = [{"mode": "add-brokers"}, {"mode": "remove-brokers"}]
        by_itself = {"autoRebalance": modes} if self._spec.metadata == "kraft" else {}
        return {"cruiseControl": {**_tool(CRUISE_CONTROL, heap="384m"), **self._template(), **by_itself}}

    def _volume(self, size: str) -> dict[str, Any]:
        kept = {"deleteClaim": not self._keep, **of_class(self._storage_class, "class")}
        return {"type": "persistent-claim", "size": size, **kept}

    def _template(self, apart: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the `template` of pods with their placement; empty where the scheduler may choose any node.

        No two pods that are labelled ``apart`` share a node.
        """
        pod: dict[str, Any] = {}
        affinity: dict[str, Any] = {}
        if selector := self._placement.get("nodeSelector"):
            # Strimzi has no node selector.
            wanted = [{"key": key, "operator": "In", "values": [value]} for key, value in selector.items()]
            terms = {"nodeSelectorTerms": [{"matchExpressions": wanted}]}
            affinity["nodeAffinity"] = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
        if apart:
            term = {"labelSelector": {"matchLabels": dict(apart)}, "topologyKey": "kubernetes.io/hostname"}
            affinity["podAntiAffinity"] = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
        if affinity:
            pod["affinity"] = affinity
        if self._placement.get("tolerations"):
            pod["tolerations"] = self._placement["tolerations"]
        if self._labels:
            pod["metadata"] = {"labels": self._labels}
        return {"template": {"pod": pod}} if pod else {}


def _server(resources: Resources) -> dict[str, Any]:
    """Return a server's resources, and a heap of half its memory, which leaves the rest to the page cache."""
    heap = f"{int(quantity(resources.limits.memory)) // _MIB // 2}m"
    return {"resources": resources.model_dump(), "jvmOptions": {"-Xms": heap, "-Xmx": heap}}


def _tool(resources: Resources, heap: str) -> dict[str, Any]:
    return {"resources": resources.model_dump(), "jvmOptions": {"-Xms": "64m", "-Xmx": heap}}
