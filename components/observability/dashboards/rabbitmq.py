"""RabbitMQ, by its plugin rabbitmq_prometheus: https://www.rabbitmq.com/docs/prometheus."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines


def _messages(what: str) -> str:
    return f"sum(rate(rabbitmq_global_messages_{what}_total[{RATE}]))"


RABBITMQ = Dashboard(
    uid="rabbitmq",
    title="Data: RabbitMQ",
    description="What waits in queues, what goes through them, and how nodes do.",
    rows={
        "Queues": [
            Lines(
                "Messages",
                "short",
                {
                    "waiting": "sum(rabbitmq_queue_messages_ready)",
                    "being worked on": "sum(rabbitmq_queue_messages_unacked)",
                },
                stacked=True,
            ),
            Lines(
                "Traffic",
                "ops",
                {
                    "published": _messages("received"),
                    "delivered": _messages("delivered"),
                    "acknowledged": _messages("acknowledged"),
                },
            ),
            Lines(
                "Messages that came back or went nowhere",
                "ops",
                {"redelivered": _messages("redelivered"), "unroutable": _messages("unroutable_dropped")},
            ),
            Lines("Consumers", "short", {"consumers": "sum(rabbitmq_consumers)", "queues": "sum(rabbitmq_queues)"}),
        ],
        "Nodes": [
            Lines(
                "Memory",
                "bytes",
                {
                    "{{pod}}": "rabbitmq_process_resident_memory_bytes",
                    "{{pod}} at most": "rabbitmq_resident_memory_limit_bytes",
                },
                description="Above the limit publishers have to wait.",
            ),
            Lines(
                "Disk left",
                "bytes",
                {
                    "{{pod}}": "rabbitmq_disk_space_available_bytes",
                    "{{pod}} at least": "rabbitmq_disk_space_available_limit_bytes",
                },
            ),
            Lines("Connections", "short", {"{{pod}}": "rabbitmq_connections"}),
            Lines("Channels", "short", {"{{pod}}": "rabbitmq_channels"}),
        ],
    },
)
