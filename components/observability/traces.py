"""Traces: an OpenTelemetry collector that takes them from the services and hands them on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pulumi

from components.charts import Charts
from components.cloud.contract import Cloud
from components.cluster.contract import Cluster
from components.component import Component
from components.data_tier.endpoint import Peer
from components.namespaces import Namespaces
from components.observability.opentelemetry import CHART, MEMORY_LIMITER, METRICS_PORT, pods, values
from components.observability.scraping import Scraping
from components.observability.tracing import Tracing
from components.policy import document
from components.scheduling import in_chart
from components.traffic import DNS, allow, coming_from, going_to
from spec.node_pools import NodePool
from spec.traces import Traces as Spec

NAMESPACE = "tracing"
NAME = "trace-collector"
GRPC, HTTP = 4317, 4318

# What a daemon of X-Ray's may do: https://docs.aws.amazon.com/xray/latest/devguide/security_iam_id-based-policy-examples.html
_XRAY = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
_AWS = Peer(ports=(443,), cidrs=("0.0.0.0/0",))


class Traces(Component):
    """The collector, its identity, and who may send to it."""

    tracing: Tracing

    def __init__(
        self,
        name: str,
        spec: Spec,
        senders: Iterable[str],
        *,
        cluster: Cluster,
        cloud: Cloud,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping,
        pools: Sequence[NodePool] = (),
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install a collector that takes traces from pods in the namespaces ``senders`` and writes them to X-Ray."""
        super().__init__("observability:Traces", name, opts)
        namespace = namespaces.ensure(NAMESPACE)
        identity = cluster.identity_for(f"{name}-collector", namespace, NAME, document(_XRAY), self.child())
        charts.release(
            NAME,
            CHART,
            namespace=namespace,
            values=values(
                NAME,
                _configuration(cloud.region),
                identity=identity,
                resources=spec.resources.model_dump(),
                ports=("otlp", "otlp-http"),
                replicas=spec.replicas,
                scraped=True,
                placement=in_chart(spec.pool, pools),
            ),
            opts=self.child(depends_on=[scraping.crds, *identity.depends_on]),
        )
        sending = [Peer(ports=(), namespace=namespaces.ensure(sender)) for sender in sorted(set(senders))]
        allow(
            name,
            namespace=namespace,
            pods=pods(NAME),
            ingress=[*coming_from(sending, GRPC, HTTP), *coming_from([scraping.scraper], METRICS_PORT)],
            egress=[DNS, *going_to([_AWS, *identity.peers])],
            opts=self.child(),
        )
        host = pulumi.Output.concat(NAME, ".", namespace, ".svc.cluster.local")
        self.tracing = Tracing(
            endpoint=pulumi.Output.concat("http://", host, f":{GRPC}"),
            peer=Peer(ports=(GRPC, HTTP), namespace=namespace, pod_labels=pods(NAME)),
            sampling=spec.sampling,
        )
        self.register_outputs({"endpoint": self.tracing.endpoint})


def _configuration(region: str) -> dict[str, Any]:
    protocols = {"grpc": {"endpoint": f"${{env:MY_POD_IP}}:{GRPC}"}, "http": {"endpoint": f"${{env:MY_POD_IP}}:{HTTP}"}}
    return {
        "receivers": {"otlp": {"protocols": protocols}},
        "processors": {"memory_limiter": MEMORY_LIMITER, "batch": {}},
        "exporters": {
            "awsxray": {
                "region": region,
                # It would ask the machine's metadata, which pods do not reach, what it runs on.
                "local_mode": True,
                # Annotations, which X-Ray can be searched by; attributes of a resource are named with this prefix:
                # https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
                "indexed_attributes": ["otel.resource.service.namespace", "otel.resource.service.version"],
            }
        },
        "service": {
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["memory_limiter", "batch"],
                    "exporters": ["awsxray"],
                }
            }
        },
    }
