"""PostgreSQL that somebody else runs, AWS or whoever, by prometheus-community/postgres_exporter."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines


def _per_second(counter: str) -> str:
    return f"sum by (datname) (rate(pg_stat_database_{counter}[{RATE}]))"


DATABASE = Dashboard(
    uid="database",
    title="Data: PostgreSQL outside the cluster",
    description="Connections, transactions and caches of a database that somebody else runs.",
    rows={
        "Connections": [
            Lines("Connections", "short", {"{{state}}": "sum by (state) (pg_stat_activity_count)"}, stacked=True),
            Lines(
                "Connections of those there can be",
                "percent",
                {"{{job}}": "100 * sum by (job) (pg_stat_activity_count) / sum by (job) (pg_settings_max_connections)"},
                description="Alerts on it.",
            ),
            Lines(
                "Connections by user",
                "short",
                {"{{usename}}": 'sum by (usename) (pg_stat_activity_count{usename!=""})'},
                stacked=True,
            ),
            Lines(
                "Longest transaction",
                "s",
                {"{{datname}}": 'max by (datname) (pg_stat_activity_max_tx_duration{state!="idle"})'},
            ),
        ],
        "Queries": [
            Lines(
                "Transactions",
                "ops",
                {
                    "{{datname}} committed": _per_second("xact_commit"),
                    "{{datname}} undone": _per_second("xact_rollback"),
                },
            ),
            Lines(
                "Rows",
                "ops",
                {
                    f"{{{{datname}}}} {what}": _per_second(f"tup_{what}")
                    for what in ("fetched", "inserted", "updated", "deleted")
                },
            ),
            Lines(
                "Found in the cache",
                "percent",
                {
                    "{{datname}}": f"100 * {_per_second('blks_hit')} "
                    f"/ ({_per_second('blks_hit')} + {_per_second('blks_read')})"
                },
            ),
            Lines("Deadlocks", "short", {"{{datname}}": "sum by (datname) (increase(pg_stat_database_deadlocks[1h]))"}),
            Lines("Size", "bytes", {"{{datname}}": "max by (datname) (pg_database_size_bytes)"}),
        ],
    },
)
