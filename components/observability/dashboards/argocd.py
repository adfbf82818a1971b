"""Delivery by Argo CD: https://argo-cd.readthedocs.io/en/stable/operator-manual/metrics/."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines

ARGOCD = Dashboard(
    uid="argocd",
    title="Delivery: Argo CD",
    description="What is delivered from the repository, and whether it went well.",
    rows={
        "Applications": [
            Lines(
                "Health",
                "short",
                {"{{health_status}}": "count by (health_status) (argocd_app_info)"},
                stacked=True,
            ),
            Lines(
                "Like the repository",
                "short",
                {"{{sync_status}}": "count by (sync_status) (argocd_app_info)"},
                stacked=True,
            ),
            Lines(
                "Syncs", "short", {"{{name}} {{phase}}": "sum by (name, phase) (increase(argocd_app_sync_total[10m]))"}
            ),
            Lines(
                "Time of a comparison",
                "s",
                {"95 of 100": f"histogram_quantile(0.95, sum by (le) (rate(argocd_app_reconcile_bucket[{RATE}])))"},
            ),
        ]
    },
)
