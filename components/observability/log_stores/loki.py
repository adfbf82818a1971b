"""Loki in the cluster: one process that takes logs in, stores them and answers queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.charts import Charts
from components.cloud.contract import Bucket, Cloud
from components.cluster.contract import Cluster, Identity
from components.component import Component
from components.data_tier.endpoint import Peer
from components.observability.log_stores.contract import HttpAddress, LogStore, LokiApi
from components.observability.log_stores.external import LOKI_DATASOURCE
from components.observability.scraping import Scraping
from components.policy import documents, statement
from components.scheduling import in_chart
from components.traffic import DNS, allow, among, coming_from, going_to
from components.volumes import of_class
from spec.logs import Loki as Spec
from spec.node_pools import NodePool

NAME = "loki"
PORT = 3100

_LABELS = {"app.kubernetes.io/name": NAME}
_MEMBERS = (7946, 9095)  # memberlist and gRPC: Loki's parts find each other even where they are one process
_S3 = Peer(ports=(443,), cidrs=("0.0.0.0/0",))

# The schema of everything that is written from this day on; a change of schema is another entry with a later day.
# https://grafana.com/docs/loki/latest/operations/storage/schema/
_SCHEMA_FROM = "2024-04-01"

# The chart refuses to run Loki as one process beside replicas of these, and each has some by default.
_OTHER_WAYS = ("read", "write", "backend")

# Other parts of the chart: a proxy in front of one Service, a canary on every node and a test of it, caches that take
# gigabytes, a ruler and a sidecar that looks for its rules. Alerts are made by Prometheus here.
_LEFT_OUT: dict[str, Any] = {
    "gateway": {"enabled": False},
    "lokiCanary": {"enabled": False},
    "test": {"enabled": False},
    "chunksCache": {"enabled": False},
    "resultsCache": {"enabled": False},
    "memcached": {"enabled": False},
    "ruler": {"enabled": False},
    "sidecar": {"rules": {"enabled": False}},
    **{way: {"replicas": 0} for way in _OTHER_WAYS},
}

_INDEX_LABELS = {"action": "index_label", "attributes": ["namespace", "pod", "container"]}


class Loki(Component):
    """Loki, its bucket where it has one, and who may reach it."""

    store: LogStore

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        cluster: Cluster,
        charts: Charts,
        scraping: Scraping,
        clients: Sequence[Peer],
        cloud: Cloud | None = None,
        pools: Sequence[NodePool] = (),
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install Loki beside Prometheus, and let ``clients`` write and read; a bucket takes a ``cloud`` to make it.

        ``protect`` guards the volume, which goes with the release.
        """
        super().__init__("observability:Loki", name, opts)
        bucket = None
        identity = Identity()
        if spec.chunks == "bucket":
            assert cloud is not None  # a rule of the spec
            bucket = cloud.bucket("logs", self.child())
            identity = cluster.identity_for(f"{name}-bucket", scraping.namespace, NAME, _policy(bucket), self.child())
        release = charts.release(
            NAME,
            "loki",
            namespace=scraping.namespace,
            values=_values(spec, identity, bucket, cloud, cluster.storage_class, in_chart(spec.pool, pools)),
            opts=self.child(depends_on=[scraping.crds, *identity.depends_on], protect=protect),
        )
        allow(
            name,
            namespace=scraping.namespace,
            pods=_LABELS,
            ingress=[
                *coming_from([*clients, scraping.scraper], PORT),
                among(_LABELS, *_MEMBERS, direction="from"),
            ],
            egress=[
                DNS,
                among(_LABELS, *_MEMBERS, direction="to"),
                *going_to([_S3, *identity.peers] if bucket else []),
            ],
            opts=self.child(),
        )
        scraping.watch("loki", self)
        host = pulumi.Output.concat(NAME, ".", scraping.namespace, ".svc.cluster.local")
        address = HttpAddress(host, PORT)
        self.store = LogStore(
            api=LokiApi(address),
            peer=Peer(ports=(PORT,), namespace=scraping.namespace, pod_labels=_LABELS),
            datasource=LOKI_DATASOURCE,
            depends_on=[release],
        )
        self.register_outputs({"address": address.url})


def _values(
    spec: Spec,
    identity: Identity,
    bucket: Bucket | None,
    cloud: Cloud | None,
    storage_class: pulumi.Input[str] | None,
    placement: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "fullnameOverride": NAME,
        "deploymentMode": "Monolithic",
        "loki": _configuration(spec, bucket, cloud),
        "singleBinary": {
            "replicas": 1,
            "sidecar": False,
            "podDisruptionBudget": {"enabled": False},
            "resources": spec.resources.model_dump(),
            "persistence": {
                "enabled": True,
                "size": spec.size,
                **of_class(storage_class, "storageClass"),
                # Else the volume is left behind when Loki goes.
                "enableStatefulSetAutoDeletePVC": True,
                "whenDeleted": "Delete",
                "whenScaled": "Retain",
            },
            **placement,
        },
        "serviceAccount": {
            "name": NAME,
            "annotations": identity.annotations,
            "automountServiceAccountToken": False,
        },
        "rbac": {"namespaced": True},
        "defaults": {"automountServiceAccountToken": False},
        # Loki joins its own memberlist, and is not ready before it has.
        "memberlist": {"service": {"publishNotReadyAddresses": True}},
        "monitoring": {"serviceMonitor": {"enabled": True}},
        **_LEFT_OUT,
    }


def _policy(bucket: Bucket) -> pulumi.Output[str]:
    return documents(
        statement(["s3:ListBucket"], [bucket.arn]),
        statement(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], [pulumi.Output.concat(bucket.arn, "/*")]),
    )


def _configuration(spec: Spec, bucket: Bucket | None, cloud: Cloud | None) -> dict[str, Any]:
    """Return the chart's `loki`: what becomes Loki's own configuration file."""
    chunks = "filesystem" if bucket is None else "s3"
    schema = {
        "from": _SCHEMA_FROM,
        "store": "tsdb",
        "object_store": chunks,
        "schema": "v13",
        "index": {"prefix": "loki_index_", "period": "24h"},
    }
    storage: dict[str, Any] = {"type": chunks}
    if bucket is not None and cloud is not None:
        # The chart asks for all three; one is used.
        storage |= {"bucketNames": dict.fromkeys(("chunks", "ruler", "admin"), bucket.name)}
        storage |= {"s3": {"region": cloud.region}}
    return {
        # One tenant: whoever gets as far as to Loki may write and read, and network policies say who that is.
        "auth_enabled": False,
        "commonConfig": {"replication_factor": 1},
        "schemaConfig": {"configs": [schema]},
        "storage": storage,
        # Both are needed, or nothing is ever deleted.
        "limits_config": {
            "retention_period": spec.retention,
            "max_line_size": "256KB",
            "max_line_size_truncate": True,
            # What comes by OpenTelemetry's protocol gets the labels that everything else has.
            "otlp_config": {"resource_attributes": {"attributes_config": [_INDEX_LABELS]}},
        },
        "compactor": {"retention_enabled": True, "delete_request_store": chunks},
        "analytics": {"reporting_enabled": False},
    }
