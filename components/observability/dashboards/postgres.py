"""PostgreSQL by CloudNativePG and its PgBouncer: https://cloudnative-pg.io/documentation/1.30/monitoring/."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Choice, Dashboard, Lines

_IN = 'namespace=~"$namespace"'
# PgBouncer's own database, and who keeps house.
_DATABASES = f'{_IN}, database!="pgbouncer"'


def _per_second(counter: str) -> str:
    return f"sum by (datname) (rate(cnpg_pg_stat_database_{counter}{{{_IN}}}[{RATE}]))"


def _pool(gauge: str) -> str:
    return f"sum by (database) (cnpg_pgbouncer_pools_{gauge}{{{_DATABASES}}})"


def _average_ms(what: str) -> str:
    time, count = (f"cnpg_pgbouncer_stats_total_{what}_{each}{{{_DATABASES}}}" for each in ("time", "count"))
    return f"sum by (database) (rate({time}[{RATE}])) / sum by (database) (rate({count}[{RATE}])) / 1000"


POSTGRES = Dashboard(
    uid="postgres",
    title="Data: PostgreSQL",
    description="The pool that services connect to, and the database behind it.",
    choices=[Choice("namespace", "cnpg_collector_up", "namespace")],
    rows={
        "Pool": [
            Lines(
                "Pool: clients",
                "short",
                {"{{database}} served": _pool("cl_active"), "{{database}} waiting": _pool("cl_waiting")},
            ),
            Lines(
                "Pool: connections to the database",
                "short",
                {"{{database}} in use": _pool("sv_active"), "{{database}} idle": _pool("sv_idle")},
            ),
            Lines(
                "Pool: longest wait",
                "s",
                {"{{database}}": f"max by (database) (cnpg_pgbouncer_pools_maxwait{{{_DATABASES}}})"},
            ),
            Lines(
                "Pool: traffic",
                "Bps",
                {
                    f"{{{{database}}}} {what}": "sum by (database) "
                    f"(rate(cnpg_pgbouncer_stats_total_{what}{{{_DATABASES}}}[{RATE}]))"
                    for what in ("received", "sent")
                },
            ),
        ],
        "Queries": [
            Lines("Query time", "ms", {"{{database}} queries": _average_ms("query")}, description="On average."),
            Lines(
                "Queries",
                "ops",
                {
                    "{{database}}": "sum by (database) "
                    f"(rate(cnpg_pgbouncer_stats_total_query_count{{{_DATABASES}}}[{RATE}]))"
                },
            ),
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
            Lines(
                "Longest transaction",
                "s",
                {"{{pod}} {{datname}}": f"max by (pod, datname) (cnpg_backends_max_tx_duration_seconds{{{_IN}}})"},
            ),
        ],
        "Instances": [
            Lines(
                "Connections",
                "short",
                {"{{pod}} {{state}}": f"sum by (pod, state) (cnpg_backends_total{{{_IN}}})"},
                stacked=True,
            ),
            Lines("Replication lag", "s", {"{{pod}}": f"cnpg_pg_replication_lag{{{_IN}}}"}),
            Lines("Size", "bytes", {"{{datname}}": f"max by (datname) (cnpg_pg_database_size_bytes{{{_IN}}})"}),
            Lines("Write-ahead log", "bytes", {"{{pod}}": f'cnpg_collector_pg_wal{{value="size", {_IN}}}'}),
        ],
    },
)
