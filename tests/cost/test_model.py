"""What resources cost, reckoned by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cost.graph import Graph, Resource, before_and_after, exported, reviewed
from cost.model import Bill, bill, on_eks
from cost.prices import HERE, Unpriced, load, usage
from cost.report import difference, text

AWS = Resource("aws", "pulumi:providers:aws", {"region": "us-east-1"})
SEOUL = Resource("aws", "pulumi:providers:aws", {"region": "ap-northeast-2"})


def cost(*resources: Resource, region: Resource = AWS, **assumed: Any) -> Bill:
    return bill(Graph([region, *resources]), usage() | assumed)


def instance(name: str, kind: str, disk: int = 0) -> Resource:
    root = {"rootBlockDevice": {"volumeSize": disk, "volumeType": "gp3"}} if disk else {}
    return Resource(name, "aws:ec2/instance:Instance", {"instanceType": kind, **root})


def pool(capacity: str = "ON_DEMAND", least: int = 3) -> tuple[Resource, Resource]:
    inputs = {
        "capacityType": capacity,
        "instanceTypes": ["c6i.xlarge", "c5.xlarge"],
        "labels": {"groundwork/pool": "surge"},
        "scalingConfig": {"minSize": least, "maxSize": 40, "desiredSize": least},
    }
    disk = {"blockDeviceMappings": [{"ebs": {"volumeSize": 50, "volumeType": "gp3"}}]}
    template = Resource("tiketi-surge", "aws:ec2/launchTemplate:LaunchTemplate", disk, "Pool::surge")
    return Resource("tiketi-surge", "aws:eks/nodeGroup:NodeGroup", inputs, "Pool::surge"), template


def test_a_machine_costs_its_hours_and_its_disk() -> None:
    found = cost(instance("auth-0", "t3.micro", 20), region=SEOUL)
    assert found.groups() == pytest.approx({"Machines": 0.013 * 730, "Volumes": 20 * 0.0912})


def test_a_pool_costs_its_minimum_and_the_disks_of_its_template() -> None:
    assert cost(*pool()).groups() == pytest.approx({"Machines": 3 * 0.17 * 730, "Volumes": 150 * 0.08})


def test_a_spot_pool_from_nothing_costs_what_is_assumed_to_run() -> None:
    assert cost(*pool("SPOT", 0)).monthly == 0
    found = cost(*pool("SPOT", 0), averageNodes={"surge": 5}, spotShare=0.4)
    assert found.groups() == pytest.approx({"Machines": 5 * 0.17 * 730 * 0.4, "Volumes": 250 * 0.08})
    assert found.fixed == 0


def test_a_sharded_cache_costs_each_of_its_nodes() -> None:
    kind = "aws:elasticache/replicationGroup:ReplicationGroup"
    sharded = {"nodeType": "cache.r6g.xlarge", "numNodeGroups": 6, "replicasPerNodeGroup": 1}
    assert cost(Resource("redis", kind, sharded)).monthly == pytest.approx(12 * 0.411 * 730)
    single = {"nodeType": "cache.r6g.xlarge", "numCacheClusters": 2}
    assert cost(Resource("redis", kind, single)).monthly == pytest.approx(2 * 0.411 * 730)


@pytest.mark.parametrize(("internal", "addresses"), [(True, 0), (False, 3)])
def test_a_balancer_that_faces_the_internet_has_an_address_in_each_zone(internal: bool, addresses: int) -> None:
    inputs = {"loadBalancerType": "application", "internal": internal, "subnets": ["a", "b", "c"]}
    found = cost(Resource("edge", "aws:lb/loadBalancer:LoadBalancer", inputs), applicationUnits=0)
    assert found.monthly == pytest.approx(0.0225 * 730 + addresses * 0.005 * 730)


def test_an_interface_endpoint_costs_in_each_zone_and_a_gateway_endpoint_nothing() -> None:
    kind = "aws:ec2/vpcEndpoint:VpcEndpoint"
    interface = Resource("ecr", kind, {"vpcEndpointType": "Interface", "subnetIds": ["a", "b", "c"]})
    assert cost(interface).monthly == pytest.approx(3 * 0.01 * 730)
    assert cost(Resource("s3", kind, {"vpcEndpointType": "Gateway"})).lines == []


def test_an_assumption_is_for_all_of_a_kind_together_and_is_said_to_be_one() -> None:
    nats = [Resource(f"nat-{zone}", "aws:ec2/natGateway:NatGateway", {}) for zone in "abc"]
    found = cost(*nats, natGB=90)
    assert found.monthly - found.fixed == pytest.approx(90 * 0.045)
    assert {line.what for line in found.lines if line.by_use} == {"30 GB × $0.045, assumed"}


@pytest.mark.parametrize(
    ("kind", "inputs", "gigabytes"),
    [
        ("kubernetes:postgresql.cnpg.io/v1:Cluster", {"spec": {"instances": 3, "storage": {"size": "20Gi"}}}, 60),
        ("kubernetes:kafka.strimzi.io/v1:KafkaNodePool", {"spec": {"replicas": 3, "storage": {"size": "10Gi"}}}, 30),
        ("kubernetes:helm.sh/v3:Release", {"values": {"a": {"persistence": {"enabled": True, "size": "10Gi"}}}}, 10),
        ("kubernetes:helm.sh/v3:Release", {"values": {"volumes": [{"name": "data", "claim": {"size": "5Gi"}}]}}, 5),
        ("kubernetes:helm.sh/v3:Release", {"values": {"persistence": {"enabled": False, "size": "10Gi"}}}, 0),
        (
            "kubernetes:helm.sh/v3:Release",
            {"values": {"a": {"spec": {"resources": {"requests": {"storage": "100Gi", "memory": "4Gi"}}}}}},
            100,
        ),
        ("kubernetes:core/v1:PersistentVolumeClaim", {"spec": {"resources": {"requests": {"storage": "1Ti"}}}}, 1024),
    ],
)
def test_volumes_that_the_cluster_asks_for_are_counted(kind: str, inputs: dict[str, Any], gigabytes: float) -> None:
    assert cost(Resource("x", kind, inputs)).monthly == pytest.approx(gigabytes * 0.08)


def test_what_has_no_price_is_said_and_not_left_out_in_silence() -> None:
    found = cost(instance("big", "u-24tb1.metal"), Resource("cdn", "aws:cloudfront/distribution:Distribution", {}))
    assert found.monthly == 0
    assert "u-24tb1.metal has no price under instance in cost/prices/us-east-1.yaml" in found.unpriced[0].why
    assert "not counted: cdn: aws:cloudfront/distribution:Distribution is billed by use\n" in text("prod", found)


@pytest.mark.parametrize(
    ("inputs", "price"),
    [
        ({"period": 60}, 0.10),
        ({"period": 10}, 0.30),
        ({"metricQueries": [{"expression": "a / b"}, *({"metric": {"period": 60}} for _ in range(3))]}, 0.30),
    ],
    ids=["one metric", "high resolution", "three metrics"],
)
def test_an_alarm_costs_each_metric_that_it_looks_at(inputs: dict[str, Any], price: float) -> None:
    assert cost(Resource("slow", "aws:cloudwatch/metricAlarm:MetricAlarm", inputs)).monthly == pytest.approx(price)


def test_a_dashboard_has_its_price() -> None:
    assert cost(Resource("edge", "aws:cloudwatch/dashboard:Dashboard", {})).monthly == 3


def test_a_region_without_prices_is_refused_with_those_there_are() -> None:
    with pytest.raises(Unpriced, match="no prices of region eu-west-1; there are those of ap-northeast-2, us-east-1"):
        cost(region=Resource("aws", "pulumi:providers:aws", {"region": "eu-west-1"}))


def test_a_stack_without_a_cloud_costs_nothing() -> None:
    release = Resource("x", "kubernetes:helm.sh/v3:Release", {"values": {"persistence": {"size": "10Gi"}}})
    assert text("dev", bill(Graph([release]), usage())) == "dev: nothing in it is billed by a cloud\n"


def test_the_region_is_known_by_a_zone_where_there_is_no_provider() -> None:
    assert Graph([Resource("a", "aws:ec2/subnet:Subnet", {"availabilityZone": "us-east-1a"})]).region == "us-east-1"


def test_the_same_machines_on_eks_lose_their_control_plane_and_grow_where_pods_do_not_fit() -> None:
    kind = "aws:lb/loadBalancer:LoadBalancer"
    own = Graph(
        [
            SEOUL,
            instance("x-control-plane-0", "t3.large"),
            instance("x-auth-0", "t3.micro"),
            instance("x-scan-0", "t3.small"),
            Resource("x-api", kind, {"loadBalancerType": "network", "internal": True}),
            Resource("x-edge", kind, {"loadBalancerType": "application"}),
        ]
    )
    found = bill(on_eks(own), usage())
    assert found.groups()["Control plane"] == pytest.approx(73)
    assert found.groups()["Machines"] == pytest.approx(2 * 0.026 * 730)
    assert {line.resource for line in found.lines if line.group == "Load balancers"} == {"x-edge"}


def urn(name: str) -> str:
    return f"urn:pulumi:prod::groundwork::groundwork:cluster:Kubeadm$aws:ec2/instance:Instance::{name}"


CDN = "aws:cloudfront/distribution:Distribution"


def cdn(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    def side(inputs: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if inputs is None else {"urn": f"urn:pulumi:prod::g::{CDN}::{name}", "type": CDN, "inputs": inputs}

    op = "same" if old == new else "update" if old and new else "create" if new is not None else "delete"
    metadata = {"op": op, "urn": f"urn:pulumi:prod::g::{CDN}::{name}", "old": side(old), "new": side(new)}
    return {"resourcePreEvent": {"metadata": metadata}}


def step(op: str, name: str, old: str = "", new: str = "") -> dict[str, Any]:
    def side(kind: str) -> dict[str, Any] | None:
        state = {"urn": urn(name), "type": "aws:ec2/instance:Instance", "inputs": {"instanceType": kind}}
        return state if kind else None

    return {"resourcePreEvent": {"metadata": {"op": op, "urn": urn(name), "old": side(old), "new": side(new)}}}


def changed(*steps: dict[str, Any]) -> str:
    name = "urn:pulumi:prod::groundwork::pulumi:providers:aws::aws"
    provider = {"urn": name, "type": "pulumi:providers:aws", "inputs": AWS.inputs}
    same = {"op": "same", "urn": name, "old": provider, "new": provider}
    before, after = before_and_after([{"resourcePreEvent": {"metadata": same}}, *steps])
    return difference(bill(before, usage()), bill(after, usage()))


def test_a_preview_tells_what_the_bill_becomes() -> None:
    said = changed(
        step("same", "a", "t3.micro", "t3.micro"),
        step("create", "b", "", "t3.micro"),
        step("delete", "c", "t3.small"),
        step("create-replacement", "d", "t3.micro", "t3.large"),
        step("replace", "d", "t3.micro", "t3.large"),
        step("delete-replaced", "d", "t3.micro", "t3.large"),
    )
    # Before: two micros and a small; after: two micros and a large.
    assert said.startswith("**$45.55 more** a month: $30.37 → $75.92 (list prices of us-east-1, 2026-01-19)")
    assert said.endswith("<br>Machines: +$45.55")


def test_a_preview_that_changes_no_price_says_so() -> None:
    assert changed(step("update", "a", "t3.micro", "t3.micro")).startswith("$7.59 a month as before")


def test_a_preview_names_of_what_has_no_price_that_which_comes_or_changes() -> None:
    said = changed(
        cdn("stays", {"a": 1}, {"a": 1}),
        cdn("goes", {}, None),
        cdn("comes", None, {}),
        cdn("other", {"a": 1}, {"a": 2}),
    )
    assert [name for name in ("stays", "goes", "comes", "other") if f"not counted: `{name}: {CDN}" in said] == [
        "comes",
        "other",
    ]


def test_a_state_and_a_reviewed_graph_cost_the_same() -> None:
    resources = (AWS, *pool())
    state = [
        {"urn": f"urn:pulumi:prod::g::{each.type}::{each.name}", "type": each.type}
        | {"inputs": each.inputs, "parent": each.parent}
        for each in resources
    ]
    kept = {
        f"{each.type.rsplit(':', 1)[-1]}::{each.name}": {"type": each.type}
        | {"inputs": each.inputs, "parent": each.parent}
        for each in resources
    }
    own = bill(exported({"deployment": {"resources": state}}), usage())
    assert own.lines
    assert own.lines == bill(reviewed(kept), usage()).lines


@pytest.mark.parametrize("region", sorted(path.stem for path in (HERE / "prices").glob("*.yaml")))
def test_a_table_of_prices_is_whole(region: str) -> None:
    prices = load(region)
    assert {"instance", "volume", "eks", "network", "balancer", "monthly", "usage"} <= prices.table.keys()
    assert all(0 < price < 100 for kind in prices.table.values() for price in kind.values())


def test_an_assumption_that_nothing_depends_on_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "usage.yaml"
    path.write_text("natGb: 5\n")
    with pytest.raises(Unpriced, match="nothing depends on natGb; there are spotShare"):
        usage(path)


@pytest.mark.parametrize(
    "assumed", ["natGB: many", "averageNodes: 5", "averageNodes: {surge: a}", "- 1", "a: [", "natGB: -1"]
)
def test_assumptions_that_are_no_numbers_are_refused(tmp_path: Path, assumed: str) -> None:
    path = tmp_path / "usage.yaml"
    path.write_text(assumed)
    with pytest.raises(Unpriced, match=r"usage\.yaml: "):
        usage(path)


def test_what_stands_around_a_distribution_is_not_said_to_be_billed() -> None:
    parts = ("cachePolicy:CachePolicy", "originAccessControl:OriginAccessControl")
    assert cost(*(Resource("cdn", f"aws:cloudfront/{each}", {}) for each in parts)).unpriced == []
