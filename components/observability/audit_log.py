"""The API server's audit log, from where the cloud keeps it into Loki, beside the logs of the pods."""

from __future__ import annotations

from typing import Any

import pulumi

from components.charts import Charts
from components.cloud.contract import Cloud, LogGroup
from components.cluster.contract import Cluster
from components.component import Component
from components.data_tier.endpoint import Peer
from components.namespaces import Namespaces
from components.observability.log_stores.contract import LogStore, LokiApi
from components.observability.opentelemetry import CHART, MEMORY_LIMITER, METRICS_PORT, pods, values
from components.observability.scraping import Scraping
from components.policy import documents, statement
from components.traffic import DNS, allow, coming_from, going_to

NAMESPACE = "audit-log"
NAME = "audit-log"
PEER = Peer(ports=(), namespace=NAMESPACE)
"""The collector's pods, as Loki's NetworkPolicy lets them in."""

# https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
_STREAMS = "kube-apiserver-audit"
_STATE = "/var/lib/otelcol"
# How far back a collector begins that has lost its position: Loki keeps lines that it has already only once.
_LOOKBACK = "1h"
_AWS = Peer(ports=(443,), cidrs=("0.0.0.0/0",))
_SMALL = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}


class AuditLog(Component):
    """A collector that reads the audit log. It has one replica: two would read everything twice."""

    def __init__(
        self,
        name: str,
        group: LogGroup,
        store: LogStore,
        *,
        cluster: Cluster,
        cloud: Cloud,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Read the audit streams of ``group`` into ``store``, which speaks Loki's protocol."""
        super().__init__("observability:AuditLog", name, opts)
        namespace = namespaces.ensure(NAMESPACE)
        policy = documents(
            statement(["logs:DescribeLogGroups"]),
            statement(
                ["logs:DescribeLogStreams", "logs:FilterLogEvents"],
                [group.arn, pulumi.Output.concat(group.arn, ":*")],
            ),
        )
        identity = cluster.identity_for(name, namespace, NAME, policy, self.child())
        release_values = values(
            NAME,
            _configuration(cloud.region, group, store),
            identity=identity,
            resources=_SMALL,
            scraped=True,
            volumes=[{"name": "state", "emptyDir": {"sizeLimit": "100Mi"}}],
            mounts=[{"name": "state", "mountPath": _STATE}],
        )
        charts.release(
            NAME,
            CHART,
            namespace=namespace,
            # Otherwise there would be two for the time of an update.
            values={**release_values, "rollout": {"strategy": "Recreate"}},
            opts=self.child(depends_on=[scraping.crds, *store.depends_on, *identity.depends_on]),
        )
        allow(
            name,
            namespace=namespace,
            pods=pods(NAME),
            ingress=coming_from([scraping.scraper], METRICS_PORT),
            egress=[DNS, *going_to([store.peer, _AWS, *identity.peers])],
            opts=self.child(),
        )
        self.register_outputs({})


def _configuration(region: str, group: LogGroup, store: LogStore) -> dict[str, Any]:
    assert isinstance(store.api, LokiApi)  # a rule of the spec
    labels = {"namespace": "kube-system", "container": "kube-apiserver-audit"}
    return {
        "extensions": {"file_storage": {"directory": _STATE}},
        "receivers": {
            "awscloudwatch": {
                "region": region,
                "storage": "file_storage",
                "logs": {
                    "poll_interval": "1m",
                    "initial_lookback": _LOOKBACK,
                    "groups": {"autodiscover": {"prefix": group.name, "limit": 1, "streams": {"prefixes": [_STREAMS]}}},
                },
            }
        },
        "processors": {
            "memory_limiter": MEMORY_LIMITER,
            # The labels that the logs of pods have, with the log stream in place of the pod, whose name is not known.
            "resource": {
                "attributes": [
                    *({"key": key, "value": value, "action": "upsert"} for key, value in labels.items()),
                    {"key": "pod", "from_attribute": "cloudwatch.log.stream", "action": "upsert"},
                ]
            },
            "batch": {},
        },
        "exporters": {
            "otlp_http": {
                "endpoint": pulumi.Output.concat(store.api.address.url, "/otlp"),
                # Zero means that it never gives up.
                "retry_on_failure": {"max_elapsed_time": 0},
            }
        },
        "service": {
            "pipelines": {
                "logs": {
                    "receivers": ["awscloudwatch"],
                    "processors": ["memory_limiter", "resource", "batch"],
                    "exporters": ["otlp_http"],
                }
            }
        },
    }
