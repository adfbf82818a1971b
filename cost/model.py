"""What each type of resource costs: one function a type, from its inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cost.graph import Graph, Resource
from cost.prices import HOURS, Prices, Unpriced, load
from spec.base import quantity


@dataclass(frozen=True)
class Line:
    """One line of a bill."""

    group: str
    resource: str
    what: str
    """The multiplication, for whoever wants to know why."""
    monthly: float
    by_use: bool = False
    """It depends on an assumption of use."""


@dataclass(frozen=True)
class Uncounted:
    """A resource that is billed, and not in the sum."""

    resource: Resource
    why: str

    def __str__(self) -> str:
        return f"{self.resource.name}: {self.why}"


@dataclass(frozen=True)
class Bill:
    """What a month costs, in USD."""

    lines: list[Line]
    unpriced: list[Uncounted] = field(default_factory=list)
    """What is in the graph and has no price; the sum is too low by that."""
    prices: Prices | None = None

    @property
    def monthly(self) -> float:
        """The sum of all lines, in USD."""
        return sum(line.monthly for line in self.lines)

    @property
    def fixed(self) -> float:
        """Without what depends on use."""
        return sum(line.monthly for line in self.lines if not line.by_use)

    def groups(self) -> dict[str, float]:
        """Return the sum of each group, the most expensive first."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.group] = sums.get(line.group, 0) + line.monthly
        return dict(sorted(sums.items(), key=lambda each: -each[1]))


@dataclass(frozen=True)
class _Around:
    """What a type's function has besides the resource."""

    graph: Graph
    prices: Prices
    usage: Mapping[str, Any]

    def hours(self, group: str, resource: str, kind: str, name: str, count: float = 1, share: float = 1) -> Line:
        price = self.prices.of(kind, name)
        times = f"{count:g} × " if count != 1 else ""
        spot = f" × {share:g} for spot" if share != 1 else ""
        return Line(group, resource, f"{times}{name} {HOURS} h × ${price:g}{spot}", count * HOURS * price * share)

    def months(self, group: str, resource: str, kind: str, name: str, count: float = 1) -> Line:
        price = self.prices.of(kind, name)
        unit = " GB" if kind == "volume" else ""
        return Line(group, resource, f"{count:g}{unit} {name} × ${price:g}", count * price)

    def use(self, group: str, resource: str, name: str, amount: float, unit: str) -> Line:
        price = self.prices.of("usage", name)
        return Line(group, resource, f"{amount:g} {unit} × ${price:g}, assumed", amount * price, by_use=True)


Rule = Callable[[Resource, _Around], Iterator[Line]]


def _instance(each: Resource, around: _Around) -> Iterator[Line]:
    yield around.hours("Machines", each.name, "instance", each.inputs["instanceType"])
    root = each.inputs.get("rootBlockDevice") or {}
    if size := root.get("volumeSize"):
        yield around.months("Volumes", each.name, "volume", root.get("volumeType", "gp3"), float(size))


def _node_group(each: Resource, around: _Around) -> Iterator[Line]:
    inputs = each.inputs
    pool = (inputs.get("labels") or {}).get("groundwork/pool", each.name)
    share = around.usage["spotShare"] if inputs.get("capacityType") == "SPOT" else 1
    template = around.graph.sibling(each, "aws:ec2/launchTemplate:LaunchTemplate")
    disks = [device["ebs"] for device in (template.inputs if template else {}).get("blockDeviceMappings") or []]
    extra = around.usage["averageNodes"].get(pool, 0)
    for nodes, by_use in ((inputs["scalingConfig"]["minSize"], False), (extra, True)):
        if nodes:
            line = around.hours("Machines", each.name, "instance", inputs["instanceTypes"][0], nodes, share)
            yield replace(line, by_use=by_use)
            for disk in disks:
                line = around.months("Volumes", each.name, "volume", disk["volumeType"], nodes * disk["volumeSize"])
                yield replace(line, by_use=by_use)


def _cluster(each: Resource, around: _Around) -> Iterator[Line]:
    yield around.hours("Control plane", each.name, "eks", "cluster")


def _nat_gateway(each: Resource, around: _Around) -> Iterator[Line]:
    yield around.hours("Network", each.name, "network", "natGateway")
    gateways = sum(1 for other in around.graph.resources if other.type == each.type)
    yield around.use("Network", each.name, "natGB", around.usage["natGB"] / gateways, "GB")


def _address(each: Resource, around: _Around) -> Iterator[Line]:
    yield around.hours("Network", each.name, "network", "publicAddress")


def _balancer(each: Resource, around: _Around) -> Iterator[Line]:
    kind = each.inputs.get("loadBalancerType") or "application"
    yield around.hours("Load balancers", each.name, "balancer", kind)
    if not each.inputs.get("internal"):
        zones = len(each.inputs.get("subnets") or each.inputs.get("subnetMappings") or [])
        yield around.hours("Network", each.name, "network", "publicAddress", zones)
    units = around.usage[f"{kind}Units"]
    yield around.use("Load balancers", each.name, f"{kind}UnitHour", units * HOURS, "unit hours")


def _endpoint(each: Resource, around: _Around) -> Iterator[Line]:
    if each.inputs.get("vpcEndpointType") == "Interface":
        zones = len(each.inputs.get("subnetIds") or [])
        yield around.hours("Network", each.name, "network", "interfaceEndpoint", zones)


def _vpc(each: Resource, around: _Around) -> Iterator[Line]:
    yield around.use("Network", each.name, "egressGB", around.usage["egressGB"], "GB to the internet")


def _aurora(each: Resource, around: _Around) -> Iterator[Line]:
    for name, unit in (("auroraGB", "GB"), ("auroraMillionRequests", "million requests")):
        yield around.use("Database", each.name, name, around.usage[name], unit)


def _aurora_instance(each: Resource, around: _Around) -> Iterator[Line]:
    yield around.hours("Database", each.name, "aurora", each.inputs["instanceClass"])


def _cache(each: Resource, around: _Around) -> Iterator[Line]:
    inputs = each.inputs
    shards = inputs.get("numNodeGroups") or 1
    nodes = shards * (1 + (inputs.get("replicasPerNodeGroup") or 0)) if "numNodeGroups" in inputs else (
        inputs.get("numCacheClusters") or 1
    )  # fmt: skip
    yield around.hours("Cache", each.name, "cache", inputs["nodeType"], nodes)


def _monthly(group: str, name: str) -> Rule:
    def rule(each: Resource, around: _Around) -> Iterator[Line]:
        yield around.months(group, each.name, "monthly", name)

    return rule


def _web_acl(each: Resource, around: _Around) -> Iterator[Line]:
    yield around.months("Edge", each.name, "monthly", "webAcl")
    yield around.months("Edge", each.name, "monthly", "webAclRule", len(each.inputs.get("rules") or []))


def _alarm(each: Resource, around: _Around) -> Iterator[Line]:
    queries = each.inputs.get("metricQueries") or []
    metrics = [query["metric"] for query in queries if query.get("metric")] or [each.inputs]
    name = "highResolutionAlarm" if min(metric.get("period") or 60 for metric in metrics) < 60 else "alarm"
    yield around.months("Observability", each.name, "monthly", name, len(metrics))


def _shared(group: str, name: str, unit: str) -> Rule:
    """An assumption for all resources of a type together."""

    def rule(each: Resource, around: _Around) -> Iterator[Line]:
        number = sum(1 for other in around.graph.resources if other.type == each.type)
        yield around.use(group, each.name, name, around.usage[name] / number, unit)

    return rule


def _claims(each: Resource, around: _Around) -> Iterator[Line]:
    """Volumes that something in the cluster asks for."""
    size = sum(_gigabytes(each.inputs.get("values") or each.inputs.get("spec") or {}))
    if each.type.startswith("kubernetes:"):
        spec = each.inputs.get("spec") or {}
        size *= spec.get("instances") or spec.get("replicas") or 1
    if size:
        yield around.months("Volumes", each.name, "volume", "gp3", size)


def _gigabytes(value: Any, inside: str = "") -> Iterator[float]:
    """Sizes that look like claims: of `requests.storage`, and of `size` in a claim, a persistence or a storage."""
    if isinstance(value, list):
        for each in value:
            yield from _gigabytes(each, inside)
    elif isinstance(value, dict):
        if value.get("enabled") is False and "size" in value:
            return
        for key, each in value.items():
            claims = (inside == "requests" and key == "storage") or (
                key == "size" and re.search("claim|persist|storage", inside, re.IGNORECASE)
            )
            if claims and isinstance(each, str) and re.fullmatch(r"\d+(\.\d+)?[KMGT]i?", each):
                yield float(quantity(each)) / 2**30
            else:
                yield from _gigabytes(each, key)


# What costs something. The rest of AWS's types in the stacks is free, part of what is here, or in BILLED.
RULES: dict[str, Rule] = {
    "aws:cloudwatch/dashboard:Dashboard": _monthly("Observability", "dashboard"),
    "aws:cloudwatch/logGroup:LogGroup": _shared("Observability", "logGB", "GB of logs"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:ec2/eip:Eip": _address,
    "aws:ec2/instance:Instance": _instance,
    "aws:ec2/natGateway:NatGateway": _nat_gateway,
    "aws:ec2/vpc:Vpc": _vpc,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ecr/repository:Repository": _shared("Registry", "imageGB", "GB"),
    "aws:eks/cluster:Cluster": _cluster,
    "aws:eks/nodeGroup:NodeGroup": _node_group,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:kms/key:Key": _monthly("Keys and secrets", "key"),
    "aws:lb/loadBalancer:LoadBalancer": _balancer,
    "aws:rds/cluster:Cluster": _aurora,
    "aws:rds/clusterInstance:ClusterInstance": _aurora_instance,
    "aws:route53/healthCheck:HealthCheck": _monthly("Edge", "healthCheck"),
    "aws:route53/zone:Zone": _monthly("Edge", "zone"),
    "aws:s3/bucket:Bucket": _shared("Buckets", "bucketGB", "GB"),
    "aws:secretsmanager/secret:Secret": _monthly("Keys and secrets", "secret"),
    "aws:wafv2/webAcl:WebAcl": _web_acl,
    "kubernetes:core/v1:PersistentVolumeClaim": _claims,
    "kubernetes:helm.sh/v3:Release": _claims,
    "kubernetes:kafka.strimzi.io/v1:KafkaNodePool": _claims,
    "kubernetes:postgresql.cnpg.io/v1:Cluster": _claims,
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster": _claims,
}

# Types that are billed and that no rule knows yet: said, rather than left out in silence.
BILLED = re.compile(
    r"aws:(autoscaling/group|backup|cloudfront/(distribution|function):|cognito/userPool:|dlm|docdb|dynamodb|ebs/volume"
    r"|ec2/(fleet|spot|transitGateway|vpn)|efs|fsx|globalaccelerator|kinesis|mq|msk|opensearch|rds/instance|redshift"
    r"|sagemaker|sns/topic:|workspaces)"
)


def bill(graph: Graph, usage: Mapping[str, Any]) -> Bill:
    """Return what a month of a stack costs; nothing, where it has no cloud. Raises Unpriced for an unknown region."""
    region = graph.region
    if region is None:
        return Bill([])
    around = _Around(graph, load(region), usage)
    found: list[Line] = []
    unpriced: list[Uncounted] = []
    for each in graph.resources:
        rule = RULES.get(each.type)
        if rule is None:
            if BILLED.match(each.type):
                unpriced.append(Uncounted(each, f"{each.type} is billed by use"))
            continue
        try:
            found += [line for line in rule(each, around) if line.monthly]
        except Unpriced as error:
            unpriced.append(Uncounted(each, str(error)))
    return Bill(found, unpriced, around.prices)


def on_eks(graph: Graph) -> Graph:
    """Return a cluster of plain machines as it would be on EKS.

    AWS runs the control plane, and a machine has to take the DaemonSets beside its workload: with EKS' own network
    plugin a t3.micro has addresses for 4 pods, which the DaemonSets alone need, so the next size takes its place.
    https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/eni-max-pods.txt
    """
    resources = [Resource("control-plane", "aws:eks/cluster:Cluster", {})]
    for each in graph.resources:
        if each.type == "aws:ec2/instance:Instance":
            if "control-plane" in each.name:
                continue
            larger = {"t3.micro": "t3.small"}.get(each.inputs["instanceType"])
            inputs = {**each.inputs, "instanceType": larger} if larger else each.inputs
            resources.append(Resource(each.name, each.type, inputs, each.parent))
        elif not (each.type == "aws:lb/loadBalancer:LoadBalancer" and each.inputs.get("loadBalancerType") == "network"):
            # The API server's own balancers come with EKS.
            resources.append(each)
    return Graph(resources)
