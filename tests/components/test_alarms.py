"""Alarms of CloudWatch: what they watch, when, and whom they tell."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from components.alarms import Alarms
from components.edge.balancer import Balancer, Targets
from components.http_ingress import Answer
from components.vpc import Vpc
from spec.alarms import Alarms as Spec
from spec.edge import Edge
from spec.network import Network
from tests.recorder import Recorder, remembered, run

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
NETWORK = {"region": "us-east-1", "cidr": "10.0.0.0/16", "availabilityZones": ["us-east-1a", "us-east-1b"]}
OUTPUTS: Any = {
    "aws:lb/loadBalancer:LoadBalancer": lambda r: {"arnSuffix": "app/shop/1"},
    "aws:lb/targetGroup:TargetGroup": lambda r: {"arnSuffix": "targetgroup/shop/2"},
}


@remembered
def build(region: str = "us-east-1", **settings: Any) -> Recorder:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        vpc = Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts)
        edge = Edge.model_validate({"zone": "shop.io"}, by_alias=True)
        targets = Targets("sg-pods", Answer(80, 80, "/health"))
        balancer = Balancer("shop", edge, vpc, targets, certificate_arn="arn:c", protect=False, opts=opts)
        Alarms(
            "shop-alarms",
            Spec.model_validate({"emails": ["a@shop.io", "b@shop.io"], **settings}, by_alias=True),
            region,
            database="shop-postgres",
            cache_members=["shop-0001-001"],
            balancer=balancer,
            health_checks={"site": "hc-1"},
            opts=opts,
        )

    return run(program, outputs=OUTPUTS)


def test_everybody_is_told_of_trouble_and_of_its_end() -> None:
    made = build()
    assert {each["endpoint"] for each in made.all("aws:sns/topicSubscription:TopicSubscription")} == {
        "a@shop.io",
        "b@shop.io",
    }
    topic = "arn:aws:sns:us-east-1:123456789012:shop-alarms"
    for alarm in made.all(ALARM):
        assert (alarm["alarmActions"], alarm["okActions"]) == ([topic], [topic]), alarm.name


def test_the_database_is_watched_by_role_at_the_numbers_of_the_stack_file() -> None:
    made = build(databaseCPU=70, databaseFreeMemoryMiB=1024)
    for role in ("WRITER", "READER"):
        cpu = made.one(ALARM, f"shop-alarms-database-{role.lower()}-cpu")
        assert cpu["dimensions"] == {"DBClusterIdentifier": "shop-postgres", "Role": role}
        assert (cpu["threshold"], cpu["comparisonOperator"]) == (70, "GreaterThanThreshold")
        memory = made.one(ALARM, f"shop-alarms-database-{role.lower()}-memory")
        assert (memory["threshold"], memory["comparisonOperator"]) == (1024 * 1024**2, "LessThanThreshold")
    lag = made.one(ALARM, "shop-alarms-database-replica-lag")
    assert (lag["metricName"], lag["statistic"]) == ("AuroraReplicaLagMaximum", "Maximum")


def test_the_cache_is_watched_by_node() -> None:
    cpu = build(cacheCPU=60).one(ALARM, "shop-alarms-cache-shop-0001-001-cpu")
    assert (cpu["metricName"], cpu["threshold"]) == ("EngineCPUUtilization", 60)
    assert cpu["dimensions"] == {"CacheClusterId": "shop-0001-001"}


def test_the_load_balancer_is_watched_for_errors_slowness_and_targets() -> None:
    made = build(balancerErrors=2, balancerP99Ms=500)
    errors = made.one(ALARM, "shop-alarms-balancer-errors")
    assert errors["threshold"] == 2
    asked = {query["metric"]["metricName"] for query in errors["metricQueries"] if "metric" in query}
    assert asked == {"RequestCount", "HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"}
    slow = made.one(ALARM, "shop-alarms-balancer-latency")
    assert (slow["extendedStatistic"], slow["threshold"]) == ("p99", 0.5)
    assert "statistic" not in slow.inputs
    targets = made.one(ALARM, "shop-alarms-balancer-ingress-targets")
    assert targets["dimensions"] == {"LoadBalancer": "app/shop/1", "TargetGroup": "targetgroup/shop/2"}
    assert targets["treatMissingData"] == "breaching"


def test_health_checks_are_watched_where_route_53_writes_and_tell_a_topic_there() -> None:
    made = build("ap-northeast-2")
    alarm = made.one(ALARM, "shop-alarms-health-site")
    assert (alarm["region"], alarm["dimensions"]) == ("us-east-1", {"HealthCheckId": "hc-1"})
    assert alarm["alarmActions"] == ["arn:aws:sns:us-east-1:123456789012:shop-alarms-us-east-1"]


def test_the_dashboard_shows_what_is_watched_with_its_line() -> None:
    made = build()
    body = json.loads(made.one("aws:cloudwatch/dashboard:Dashboard")["dashboardBody"])
    graphs = [widget for widget in body["widgets"] if widget["type"] == "metric"]
    assert len(graphs) == len(made.all(ALARM)) - 1  # all but the one by an expression
    assert all(graph["properties"]["annotations"]["horizontal"] for graph in graphs)
    places = {(widget["x"], widget["y"]) for widget in body["widgets"]}
    assert len(places) == len(body["widgets"])
