"""A dashboard on its way to Grafana, whose sidecar takes what has the label."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components.observability.dashboards.model import Dashboard
from components.observability.dashboards.render import render

DIRECTORY = "/tmp/dashboards"
"""Where the sidecar puts them, in Grafana's container."""


def file_name(spec: Dashboard) -> str:
    """Return the name of a dashboard's file."""
    return f"{spec.uid}.json"


def config_map(spec: Dashboard, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions) -> ConfigMap:
    """Return the ConfigMap of a dashboard."""
    return ConfigMap(
        f"dashboard-{spec.uid}",
        metadata={
            "name": f"dashboard-{spec.uid}",
            "namespace": namespace,
            "labels": {"grafana_dashboard": "1"},
        },
        data={file_name(spec): render(spec)},
        opts=opts,
    )
