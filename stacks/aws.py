"""Platforms on AWS: the network, the cluster in it, and the way in from the internet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components import ingress
from components.alarms import Alarms
from components.bastion import Bastion
from components.charts import Charts
from components.cloud.aws import Aws, OriginBucket, PrivateBucket
from components.cluster.contract import Cluster
from components.cluster.eks import EksCluster
from components.cluster.kubeadm import KubeadmCluster
from components.cluster_autoscaler import ClusterAutoscaler
from components.data_tier.elasticache import members
from components.edge.balancer import DirectService, StickyService, Targets
from components.edge.edge import Edge
from components.external_dns import Zone
from components.load_balancer_controller import LoadBalancerController
from components.mesh import gateway
from components.node_ports import NodePortRoutes
from components.registry import Registry
from components.vpc import Vpc
from spec import cluster
from spec.base import seconds
from spec.network import Network
from spec.platform import Platform
from spec.postgres import AuroraPostgres
from spec.redis import ElastiCache
from stacks.aws_data import AwsData
from stacks.ground import Ground, WayIn


@dataclass(frozen=True)
class _Nodes:
    """A cluster's machines, as the load balancer and the database see them."""

    group: pulumi.Output[str]
    """Their security group; on EKS it is the pods' own, too."""
    instances: Mapping[str, pulumi.Output[str]] | None
    """Machines whose node ports lead to the ingress controller; None where its pods have addresses in the VPC."""


def aws_ground(spec: Platform, charts: Charts) -> Ground:
    """Return what the platform stands on in AWS. The spec's rules have seen to it that there is a network."""
    assert spec.network is not None
    provider = aws.Provider(
        "aws",
        region=spec.network.region,
        default_tags={"tags": {"platform": spec.name, "managed-by": "pulumi"}},
    )
    on_aws = pulumi.ResourceOptions(providers=[provider])
    vpc = Vpc(spec.name, spec.network, on_aws, protect=spec.protect)
    made, nodes = _cluster(spec, vpc, charts, on_aws)
    in_cluster = pulumi.ResourceOptions(providers=[provider, made.provider])
    buckets = _buckets(spec, on_aws)
    edge = _edge(spec, vpc, nodes, _origins(buckets), on_aws)
    bastion = Bastion(f"{spec.name}-bastion", spec.bastion, vpc, on_aws) if spec.bastion else None
    _autoscaler(spec, spec.network, made, charts, in_cluster)
    _alarms(spec, spec.network, edge, on_aws)
    data = AwsData(spec.name, vpc, nodes.group, bastion, spec.protect, in_cluster)
    return Ground(
        cluster=made,
        url=lambda host: f"https://{host}",
        way_in=_way_in(spec, spec.network, vpc, made, nodes, edge, charts, in_cluster),
        managed_data=data,
        cloud=Aws(spec.name, spec.network.region, protect=spec.protect),
        bucket_arns={name: bucket.arn for name, bucket in buckets.items()},
        providers=[provider],
        outputs=_outputs(vpc, edge) | _registry(spec, on_aws),
    )


def _cluster(spec: Platform, vpc: Vpc, charts: Charts, opts: pulumi.ResourceOptions) -> tuple[Cluster, _Nodes]:
    match spec.cluster:
        case cluster.EksCluster() as eks:
            made = EksCluster(spec.name, eks, spec.node_pools, vpc, protect=spec.protect, opts=opts)
            return made, _Nodes(made.node_security_group_id, instances=None)
        case cluster.KubeadmCluster() as kubeadm:
            machines = KubeadmCluster(spec.name, kubeadm, spec.node_pools, vpc, charts, protect=spec.protect, opts=opts)
            instances = {
                f"{pool}-{number}": instance
                for pool, ids in machines.worker_ids.items()
                if spec.ingress.pool in (None, pool)
                for number, instance in enumerate(ids)
            }
            return machines, _Nodes(machines.node_security_group_id, instances)
    raise ValueError(f"a cluster on {spec.cluster.target} is not made in AWS")


def _edge(
    spec: Platform, vpc: Vpc, nodes: _Nodes, buckets: Mapping[str, OriginBucket], opts: pulumi.ResourceOptions
) -> Edge | None:
    if spec.edge is None:
        return None
    zone = spec.edge.zone
    controller = gateway if spec.mesh else ingress
    answer = controller.POD if nodes.instances is None else controller.NODE
    return Edge(
        f"{spec.name}-edge",
        spec.edge,
        [host for host in spec.hosts() if host == zone or host.endswith(f".{zone}")],
        vpc,
        Targets(nodes.group, answer, nodes.instances),
        direct=_direct(spec),
        sticky=_sticky(spec),
        buckets=buckets,
        # Whoever is silent for longer is cut off by the load balancer, whatever the service would have waited.
        idle_seconds=max((service.traffic.read_timeout_seconds for service in spec.services), default=60),
        protect=spec.protect,
        opts=opts,
    )


def _direct(spec: Platform) -> list[DirectService]:
    """Return the services that the load balancer reaches past the ingress controller."""
    asked = {direct.service: direct for direct in spec.edge.direct} if spec.edge else {}
    return [
        DirectService(
            service.name,
            service.port,
            service.health.readiness,
            [(route.host, route.path) for route in service.routes],
            service.termination_grace_seconds,
            seconds(sticky) if (sticky := asked[service.name].sticky) else None,
        )
        for service in spec.services
        if service.name in asked
    ]


def _sticky(spec: Platform) -> list[StickyService]:
    """Return the services whose clients keep their way through the ingress controller."""
    asked = {sticky.service: seconds(sticky.duration) for sticky in spec.edge.sticky} if spec.edge else {}
    return [
        StickyService(service.name, [(route.host, route.path) for route in service.routes], asked[service.name])
        for service in spec.services
        if service.name in asked
    ]


def _buckets(spec: Platform, opts: pulumi.ResourceOptions) -> dict[str, PrivateBucket]:
    """Make the platform's own buckets; return them by name."""
    read = spec.edge.origin_buckets() if spec.edge else frozenset()
    found: dict[str, PrivateBucket] = {}
    for bucket in spec.buckets:
        kind = OriginBucket if bucket.name in read else PrivateBucket
        found[bucket.name] = kind(
            bucket.name,
            bucket_name=bucket.name,
            expire_days={"": bucket.expire_days} if bucket.expire_days else None,
            archive_days=bucket.archive_days,
            versions_days=bucket.keep_versions_days if bucket.versioned else None,
            protect=spec.protect,
            opts=opts,
        )
    return found


def _origins(buckets: Mapping[str, PrivateBucket]) -> dict[str, OriginBucket]:
    """Return the buckets that distributions read from, by name."""
    return {name: bucket for name, bucket in buckets.items() if isinstance(bucket, OriginBucket)}


def _registry(spec: Platform, opts: pulumi.ResourceOptions) -> dict[str, Any]:
    """Return where images go, for people and pipelines."""
    if spec.registry is None:
        return {}
    services = [service.name for service in spec.services]
    made = Registry(spec.name, spec.registry, services, protect=spec.protect, opts=opts)
    return {"repositories": made.urls} | ({"pushRole": made.push_role} if made.push_role else {})


def _autoscaler(spec: Platform, network: Network, made: Cluster, charts: Charts, opts: pulumi.ResourceOptions) -> None:
    """Have pools whose size may vary vary; on kubeadm sizes are the stack file's."""
    if isinstance(spec.cluster, cluster.EksCluster) and any(p.size.max > p.size.min for p in spec.node_pools):
        ClusterAutoscaler("cluster-autoscaler", made, charts, cluster_name=spec.name, region=network.region, opts=opts)


def _alarms(spec: Platform, network: Network, edge: Edge | None, opts: pulumi.ResourceOptions) -> None:
    if spec.alarms is None:
        return
    cache = spec.data.redis
    Alarms(
        f"{spec.name}-alarms",
        spec.alarms,
        network.region,
        database=f"{spec.name}-postgres" if isinstance(spec.data.postgres, AuroraPostgres) else None,
        cache_members=members(f"{spec.name}-redis", cache) if isinstance(cache, ElastiCache) else (),
        balancer=edge.balancer if edge else None,
        health_checks=edge.health_checks if edge else None,
        opts=opts,
    )


def _way_in(
    spec: Platform,
    network: Network,
    vpc: Vpc,
    made: Cluster,
    nodes: _Nodes,
    edge: Edge | None,
    charts: Charts,
    opts: pulumi.ResourceOptions,
) -> WayIn:
    if edge is None or spec.edge is None:
        return WayIn()
    balancer = edge.balancer
    here: Any = {"cluster_name": spec.name, "region": network.region, "vpc_id": vpc.id, "opts": opts}
    zone = None
    if spec.edge.dns:
        zone = Zone(spec.edge.zone, edge.zone_id, network.region, edge.balanced_hosts, balancer.dns_name)
    proxies = [network.cidr, *edge.proxies]
    if not isinstance(spec.cluster, cluster.KubeadmCluster):
        bound = {"ingress": balancer.target_group_arn}
        bound |= {f"ingress-{service}": arn for service, arn in balancer.sticky.items()}
        arns = [*bound.values(), *balancer.direct.values()]
        controller = LoadBalancerController("load-balancer-controller", made, charts, target_group_arns=arns, **here)
        return WayIn(
            bound,
            controller.release,
            balancer.dns_name,
            proxies,
            direct=balancer.direct,
            networks=vpc.cidrs(vpc.tier("public")),
            zone=zone,
        )
    # A node that has no pod of the controller hands on with an address of the pod network.
    proxies.append(spec.cluster.pod_cidr)
    if spec.edge.node_ports is None:
        return WayIn(address=balancer.dns_name, proxies=proxies, zone=zone)
    routes = NodePortRoutes(
        f"{spec.name}-services",
        spec.services,
        spec.edge.node_ports,
        vpc,
        listener_arn=balancer.listener_arn,
        guard=edge.guard,
        balancer=balancer.security_group_id,
        machines=nodes.group,
        opts=opts,
    )
    arns = [reached.target_group_arn for reached in routes.services.values()]
    # One is enough: while it is rescheduled, machines that are registered stay so.
    controller = LoadBalancerController(
        "load-balancer-controller", made, charts, target_group_arns=arns, replicas=1, **here
    )
    return WayIn({}, controller.release, balancer.dns_name, proxies, node_ports=routes.services, zone=zone)


def _outputs(vpc: Vpc, edge: Edge | None) -> dict[str, Any]:
    return {"vpcId": vpc.id} | ({"nameServers": edge.name_servers} if edge else {})
