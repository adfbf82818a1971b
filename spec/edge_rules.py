"""Rules between the edge and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator

from spec.base import seconds
from spec.cluster import EksCluster
from spec.edge import LONGEST_IDLE, BalancerDistribution, BucketDistribution, Edge
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.rules import listed_twice, rule, twice

# A rule of a load balancer's listener compares five values; one of them is the header that CloudFront shows.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
_MOST_HOSTS = 4

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
_LONGEST_STICKY = 7 * 86_400

_LONGEST = {"bucket": ("365d", 365 * 86_400), "loadBalancer": ("1d", 86_400)}


@rule
def names_at_the_edge_are_given_once(platform: Platform) -> Iterator[Mistake]:
    """Distributions and health checks become resources by their names."""
    if platform.edge:
        yield from twice(("edge", "distributions"), (each.name for each in platform.edge.distributions))
        yield from twice(("edge", "healthChecks"), (check.name for check in platform.edge.health_checks))
        yield from twice(("edge", "direct"), (direct.service for direct in platform.edge.direct), "service")
        yield from twice(("edge", "sticky"), (sticky.service for sticky in platform.edge.sticky), "service")
        for position, each in enumerate(platform.edge.distributions):
            yield from listed_twice(("edge", "distributions", position, "hosts"), each.hosts)


@rule
def direct_services_can_be_reached(platform: Platform) -> Iterator[Mistake]:
    """A load balancer reaches pods that have addresses in the VPC, by what it knows of their routes."""
    edge = platform.edge
    if edge is None:
        return
    services = {service.name: service for service in platform.services if service.kind == "api"}
    for position, direct in enumerate(edge.direct):
        path: Path = ("edge", "direct", position, "service")
        service = services.get(direct.service)
        if service is None:
            yield Mistake(path, "is not declared", did_you_mean(direct.service, services, "services"), direct.service)
            continue
        if not isinstance(platform.cluster, EksCluster):
            problem = f"has pods that a load balancer can't reach on {platform.cluster.target}"
            yield Mistake(path, problem, "remove it: the ingress controller leads to it", direct.service)
        if not service.routes:
            yield Mistake(path, "has no route to be found by", "give the service routes", direct.service)
        ports = edge.pod_ports
        if ports and not ports.first <= service.port <= ports.last:
            problem = f"listens on {service.port}, outside podPorts, {ports.first} to {ports.last}"
            yield Mistake(path, problem, "widen podPorts", direct.service)
    if edge.pod_ports and edge.pod_ports.first > edge.pod_ports.last:
        problem = f"is above last, {edge.pod_ports.last}"
        yield Mistake(("edge", "podPorts", "first"), problem, "swap them", edge.pod_ports.first)


@rule
def direct_services_ask_nothing_of_the_ingress_controller(platform: Platform) -> Iterator[Mistake]:
    """What goes past the ingress controller is not limited by it, nor has answers with its headers."""
    direct = {each.service for each in platform.edge.direct} if platform.edge else set[str]()
    for position, service in enumerate(platform.services):
        traffic = service.traffic
        for key, asked in (("rateLimit", traffic.rate_limit), ("cors", traffic.cors)):
            if asked and service.name in direct:
                problem = "is for the ingress controller to do, and edge.direct leads past it"
                remedy = "remove it, or name the service in edge.sticky in place of edge.direct"
                yield Mistake(("services", position, "traffic", key), problem, remedy)


@rule
def sticky_services_can_be_led(platform: Platform) -> Iterator[Mistake]:
    """A rule of the load balancer leads by what it knows of a service's routes, to one place."""
    edge = platform.edge
    if edge is None:
        return
    services = {service.name: service for service in platform.services if service.kind == "api"}
    direct = {each.service for each in edge.direct}
    for position, sticky in enumerate(edge.sticky):
        path: Path = ("edge", "sticky", position, "service")
        service = services.get(sticky.service)
        if service is None:
            yield Mistake(path, "is not declared", did_you_mean(sticky.service, services, "services"), sticky.service)
        elif not service.routes:
            yield Mistake(path, "has no route to be found by", "give the service routes", sticky.service)
        elif sticky.service in direct:
            yield Mistake(path, "is in edge.direct already", "name it in one of them", sticky.service)


@rule
def times_are_what_a_load_balancer_takes(platform: Platform) -> Iterator[Mistake]:
    """A connection is silent for little more than an hour, a client comes back for a week."""
    edge = platform.edge
    if edge is None:
        return
    if seconds(edge.idle_timeout) > LONGEST_IDLE:
        problem = f"is more than the {LONGEST_IDLE} seconds that a load balancer takes"
        yield Mistake(("edge", "idleTimeout"), problem, "take an hour, 1h, or less", edge.idle_timeout)
    kept: list[tuple[Path, str]] = [
        (("edge", "direct", position, "sticky"), direct.sticky)
        for position, direct in enumerate(edge.direct)
        if direct.sticky
    ]
    kept += [(("edge", "sticky", position, "duration"), each.duration) for position, each in enumerate(edge.sticky)]
    for path, duration in kept:
        if seconds(duration) > _LONGEST_STICKY:
            yield Mistake(path, "is longer than a load balancer's cookie lives", "take 7d or less", duration)


@rule
def hosts_at_the_edge_lead_to_one_place(platform: Platform) -> Iterator[Mistake]:
    """A host is in the zone, belongs to one distribution, and to one that leads to what answers there."""
    edge = platform.edge
    if edge is None:
        return
    answered = {*platform.hosts(), *edge.hosts}
    if edge.origin in answered:
        problem = "is what CloudFront finds the load balancer by"
        yield Mistake(("edge", "zone"), f"{edge.origin} {problem}", "give whatever has that host another", edge.zone)
    taken: dict[str, str] = {}
    for position, each in enumerate(edge.distributions):
        for number, host in enumerate(each.hosts):
            path: Path = ("edge", "distributions", position, "hosts", number)
            other = taken.setdefault(host, each.name)
            if other != each.name:
                yield Mistake(path, f"is {other}'s already", "give each host to one distribution", host)
            elif not _inside(host, edge):
                yield Mistake(path, f"is not in the zone, {edge.zone}", f"write it like www.{edge.zone}", host)
            elif isinstance(each, BucketDistribution) and host in answered:
                remedy = "take another host, or origin: loadBalancer"
                yield Mistake(path, "is answered by the cluster, which nobody would reach", remedy, host)
            elif isinstance(each, BalancerDistribution) and host not in answered:
                yield Mistake(path, "is answered by nobody", did_you_mean(host, answered, "hosts"), host)
    names = {*answered, *taken, edge.origin}
    for position, check in enumerate(edge.health_checks):
        if check.host not in names:
            here: Path = ("edge", "healthChecks", position, "host")
            yield Mistake(here, "leads nowhere", did_you_mean(check.host, names, "hosts"), check.host)


@rule
def further_records_are_the_zones_own(platform: Platform) -> Iterator[Mistake]:
    """A record is in the zone, once, and takes nobody's place."""
    edge = platform.edge
    if edge is None:
        return
    served = {host for each in edge.distributions for host in each.hosts}
    led = {*platform.hosts(), *edge.hosts, *served, edge.origin}
    first: dict[tuple[str, str], int] = {}
    for position, record in enumerate(edge.records):
        path: Path = ("edge", "records", position, "name")
        if not _inside(record.name, edge):
            yield Mistake(path, f"is not in the zone, {edge.zone}", f"write it like _dmarc.{edge.zone}", record.name)
        elif record.name in led and record.type in {"A", "AAAA", "CNAME"}:
            yield Mistake(path, "leads to what the program made already", "take another name", record.name)
        elif (record.name, record.type) in first:
            remedy = f"add its values to records[{first[record.name, record.type]}]"
            yield Mistake(path, f"has {record.type} values already", remedy, record.name)
        first.setdefault((record.name, record.type), position)


@rule
def distributions_can_be_made(platform: Platform) -> Iterator[Mistake]:
    """A distribution reads from buckets that there are, for times that CloudFront takes."""
    edge = platform.edge
    if edge is None:
        return
    buckets = {bucket.name for bucket in platform.buckets}
    hosts = 0
    for position, each in enumerate(edge.distributions):
        here: Path = ("edge", "distributions", position)
        text, most = _LONGEST[each.origin]
        if seconds(each.default_ttl) > most:
            yield Mistake((*here, "defaultTtl"), f"is more than {text}", "take less", each.default_ttl)
        named: list[tuple[Path, str]] = []
        if isinstance(each, BucketDistribution):
            named.append(((*here, "bucket"), each.bucket))
        else:
            hosts += len(each.hosts)
            named += [((*here, "buckets", number, "bucket"), path.bucket) for number, path in enumerate(each.buckets)]
        for path, bucket in named:
            if bucket not in buckets:
                yield Mistake(path, "is not declared", did_you_mean(bucket, buckets, "buckets"), bucket)
    if hosts > _MOST_HOSTS:
        problem = f"have {hosts} hosts that lead to the load balancer, and a rule of it takes {_MOST_HOSTS}"
        yield Mistake(("edge", "distributions"), problem, "let some hosts lead there without CloudFront")


def _inside(host: str, edge: Edge) -> bool:
    return host == edge.zone or host.endswith(f".{edge.zone}")
