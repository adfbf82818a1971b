"""CloudWatch Logs."""

from __future__ import annotations

import pulumi

from components.cloud.contract import Cloud
from components.data_tier.endpoint import Peer
from components.observability.log_stores.contract import CloudWatchApi, LogStore
from components.policy import statement
from spec.logs import CloudWatch


def cloud_watch(spec: CloudWatch, cloud: Cloud, opts: pulumi.ResourceOptions) -> LogStore:
    """Return the store: a log group that ``cloud`` makes, as one that a collector makes keeps its lines for ever.

    Grafana gets no datasource: it would need an identity with rights to read all that the account logs.
    """
    group = cloud.log_group("pods", spec.retention_days, opts)
    return LogStore(
        api=CloudWatchApi(cloud.region, group.name),
        # Its addresses are Amazon's to change.
        peer=Peer(ports=(443,), cidrs=("0.0.0.0/0",)),
        statements=[
            statement(
                ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                [group.arn, pulumi.Output.concat(group.arn, ":*")],
            )
        ],
    )
