"""Redis, by oliver006/redis_exporter."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines

_HITS, _MISSES = (f"rate(redis_keyspace_{what}_total[{RATE}])" for what in ("hits", "misses"))

REDIS = Dashboard(
    uid="redis",
    title="Data: Redis",
    description="Memory, traffic and hits of every store.",
    rows={
        "Stores": [
            Lines(
                "Memory",
                "bytes",
                {"{{job}}": "redis_memory_used_bytes", "{{job}} at most": "redis_memory_max_bytes > 0"},
            ),
            Lines("Keys", "short", {"{{job}} {{db}}": "sum by (job, db) (redis_db_keys)"}),
            Lines("Commands", "ops", {"{{job}}": f"sum by (job) (rate(redis_commands_processed_total[{RATE}]))"}),
            Lines(
                "Found",
                "percent",
                {"{{job}}": f"100 * sum by (job) ({_HITS}) / sum by (job) ({_HITS} + {_MISSES})"},
                description="Of the keys that were asked for.",
            ),
            Lines(
                "Keys that went",
                "ops",
                {
                    "{{job}} evicted": f"rate(redis_evicted_keys_total[{RATE}])",
                    "{{job}} expired": f"rate(redis_expired_keys_total[{RATE}])",
                },
            ),
            Lines("Clients", "short", {"{{job}}": "redis_connected_clients"}),
            Lines(
                "Traffic",
                "Bps",
                {
                    "{{job}} in": f"rate(redis_net_input_bytes_total[{RATE}])",
                    "{{job}} out": f"rate(redis_net_output_bytes_total[{RATE}])",
                },
            ),
        ]
    },
)
