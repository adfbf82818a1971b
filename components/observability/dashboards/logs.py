"""Logs in Loki, by the labels that every collector gives: namespace, pod, container and level."""

from __future__ import annotations

from components.observability.dashboards.model import Choice, Dashboard, Lines, LogLines, Search

_IN = 'namespace=~"$namespace"'
_BAD = 'level=~"error|critical|fatal"'
# Grafana's, for Loki: as long as one point of the graph stands for.
_STEP = "$__auto"

LOGS = Dashboard(
    uid="logs",
    title="Logs",
    description="How much is logged, by whom and how grave; and the lines themselves.",
    datasource="loki",
    choices=[Choice("namespace", "", "namespace"), Search("search")],
    rows={
        "Amount": [
            Lines(
                "Lines by namespace",
                "cps",
                {"{{namespace}}": f"sum by (namespace) (rate({{{_IN}}}[{_STEP}]))"},
                stacked=True,
            ),
            Lines("Lines by level", "cps", {"{{level}}": f"sum by (level) (rate({{{_IN}}}[{_STEP}]))"}, stacked=True),
            Lines(
                "Errors",
                "cps",
                {"{{namespace}}/{{pod}}": f"sum by (namespace, pod) (rate({{{_IN}, {_BAD}}}[{_STEP}]))"},
            ),
            Lines(
                "Bytes",
                "Bps",
                {"{{namespace}}": f"sum by (namespace) (bytes_rate({{{_IN}}}[{_STEP}]))"},
                stacked=True,
            ),
        ],
        "Lines": [
            LogLines("Lines of errors", f'{{{_IN}, {_BAD}}} |~ "(?i)$search"'),
            LogLines("All lines", f'{{{_IN}}} |~ "(?i)$search"'),
        ],
    },
)
