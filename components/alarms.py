"""Alarms and a dashboard of CloudWatch, for what AWS runs: database, cache, load balancer, health checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.edge.balancer import Balancer
from components.edge.certificates import CLOUDFRONT_REGION
from spec.alarms import Alarms as Spec

_MIB = 1024**2
_PERIOD_SECONDS = 60
_PERIODS = 5

# Where Route 53 writes what its health checks see:
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html
_HEALTH_REGION = CLOUDFRONT_REGION


@dataclass(frozen=True)
class Watched:
    """A metric, and when it is worth waking somebody for."""

    name: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    threshold: float
    statistic: str = "Average"
    below: bool = False
    """Alarms when it is less than the threshold."""
    missing: str = "notBreaching"
    """What it means that there is no value."""
    region: str | None = None


class Alarms(Component):
    """What is watched, and who is told."""

    topic_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: Spec,
        region: str,
        *,
        database: pulumi.Input[str] | None = None,
        cache_members: Sequence[str] = (),
        balancer: Balancer | None = None,
        health_checks: Mapping[str, pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Watch an Aurora cluster by its identifier, the nodes of a cache by theirs, a load balancer, health checks."""
        super().__init__("observability:Alarms", name, opts)
        self._name, self._spec = name, spec
        groups: dict[str, list[Watched]] = {
            "Database": _database(spec, database) if database is not None else [],
            "Cache": [each for member in cache_members for each in _cache(spec, member)],
            "Load balancer": _balancer(spec, balancer) if balancer else [],
            "Health checks": [_health(key, id) for key, id in (health_checks or {}).items()],
        }
        topics: dict[str | None, aws.sns.Topic] = {None: self._topic(name, None)}
        if groups["Health checks"] and region != _HEALTH_REGION:
            # An alarm tells a topic of its own region.
            topics[_HEALTH_REGION] = self._topic(f"{name}-{_HEALTH_REGION}", _HEALTH_REGION)
        for watched in (each for group in groups.values() for each in group):
            self._alarm(watched, topics.get(watched.region, topics[None]))
        if balancer:
            self._error_rate(balancer, topics[None])
        self._dashboard(groups, region)
        self.topic_arn = topics[None].arn
        self.register_outputs({"topicArn": self.topic_arn})

    def _topic(self, name: str, region: str | None) -> aws.sns.Topic:
        topic = aws.sns.Topic(name, region=region, display_name=self._name, tags={"Name": name}, opts=self.child())
        for email in self._spec.emails:
            aws.sns.TopicSubscription(
                f"{name}-{email}",
                region=region,
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                opts=self.child(),
            )
        return topic

    def _alarm(self, watched: Watched, topic: aws.sns.Topic) -> None:
        percentile = watched.statistic.startswith("p")
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-{watched.name}",
            region=watched.region,
            alarm_description=watched.description,
            namespace=watched.namespace,
            metric_name=watched.metric,
            dimensions=dict(watched.dimensions),
            statistic=None if percentile else watched.statistic,
            extended_statistic=watched.statistic if percentile else None,
            comparison_operator="LessThanThreshold" if watched.below else "GreaterThanThreshold",
            threshold=watched.threshold,
            period=_PERIOD_SECONDS,
            evaluation_periods=_PERIODS,
            treat_missing_data=watched.missing,
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
            tags={"Name": f"{self._name}-{watched.name}"},
            opts=self.child(),
        )

    def _error_rate(self, balancer: Balancer, topic: aws.sns.Topic) -> None:
        """Watch the share of answers that are errors, whoever made them: the load balancer itself, or a target."""

        def count(id: str, metric: str) -> Any:
            return {
                "id": id,
                "metric": {
                    "namespace": "AWS/ApplicationELB",
                    "metric_name": metric,
                    "dimensions": {"LoadBalancer": balancer.suffix},
                    "period": _PERIOD_SECONDS,
                    "stat": "Sum",
                },
            }

        share: Any = {
            "id": "share",
            # Nothing that was asked is nothing that failed.
            "expression": "IF(asked > 0, 100 * (FILL(own, 0) + FILL(targets, 0)) / asked, 0)",
            "label": "Errors, percent",
            "return_data": True,
        }
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-balancer-errors",
            alarm_description=f"More than {self._spec.balancer_errors} % of answers are 5xx",
            metric_queries=[
                share,
                count("asked", "RequestCount"),
                count("own", "HTTPCode_ELB_5XX_Count"),
                count("targets", "HTTPCode_Target_5XX_Count"),
            ],
            comparison_operator="GreaterThanThreshold",
            threshold=self._spec.balancer_errors,
            evaluation_periods=_PERIODS,
            treat_missing_data="notBreaching",
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
            tags={"Name": f"{self._name}-balancer-errors"},
            opts=self.child(),
        )

    def _dashboard(self, groups: Mapping[str, Sequence[Watched]], region: str) -> None:
        """Show every metric that is watched, with the line that it must not cross, those of a kind side by side."""
        widgets: list[Any] = []
        row = 0
        for title, watched in groups.items():
            if not watched:
                continue
            widgets.append(_text(f"## {title}", row))
            widgets += [_graph(each, region, row + 1 + 6 * (i // 3), 8 * (i % 3)) for i, each in enumerate(watched)]
            row += 1 + 6 * -(-len(watched) // 3)
        aws.cloudwatch.Dashboard(
            self._name,
            dashboard_name=self._name,
            dashboard_body=pulumi.Output.json_dumps({"widgets": widgets}),
            opts=self.child(),
        )


def _database(spec: Spec, cluster: pulumi.Input[str]) -> list[Watched]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html"""
    found = []
    for role in ("WRITER", "READER"):
        dimensions = {"DBClusterIdentifier": cluster, "Role": role}
        who = role.lower()
        found += [
            Watched(
                f"database-{who}-cpu",
                f"CPU of the {who} above {spec.database_cpu} %",
                "AWS/RDS",
                "CPUUtilization",
                dimensions,
                spec.database_cpu,
            ),
            Watched(
                f"database-{who}-memory",
                f"Less than {spec.database_free_memory_mib} MiB of memory left to the {who}",
                "AWS/RDS",
                "FreeableMemory",
                dimensions,
                spec.database_free_memory_mib * _MIB,
                below=True,
            ),
        ]
    lag = Watched(
        "database-replica-lag",
        f"A reader is more than {spec.replica_lag_ms} ms behind",
        "AWS/RDS",
        "AuroraReplicaLagMaximum",
        {"DBClusterIdentifier": cluster},
        spec.replica_lag_ms,
        "Maximum",
    )
    return [*found, lag]


def _cache(spec: Spec, member: str) -> list[Watched]:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html"""
    dimensions = {"CacheClusterId": member}
    return [
        Watched(
            f"cache-{member}-cpu",
            f"CPU of cache node {member} above {spec.cache_cpu} %",
            "AWS/ElastiCache",
            "EngineCPUUtilization",
            dimensions,
            spec.cache_cpu,
        ),
        Watched(
            f"cache-{member}-memory",
            f"Memory of cache node {member} above {spec.cache_memory} %",
            "AWS/ElastiCache",
            "DatabaseMemoryUsagePercentage",
            dimensions,
            spec.cache_memory,
        ),
    ]


def _balancer(spec: Spec, balancer: Balancer) -> list[Watched]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"""
    whole = {"LoadBalancer": balancer.suffix}
    slow = Watched(
        "balancer-latency",
        f"One answer of a hundred takes more than {spec.balancer_p99_ms} ms",
        "AWS/ApplicationELB",
        "TargetResponseTime",
        whole,
        spec.balancer_p99_ms / 1000,
        "p99",
    )
    without = [
        Watched(
            f"balancer-{key}-targets",
            f"No target of {key} is healthy",
            "AWS/ApplicationELB",
            "HealthyHostCount",
            {**whole, "TargetGroup": suffix},
            1,
            "Minimum",
            below=True,
            # A group that tells nothing has nothing.
            missing="breaching",
        )
        for key, suffix in balancer.target_suffixes.items()
    ]
    return [slow, *without]


def _health(key: str, id: pulumi.Input[str]) -> Watched:
    return Watched(
        f"health-{key}",
        f"Health check {key} fails",
        "AWS/Route53",
        "HealthCheckStatus",
        {"HealthCheckId": id},
        1,
        "Minimum",
        below=True,
        missing="breaching",
        region=_HEALTH_REGION,
    )


def _text(markdown: str, y: int) -> Any:
    return {"type": "text", "x": 0, "y": y, "width": 24, "height": 1, "properties": {"markdown": markdown}}


def _graph(watched: Watched, region: str, y: int, x: int) -> Any:
    named = [part for pair in watched.dimensions.items() for part in pair]
    return {
        "type": "metric",
        "x": x,
        "y": y,
        "width": 8,
        "height": 6,
        "properties": {
            "title": watched.description,
            "region": watched.region or region,
            "period": _PERIOD_SECONDS,
            "stat": watched.statistic,
            "metrics": [[watched.namespace, watched.metric, *named]],
            "annotations": {"horizontal": [{"value": watched.threshold}]},
        },
    }
