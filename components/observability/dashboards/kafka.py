"""Kafka: its servers by JMX, under the names of `data_tier/kafka_metrics.yaml`, and its consumers by the exporter."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines


def _topic(counter: str) -> str:
    return f"sum by (topic) (rate(kafka_server_brokertopicmetrics_{counter}_total[{RATE}]))"


def _time(request: str) -> str:
    return f'max by (pod) (kafka_network_requestmetrics_totaltimems{{request="{request}", quantile="0.99"}})'


KAFKA = Dashboard(
    uid="kafka",
    title="Data: Kafka",
    description="How far consumers are behind, what goes through topics, and how brokers do.",
    rows={
        "Consumers": [
            Lines(
                "Kafka lag",
                "short",
                {"{{consumergroup}} on {{topic}}": "sum by (consumergroup, topic) (kafka_consumergroup_lag)"},
                description="Messages that a group of consumers has yet to read.",
            ),
            Lines(
                "Messages read",
                "ops",
                {
                    "{{consumergroup}} on {{topic}}": "sum by (consumergroup, topic) "
                    f"(rate(kafka_consumergroup_current_offset[{RATE}]))"
                },
            ),
        ],
        "Topics": [
            Lines("Messages written", "ops", {"{{topic}}": _topic("messagesin")}, stacked=True),
            Lines("Bytes", "Bps", {"{{topic}} in": _topic("bytesin"), "{{topic}} out": _topic("bytesout")}),
            Lines("Size on disk", "bytes", {"{{topic}}": "sum by (topic) (kafka_log_log_size)"}, stacked=True),
            Lines(
                "Partitions not as they should be",
                "short",
                {
                    "without all replicas": "sum(kafka_topic_partition_under_replicated_partition)",
                    "without a leader": "max(kafka_controller_kafkacontroller_offlinepartitionscount)",
                },
            ),
        ],
        "Brokers": [
            Lines(
                "Brokers and controllers",
                "short",
                {
                    "brokers": "max(kafka_brokers)",
                    "active controllers": "sum(kafka_controller_kafkacontroller_activecontrollercount)",
                },
            ),
            Lines(
                "Latency, 99 of 100",
                "ms",
                {"{{pod}} write": _time("Produce"), "{{pod}} read": _time("FetchConsumer")},
                description="A read waits for messages if there are none, half a second at the longest.",
            ),
        ],
    },
)
