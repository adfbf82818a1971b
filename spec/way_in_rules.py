"""Rules between the ways into a platform on AWS and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator

from spec.cluster import KubeadmCluster
from spec.edge import LONGEST_IDLE
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.rules import rule
from spec.traffic import Traffic
from spec.way_in import MOST_NODE_PORTS

_NODE_PORTS: Path = ("edge", "nodePorts")


@rule
def node_ports_are_a_range_of_machines(platform: Platform) -> Iterator[Mistake]:
    """Machines of the program's own have ports that it may give away, but for those of the ingress controller."""
    ports = platform.edge and platform.edge.node_ports
    if not ports:
        return
    if not isinstance(platform.cluster, KubeadmCluster):
        problem = f"has no meaning on {platform.cluster.target}"
        yield Mistake(_NODE_PORTS, problem, "remove it: pods there have addresses that a load balancer reaches")
    if ports.last < ports.first:
        yield Mistake((*_NODE_PORTS, "last"), f"is below first, {ports.first}", "give a range", ports.last)
    elif ports.count > MOST_NODE_PORTS:
        problem = f"makes {ports.count} ports, more than a load balancer has rules for"
        yield Mistake((*_NODE_PORTS, "last"), problem, f"give at most {MOST_NODE_PORTS}", ports.last)
    for port in (30021, 30080, 30443):
        if port in ports:
            remedy = "take a range without it"
            yield Mistake(_NODE_PORTS, f"has the ingress controller's own port, {port}", remedy)


@rule
def services_have_node_ports_where_there_are_some(platform: Platform) -> Iterator[Mistake]:
    """Where the load balancer leads to services one by one, each that has a route has a port of its own."""
    ports = platform.edge and platform.edge.node_ports
    routed = [service for service in platform.services if service.kind == "api" and service.routes]
    if ports and ports.count == 0:
        return  # another rule says so
    if ports and len(routed) > ports.count:
        problem = f"has {ports.count} ports for {len(routed)} services"
        yield Mistake((*_NODE_PORTS, "last"), problem, "raise last, or offer fewer services", ports.last)
        return
    taken: dict[int, str] = {}
    every = {service.node_port for service in routed if service.node_port is not None}
    for position, service in enumerate(platform.services):
        path: Path = ("services", position, "nodePort")
        if service.node_port is None:
            if ports and service in routed:
                free = ports.free(every)
                assert free is not None  # there are as many as services
                every.add(free)
                yield Mistake(path, "is missing", f"take {free}, the first that is free")
            continue
        if not ports:
            yield Mistake(path, "has no meaning without edge.nodePorts", "remove one, or add the other")
        elif service not in routed:
            yield Mistake(path, "has no meaning without a route", "remove it, or add a route", service.node_port)
        elif service.node_port not in ports:
            problem = f"is outside of edge.nodePorts, {ports.first} to {ports.last}"
            yield Mistake(path, problem, f"take {ports.free(every)}, the first that is free", service.node_port)
        elif (other := taken.setdefault(service.node_port, service.name)) != service.name:
            yield Mistake(path, f"is {other}'s already", f"take {ports.free(every)}", service.node_port)


@rule
def load_balancers_do_part_of_what_nginx_does(platform: Platform) -> Iterator[Mistake]:
    """A load balancer keeps clients with their pods and upgrades connections; it neither limits nor answers CORS."""
    if platform.edge is None:
        return
    for position, service in enumerate(platform.services):
        path: Path = ("services", position, "traffic")
        traffic = service.traffic
        if traffic.read_timeout_seconds > LONGEST_IDLE:
            problem, remedy = "is longer than a load balancer waits", f"give at most {LONGEST_IDLE}"
            yield Mistake((*path, "readTimeoutSeconds"), problem, remedy, traffic.read_timeout_seconds)
        if service.node_port is None:
            continue
        for key, given in (
            ("rateLimit", traffic.rate_limit is not None),
            ("cors", traffic.cors is not None),
            ("maxBodySize", traffic.max_body_size != Traffic().max_body_size),
        ):
            if given:
                yield Mistake((*path, key), "is done by NGINX, which a node port leads past", "remove one of the two")


@rule
def records_have_one_writer(platform: Platform) -> Iterator[Mistake]:
    """ExternalDNS runs on a pool that there is."""
    dns = platform.edge and platform.edge.dns
    pools = {pool.name for pool in platform.node_pools}
    if dns and dns.pool is not None and dns.pool not in pools:
        yield Mistake(("edge", "dns", "pool"), "is not declared", did_you_mean(dns.pool, pools, "node pools"), dns.pool)
