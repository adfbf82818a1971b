"""Rules that relate one value of a stack file to another, checked before the first resource.

Each rule is a function that takes the platform and yields a Mistake for every place that breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from ipaddress import IPv4Network

from spec.base import quantity
from spec.cidr import LARGEST_PREFIX, SMALLEST_PREFIX, overlaps
from spec.cluster import EksCluster, KubeadmCluster
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.security import LimitRange
from spec.services import Compute, Resources
from spec.walk import walk
from spec.zones import zones

Rule = Callable[[Platform], Iterable[Mistake]]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Add a function to the rules."""
    RULES.append(function)
    return function


def broken_rules(platform: Platform, besides: Collection[Rule] = ()) -> list[Mistake]:
    """Return every mistake that any rule finds, ``besides`` some that are not asked."""
    return [mistake for check in RULES if check not in besides for mistake in check(platform)]


def twice(path: Path, names: Iterable[str], key: str = "name") -> Iterator[Mistake]:
    """Yield a mistake for each of ``names``, those of the items of a list at ``path``, that came before."""
    for position, first, name in _repeated(names):
        remedy = f"{path[-1]}[{first}] has it already; give each a {key} of its own"
        yield Mistake((*path, position, key), "is taken", remedy, name)


def listed_twice(path: Path, values: Sequence[str]) -> Iterator[Mistake]:
    """Yield a mistake for each of ``values``, those of a list at ``path``, that came before."""
    for position, first, value in _repeated(values):
        yield Mistake((*path, position), "is listed twice", f"{path[-1]}[{first}] says it: remove one", value)


def _repeated(values: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the position of each value that came before, where it came first, and the value."""
    first: dict[str, int] = {}
    for position, value in enumerate(values):
        if first.setdefault(value, position) != position:
            yield position, first[value], value


@rule
def names_are_given_once(platform: Platform) -> Iterator[Mistake]:
    """Two things of one kind never share a name: both would become one resource."""
    yield from twice(("services",), (service.name for service in platform.services))
    yield from twice(("nodePools",), (pool.name for pool in platform.node_pools))
    yield from twice(("buckets",), (bucket.name for bucket in platform.buckets))
    yield from twice(("security", "namespaces"), (namespace.name for namespace in platform.security.namespaces))
    if platform.network:
        yield from twice(("network", "tiers"), (tier.name for tier in platform.network.tiers))
        for key, values in (
            ("availabilityZones", platform.network.availability_zones),
            ("gatewayEndpoints", platform.network.gateway_endpoints),
            ("interfaceEndpoints", platform.network.interface_endpoints),
        ):
            yield from listed_twice(("network", key), values)


@rule
def ports_are_taken_once(platform: Platform) -> Iterator[Mistake]:
    """Services of one namespace have ports of their own, so that a port in a log or a rule says who is meant."""
    taken: dict[tuple[str, int], str] = {}
    for position, service in enumerate(platform.services):
        other = taken.setdefault((service.namespace, service.port), service.name)
        if other != service.name:
            remedy = f"{other} has it in namespace {service.namespace}; take another port"
            yield Mistake(("services", position, "port"), "is taken", remedy, service.port)


@rule
def routes_lead_to_one_service(platform: Platform) -> Iterator[Mistake]:
    """A host and path lead to one place; a user interface has pages at whichever path of its host."""
    interfaces = {host: interface for interface, host in platform.interfaces().items()}
    taken: dict[tuple[str, str], str] = {}
    for position, service in enumerate(platform.services):
        for number, route in enumerate(service.routes):
            path, value = ("services", position, "routes", number), f"{route.host}{route.path}"
            if interface := interfaces.get(route.host):
                remedy = f"give one of the two another host: {interface} takes the whole of its host"
                yield Mistake(path, f"is {interface}'s already", remedy, value)
                continue
            if other := taken.get((route.host, route.path)):
                remedy = "remove one of the two" if other == service.name else "give it another host or path"
                yield Mistake(path, f"is {other}'s already", remedy, value)
            taken.setdefault((route.host, route.path), service.name)


@rule
def references_exist(platform: Platform) -> Iterator[Mistake]:
    """A namespace, a pool, a tier or a thing used is one that is declared."""
    namespaces = {namespace.name for namespace in platform.security.namespaces}
    pools = {pool.name for pool in platform.node_pools}
    tiers = {tier.name for tier in platform.network.tiers} if platform.network else set()
    usable = platform.data.ports() | {service.name for service in platform.services}
    references: list[tuple[Path, str | None, Iterable[str], str]] = []
    for position, service in enumerate(platform.services):
        here: Path = ("services", position)
        references.append(((*here, "namespace"), service.namespace, namespaces, "namespaces"))
        references.append(((*here, "pool"), service.pool, pools, "node pools"))
        for number, used in enumerate(service.uses):
            references.append(((*here, "uses", number), used, usable - {service.name}, "things to use"))
    for part in ("ingress", "mesh", "observability", "gitops"):
        section = getattr(platform, part)
        references.append(((part, "pool"), section and section.pool, pools, "node pools"))
    for position, pool in enumerate(platform.node_pools):
        references.append((("nodePools", position, "tier"), pool.tier, tiers, "tiers"))
    if isinstance(platform.cluster, EksCluster):
        references.append((("cluster", "tier"), platform.cluster.tier, tiers, "tiers"))
    if isinstance(platform.cluster, KubeadmCluster):
        path = ("cluster", "controlPlane", "tier")
        references.append((path, platform.cluster.control_plane.tier, tiers, "tiers"))
    for path, name, known, noun in references:
        if name is not None and name not in known:
            yield Mistake(path, "is not declared", did_you_mean(name, known, noun), name)


@rule
def ranges_have_room(platform: Platform) -> Iterator[Mistake]:
    """A minimum is never above its maximum."""
    for position, service in enumerate(platform.services):
        if service.replicas.min > service.replicas.max:
            path = ("services", position, "replicas", "min")
            yield Mistake(path, f"is above max, {service.replicas.max}", "raise max or lower min", service.replicas.min)
    for position, pool in enumerate(platform.node_pools):
        if pool.size.min > pool.size.max:
            path = ("nodePools", position, "size", "min")
            yield Mistake(path, f"is above max, {pool.size.max}", "raise max or lower min", pool.size.min)


@rule
def a_volume_has_one_pod(platform: Platform) -> Iterator[Mistake]:
    """A disk is attached to one machine at a time, where one process writes it."""
    for position, service in enumerate(platform.services):
        if service.volume and service.replicas.max > 1:
            path = ("services", position, "replicas", "max")
            remedy = "make it 1, or keep what it writes in the data tier"
            yield Mistake(path, "is more than a service with a volume can have", remedy, service.replicas.max)


@rule
def limits_cover_requests(platform: Platform) -> Iterator[Mistake]:
    """A limit below the request is refused by the API server; here it is refused before anything exists."""
    for path, each in walk(platform):
        if isinstance(each, Resources):
            remedy = "raise the limit or lower the request"
            yield from _below(each.limits, each.requests, (*path, "limits"), "the request", remedy)
        elif isinstance(each, LimitRange):
            remedy = "raise it or lower defaultRequest"
            yield from _below(each.default, each.default_request, (*path, "default"), "defaultRequest", remedy)


def _below(limits: Compute, requests: Compute, path: Path, than: str, remedy: str) -> Iterator[Mistake]:
    for what in ("cpu", "memory"):
        limit, request = getattr(limits, what), getattr(requests, what)
        if quantity(limit) < quantity(request):
            yield Mistake((*path, what), f"is below {than}, {request}", remedy, limit)


@rule
def networks_are_sound(platform: Platform) -> Iterator[Mistake]:
    """Subnets lie inside the VPC, apart from each other and from the cluster's own networks, and have room."""
    network = platform.network
    if network is None:
        return
    vpc = IPv4Network(network.cidr)
    if not LARGEST_PREFIX <= vpc.prefixlen <= SMALLEST_PREFIX:
        remedy = f"a VPC has a prefix from /{LARGEST_PREFIX} to /{SMALLEST_PREFIX}"
        yield Mistake(("network", "cidr"), "is not a size that a VPC can have", remedy, network.cidr)
        return
    for position, zone in enumerate(network.availability_zones):
        if zone not in zones(network.region):
            path = ("network", "availabilityZones", position)
            remedy = f"take among {', '.join(zones(network.region))}"
            yield Mistake(path, f"is not a zone of {network.region}", remedy, zone)
    yield from _subnets_are_sound(platform, vpc)
    if isinstance(platform.cluster, KubeadmCluster):
        cluster = platform.cluster
        own = [("pod", "podCidr", cluster.pod_cidr), ("service", "serviceCidr", cluster.service_cidr)]
        ranges = [IPv4Network(cidr) for _, _, cidr in own]
        for (_, key, cidr), span in zip(own, ranges, strict=True):
            if span.overlaps(vpc):
                remedy = "take a network that neither the VPC nor the other one uses"
                yield Mistake(("cluster", key), f"overlaps the VPC, {network.cidr}", remedy, cidr)
        if ranges[0].overlaps(ranges[1]):
            yield Mistake(("cluster", "podCidr"), f"overlaps serviceCidr, {cluster.service_cidr}", "", cluster.pod_cidr)


def _subnets_are_sound(platform: Platform, vpc: IPv4Network) -> Iterator[Mistake]:
    network = platform.network
    assert network is not None
    named: list[tuple[Path, IPv4Network]] = []
    incomplete = False
    for position, tier in enumerate(network.tiers):
        path: Path = ("network", "tiers", position, "cidrs")
        if tier.cidrs and len(tier.cidrs) != len(network.availability_zones):
            incomplete = True
            problem = f"has {len(tier.cidrs)} networks for {len(network.availability_zones)} availability zones"
            yield Mistake(path, problem, "give one for each zone, or leave it out to have them carved", tier.cidrs)
        for number, cidr in enumerate(tier.cidrs or ()):
            subnet = IPv4Network(cidr)
            named.append(((*path, number), subnet))
            if not subnet.subnet_of(vpc):
                yield Mistake((*path, number), f"is outside the VPC, {network.cidr}", "take a part of it", cidr)
            elif subnet.prefixlen > SMALLEST_PREFIX:
                yield Mistake((*path, number), "is too small", f"AWS takes subnets down to /{SMALLEST_PREFIX}", cidr)
    for i, j in overlaps([subnet for _, subnet in named]):
        first = ".".join(str(part) for part in named[i][0][1:])
        yield Mistake(named[j][0], f"overlaps {named[i][1]} ({first})", "give each subnet its own", str(named[j][1]))
    if not incomplete:
        try:
            network.subnets()
        except ValueError as error:
            remedy = "take a larger VPC, fewer tiers, or a longer prefixLength"
            yield Mistake(("network", "cidr"), f"is too small: {error}", remedy, network.cidr)


@rule
def targets_have_what_they_need(platform: Platform) -> Iterator[Mistake]:
    """A cluster on AWS needs a network and machines; elsewhere what only AWS has can't be had."""
    target = platform.cluster.target
    on_aws = isinstance(platform.cluster, EksCluster | KubeadmCluster)
    if on_aws:
        if platform.network is None:
            yield Mistake(
                ("network",),
                "is missing",
                f"a cluster on {target} lives in a VPC: give region, cidr and zones",
            )
        if not platform.node_pools:
            yield Mistake(("nodePools",), "is missing", f"a cluster on {target} needs machines to run on")
        return
    for path, present in (
        (("network",), platform.network),
        (("nodePools",), platform.node_pools),
        (("edge",), platform.edge),
        (("buckets",), platform.buckets),
        (("registry",), platform.registry),
        (("bastion",), platform.bastion),
        (("alarms",), platform.alarms),
    ):
        if present:
            yield Mistake(path, f"has no meaning on {target}", "remove it: it belongs to eks and kubeadm")


@rule
def aws_has_two_zones_where_it_insists(platform: Platform) -> Iterator[Mistake]:
    """EKS, databases that AWS runs and load balancers refuse subnets of fewer than two zones."""
    network = platform.network
    if network is None or len(network.availability_zones) > 1:
        return
    insists = {
        "EKS": isinstance(platform.cluster, EksCluster),
        **dict.fromkeys(platform.data.run_by_aws(), True),
        "a load balancer": platform.edge is not None,
    }
    needs = [what for what, needed in insists.items() if needed]
    if needs:
        path = ("network", "availabilityZones")
        yield Mistake(
            path,
            f"is one zone, and {' and '.join(needs)} needs two",
            "add a zone",
            network.availability_zones,
        )


@rule
def private_tiers_reach_nat(platform: Platform) -> Iterator[Mistake]:
    """NAT gateways stand in a public tier, and a load balancer does too."""
    network = platform.network
    if network is None or any(tier.routing == "public" for tier in network.tiers):
        return
    if network.nat_gateways != "none":
        yield Mistake(("network", "natGateways"), "needs a public tier", "add one, or take none", network.nat_gateways)
    if platform.edge:
        yield Mistake(
            ("network", "tiers"),
            "has no public tier for the load balancer",
            "add a tier with routing: public",
        )
