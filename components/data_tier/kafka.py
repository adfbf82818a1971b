"""Kafka in the cluster, run by Strimzi: its operator, its servers, topics and users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pulumi
import pulumi_random as random
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import ConfigMap, Service

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component, known_after, name_of, object_metadata
from components.data_tier.endpoint import Consumer, Peer
from components.data_tier.kafka_client import KafkaClient, KafkaEndpoint
from components.data_tier.kafka_servers import BROKER_PODS, METRICS_FILE, NAME, OF_CLUSTER, PORT, Servers
from components.data_tier.kafka_traffic import OPERATOR_PODS, KafkaTraffic
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.pod_security import CONFINED, RESTRICTED_CONTAINER
from components.scheduling import labels_of, on_pool
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import allow, going_to
from spec.kafka import InClusterKafka as Spec
from spec.kafka import MetadataMode, Topic
from spec.node_pools import NodePool

_OPERATOR_NAMESPACE = "strimzi"
_METRICS = Path(__file__).with_name("kafka_metrics.yaml")

_OPERATOR_RESOURCES = {"requests": {"cpu": "50m", "memory": "384Mi"}, "limits": {"cpu": "1", "memory": "384Mi"}}
_RESTRICTED = {**RESTRICTED_CONTAINER, "runAsNonRoot": True, "seccompProfile": CONFINED}


class _Line(NamedTuple):
    """A line of Strimzi's releases. The operator brings its newest Kafka, and upgrades Kafka when it is upgraded."""

    chart: str
    api_version: str


_LINES: Mapping[MetadataMode, _Line] = {
    "kraft": _Line("strimzi-kafka-operator", "kafka.strimzi.io/v1"),
    "zookeeper": _Line("strimzi-kafka-operator-zookeeper", "kafka.strimzi.io/v1beta2"),
}


class InClusterKafka(Component):
    """The operator, one cluster of servers, its topics, and a user with rights of its own for every client."""

    address: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: Spec,
        consumers: Sequence[Consumer],
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        secrets: Secrets = IN_CLUSTER,
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the cluster, its topics, and a user for each of ``consumers`` and of the users in ``spec``.

        ``protect`` guards the cluster and its topics against deletion, and keeps volumes when their servers go.
        """
        super().__init__("data:InClusterKafka", name, opts)
        self._name, self._line, self._guarded, self._keeper = name, _LINES[spec.metadata], protect, secrets
        self._until = cluster.until
        self._namespace = namespaces.ensure(spec.namespace)
        operators = namespaces.ensure(_OPERATOR_NAMESPACE)
        servers = Servers(
            spec,
            storage_class=cluster.storage_class,
            placement=on_pool(spec.pool, pools),
            labels=labels_of(spec.pool, pools),
            keep=protect,
        )
        self._ready = self._cluster(servers, self._operator(charts, operators))
        for topic in spec.topics:
            self._topic(topic, topic.replicas or spec.replicas)
        topics = [topic.name for topic in spec.topics]
        users = [KafkaClient.of_user(user, namespaces.ensure(user.namespace)) for user in spec.users]
        clients = [*(KafkaClient.of_service(consumer, topics) for consumer in consumers), *users]
        self._secrets = {client.name: self._user(client) for client in clients}
        KafkaTraffic(
            f"{name}-traffic",
            spec,
            namespace=self._namespace,
            operators=operators,
            clients=clients,
            scrapers=[scraping.scraper] if scraping else [],
            opts=self.child(),
        )
        for user in users:
            self._let_out(user)
        if scraping:
            self._monitor(scraping, operators)
            scraping.watch("kafka", self)
        host = pulumi.Output.concat(name_of(self._service()), ".", self._namespace, ".svc.cluster.local")
        self.address = pulumi.Output.concat(host, f":{PORT}")
        self.register_outputs({"address": self.address})

    @property
    def peer(self) -> Peer:
        """The brokers, as a NetworkPolicy lets a client out to them."""
        return Peer(ports=(PORT,), namespace=self._namespace, pod_labels=BROKER_PODS)

    def endpoint(self, consumer: str) -> KafkaEndpoint:
        """Return the endpoint of a consumer, by its name. Raises KeyError for one that Kafka was not given."""
        return KafkaEndpoint(self.address, consumer, self._secrets[consumer], self.peer)

    def _operator(self, charts: Charts, namespace: pulumi.Output[str]) -> pulumi.Resource:
        return charts.release(
            f"{self._name}-operator",
            self._line.chart,
            namespace=namespace,
            values={
                "watchNamespaces": [self._namespace],
                "resources": _OPERATOR_RESOURCES,
                "securityContext": _RESTRICTED,
                # Its own would let everybody reach listeners and metrics.
                "generateNetworkPolicy": False,
                # What it makes meets `restricted`, too.
                "extraEnvs": [{"name": "STRIMZI_POD_SECURITY_PROVIDER_CLASS", "value": "restricted"}],
            },
            opts=self.child(),
        )

    def _cluster(self, servers: Servers, operator: pulumi.Resource) -> CustomResource:
        """Return the cluster, ready."""
        metrics = ConfigMap(
            f"{self._name}-metrics",
            metadata={"name": f"{NAME}-metrics", "namespace": self._namespace},
            data={METRICS_FILE: _METRICS.read_text()},
            opts=self.child(),
        )
        # The operator brings the CRDs, and takes apart what they describe.
        here: Any = {"protect": self._guarded, "depends_on": [operator]}
        pools = [self._custom(pool, "KafkaNodePool", pool, spec, **here) for pool, spec in servers.pools().items()]
        here["depends_on"] = [operator, *pools]
        # Pools are the only way to have controllers; 0.45 wants to be told.
        annotations = {"strimzi.io/node-pools": "enabled"}
        spec = servers.cluster(name_of(metrics))
        return self._custom("", "Kafka", NAME, spec, labels={}, annotations=annotations, waits=True, **here)

    def _service(self) -> Service:
        """Return the Service that clients ask first.

        It is headless, as there is nothing to balance: whoever is asked names all brokers, and clients go on to those
        by names of their own. With an address it would put KAFKA_PORT and its like into every pod of the namespace.
        """
        return Service(
            self._name,
            metadata={"name": NAME, "namespace": self._namespace},
            spec={"cluster_ip": "None", "selector": BROKER_PODS, "ports": [{"name": "kafka", "port": PORT}]},
            opts=self.child(depends_on=[self._ready]),
        )

    def _topic(self, topic: Topic, replicas: int) -> None:
        spec = {"partitions": topic.partitions, "replicas": replicas, "config": topic.settings()}
        # Its finalizer is taken off by the operator of topics, which the cluster brings.
        after: Any = {"depends_on": [self._ready], "protect": self._guarded}
        self._custom(f"topic-{topic.name}", "KafkaTopic", topic.name, spec, waits=True, **after)

    def _user(self, client: KafkaClient) -> pulumi.Output[str]:
        """Return the name of the Secret with the client's password, known once it can sign in."""
        logical = f"{self._name}-{client.name}"
        password = random.RandomPassword(logical, length=32, special=False, opts=self.child())
        for_user = self._keeper.keep(
            f"{logical}-password",
            {"password": password.result},
            namespace=self._namespace,
            name=f"{NAME}-password-{client.name}",
            opts=self.child(),
        )
        of_user = {"secretKeyRef": {"name": for_user, "key": "password"}}
        spec = {
            "authentication": {"type": "scram-sha-512", "password": {"valueFrom": of_user}},
            "authorization": {"type": "simple", "acls": client.rights()},
        }
        user = self._custom(client.name, "KafkaUser", client.name, spec, waits=True, depends_on=[self._ready])
        for_client = self._keeper.keep(
            f"{logical}-login",
            {"username": client.name, "password": password.result},
            namespace=client.namespace,
            name=f"{NAME}-{client.name}",
            opts=self.child(),
        )
        return known_after(for_client, name_of(user))

    def _let_out(self, user: KafkaClient) -> None:
        """Let a client's pods out to the brokers; services have policies of their own that do."""
        allow(
            f"{self._name}-{user.name}-out",
            namespace=user.namespace,
            pods=user.pods,
            egress=going_to([self.peer]),
            opts=self.child(),
        )

    def _monitor(self, scraping: Scraping, operators: pulumi.Output[str]) -> None:
        """Have what Kafka is made of scraped: servers and exporter call their port the same, as operators do theirs.

        https://github.com/strimzi/strimzi-kafka-operator/tree/1.2.0/packaging/examples/metrics/prometheus-install
        """
        monitored = {
            "monitor": (self._namespace, OF_CLUSTER, ["tcp-prometheus", "healthcheck"]),
            "operator-monitor": (operators, OPERATOR_PODS, ["http"]),
        }
        for part, (namespace, pods, ports) in monitored.items():
            scraping.monitor(
                f"{self._name}-{part}",
                "PodMonitor",
                NAME,
                namespace=namespace,
                labels=pods,
                endpoints=[{"port": port} for port in ports],
                owner=self,
            )

    def _custom(
        self,
        part: str,
        kind: str,
        name: str,
        spec: Mapping[str, Any],
        *,
        labels: Mapping[str, str] = OF_CLUSTER,
        annotations: Mapping[str, str] | None = None,
        waits: bool = False,
        **options: Any,
    ) -> CustomResource:
        """Return a custom resource of Strimzi's; whoever depends on it goes on once it is ready, if it ``waits``."""
        waiting = self._until("condition=Ready", seconds=900) if waits else {}
        return CustomResource(
            f"{self._name}-{part}".rstrip("-"),
            api_version=self._line.api_version,
            kind=kind,
            metadata=object_metadata(
                self._namespace, name, labels=labels, annotations={**waiting, **(annotations or {})}
            ),
            spec=spec,
            opts=self.child(**options),
        )
