"""The metrics server, which autoscalers read the usage of pods from, on clusters that don't bring one."""

from __future__ import annotations

import pulumi

from components.charts import Charts
from components.component import Component


class MetricsServer(Component):
    """The metrics server, in kube-system; without it a HorizontalPodAutoscaler scales nothing."""

    def __init__(self, name: str, charts: Charts, opts: pulumi.ResourceOptions) -> None:
        super().__init__("observability:MetricsServer", name, opts)
        charts.release(
            name,
            "metrics-server",
            namespace="kube-system",
            values={
                # Kubelets of kubeadm, and of most clusters on a laptop, sign their own serving certificates.
                "args": ["--kubelet-insecure-tls"],
                "resources": {
                    "requests": {"cpu": "100m", "memory": "200Mi"},
                    "limits": {"cpu": "200m", "memory": "300Mi"},
                },
            },
            opts=self.child(),
        )
        self.register_outputs({})
