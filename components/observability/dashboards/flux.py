"""Delivery by Flux: https://fluxcd.io/flux/monitoring/metrics/."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines

_TIME = "gotk_reconcile_duration_seconds"

FLUX = Dashboard(
    uid="flux",
    title="Delivery: Flux",
    description="What is delivered from the repository, and whether it went well.",
    rows={
        "Reconciliations": [
            Lines("Reconciliations", "ops", {"{{kind}}": f"sum by (kind) (rate({_TIME}_count[{RATE}]))"}, stacked=True),
            Lines(
                "Failures",
                "short",
                {"{{controller}}": "sum by (controller) (increase(controller_runtime_reconcile_errors_total[10m]))"},
                description="In the ten minutes before. Alerts on it.",
            ),
            Lines(
                "Time of a reconciliation",
                "s",
                {"{{kind}} 95 of 100": f"histogram_quantile(0.95, sum by (kind, le) (rate({_TIME}_bucket[{RATE}])))"},
            ),
        ]
    },
)
