"""Who reaches Kafka: clients its brokers, and only Strimzi's own parts what is behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from components.component import Component
from components.data_tier.endpoint import Peer
from components.data_tier.kafka_client import KafkaClient
from components.data_tier.kafka_servers import (
    BROKER_PODS,
    ENTITY_OPERATOR_PODS,
    EXPORTER_PODS,
    PORT,
    REBALANCER_PODS,
    SERVERS,
    ZOOKEEPER_PODS,
)
from components.traffic import API_SERVER, DNS, Rule, allow, among, coming_from, going_to
from spec.kafka import InClusterKafka as Spec

OPERATOR_PODS = {"strimzi.io/kind": "cluster-operator"}

# Controllers listen on 9090 for the quorum, brokers on 9091 for each other and for Strimzi's own parts, both on 8443
# for the operator. What is allowed is what Strimzi's own policies would allow, less that those let everybody reach
# listeners and metrics.
# https://github.com/strimzi/strimzi-kafka-operator/tree/1.2.0/cluster-operator/src/main/java/io/strimzi/operator/cluster/model
_QUORUM, _REPLICATION, _AGENT, _METRICS = 9090, 9091, 8443, 9404
_OPERATOR_METRICS, _ENTITY_METRICS = 8080, (8080, 8081)
_ZOOKEEPER, _ZOOKEEPER_MEMBERS, _REBALANCER = 2181, (2888, 3888), 9090


class KafkaTraffic(Component):
    """The policies of everything that Kafka is made of."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        namespace: pulumi.Input[str],
        operators: pulumi.Input[str],
        clients: Sequence[KafkaClient],
        scrapers: Sequence[Peer],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Let pods in ``namespace`` and the operator in ``operators`` reach each other, and ``clients`` the brokers."""
        super().__init__("data:KafkaTraffic", name, opts)
        self._name, self._namespace = name, namespace
        self._operator = Peer((), operators, OPERATOR_PODS)
        self._of_operator(operators, scrapers)
        self._of_servers(scrapers)
        self._policy(
            "entities",
            ENTITY_OPERATOR_PODS,
            coming_from(scrapers, *_ENTITY_METRICS),
            [_to(SERVERS, _REPLICATION), _to(REBALANCER_PODS, _REBALANCER), API_SERVER],
        )
        self._policy("exporter", EXPORTER_PODS, coming_from(scrapers, _METRICS), [_to(SERVERS, _REPLICATION)])
        if spec.brokers > 1:
            callers = [self._operator, self._here(ENTITY_OPERATOR_PODS)]
            self._policy(
                "rebalancer",
                REBALANCER_PODS,
                coming_from(callers, _REBALANCER),
                [_to(SERVERS, _REPLICATION), API_SERVER],
            )
        if spec.metadata == "zookeeper":
            self._of_zookeeper()
        allow(
            f"{name}-clients",
            namespace=namespace,
            pods=BROKER_PODS,
            ingress=coming_from([client.peer for client in clients], PORT),
            opts=self.child(),
        )
        self.register_outputs({})

    def _of_operator(self, operators: pulumi.Input[str], scrapers: Sequence[Peer]) -> None:
        managed = [
            Peer((_QUORUM, _REPLICATION, _AGENT), self._namespace, SERVERS),
            Peer((_REBALANCER,), self._namespace, REBALANCER_PODS),
            Peer((_ZOOKEEPER,), self._namespace, ZOOKEEPER_PODS),
        ]
        allow(
            f"{self._name}-operator",
            namespace=operators,
            pods=OPERATOR_PODS,
            ingress=coming_from(scrapers, _OPERATOR_METRICS),
            egress=[API_SERVER, *going_to(managed)],
            opts=self.child(),
        )

    def _of_servers(self, scrapers: Sequence[Peer]) -> None:
        servers, operator = self._here(SERVERS), self._operator
        tools = [self._here(pods) for pods in (ENTITY_OPERATOR_PODS, EXPORTER_PODS, REBALANCER_PODS)]
        ingress = [
            *coming_from([servers, operator], _QUORUM),
            *coming_from([servers, operator, *tools], _REPLICATION),
            *coming_from([operator], _AGENT),
            *coming_from(scrapers, _METRICS),
        ]
        # They read their certificates from the API server.
        egress = [_to(SERVERS, _QUORUM, _REPLICATION), _to(ZOOKEEPER_PODS, _ZOOKEEPER), API_SERVER]
        self._policy("servers", SERVERS, ingress, egress)

    def _of_zookeeper(self) -> None:
        clients = [self._here(pods) for pods in (ZOOKEEPER_PODS, SERVERS, ENTITY_OPERATOR_PODS)]
        ingress = [
            *coming_from([*clients, self._operator], _ZOOKEEPER),
            among(ZOOKEEPER_PODS, *_ZOOKEEPER_MEMBERS, direction="from"),
        ]
        self._policy("zookeeper", ZOOKEEPER_PODS, ingress, [_to(ZOOKEEPER_PODS, _ZOOKEEPER, *_ZOOKEEPER_MEMBERS)])

    def _policy(self, part: str, pods: Mapping[str, str], ingress: Sequence[Rule], egress: Sequence[Rule]) -> None:
        allow(
            f"{self._name}-{part}",
            namespace=self._namespace,
            pods=pods,
            ingress=ingress,
            egress=[DNS, *egress],
            opts=self.child(),
        )

    def _here(self, pods: Mapping[str, str]) -> Peer:
        return Peer((), self._namespace, pods)


def _to(pods: Mapping[str, str], *ports: int) -> Rule:
    return among(pods, *ports, direction="to")
