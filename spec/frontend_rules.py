"""Rules between the static frontend and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator

from spec.frontend import S3Frontend
from spec.mistakes import Mistake
from spec.platform import Platform
from spec.rules import rule


@rule
def the_frontend_has_a_host_of_its_zone(platform: Platform) -> Iterator[Mistake]:
    """A zone answers for its own name and those below it."""
    site = platform.frontend
    if site and site.host != site.zone and not site.host.endswith(f".{site.zone}"):
        remedy = "take a name in it, or the zone that the name is in"
        yield Mistake(("frontend", "host"), f"is not in the zone {site.zone}", remedy, site.host)


@rule
def the_frontend_has_a_host_of_its_own(platform: Platform) -> Iterator[Mistake]:
    """A host leads to the frontend or to the ingress."""
    site = platform.frontend
    if site and site.host in platform.hosts():
        remedy = "give the frontend another host, or the API one such as api.example.com"
        yield Mistake(("frontend", "host"), "is one of the ingress", remedy, site.host)


@rule
def the_ingress_has_hosts_in_the_zone(platform: Platform) -> Iterator[Mistake]:
    """An address is for the records of hosts, and a zone of Route 53 has no CNAME of its own name."""
    site = platform.frontend
    if site is None or site.ingress_address is None:
        return
    path, hosts = ("frontend", "ingressAddress"), site.neighbours(platform.hosts(), site.zone)
    if not hosts:
        remedy = "remove it, or give a service a route such as api." + site.zone
        problem = f"leads nobody there: no host of the ingress is in {site.zone}"
        yield Mistake(path, problem, remedy, site.ingress_address)
    if isinstance(site, S3Frontend) and site.record_type == "CNAME" and site.zone in hosts:
        remedy = "give an IPv4 address, or the service another host"
        yield Mistake(path, f"can't be that of {site.zone}, whose record can be no CNAME", remedy, site.ingress_address)


@rule
def a_zone_is_made_once(platform: Platform) -> Iterator[Mistake]:
    """The edge and a frontend in S3 each make the zone that they are in."""
    site, edge = platform.frontend, platform.edge
    if isinstance(site, S3Frontend) and edge and edge.zone == site.zone:
        remedy = "put the site into edge.distributions, which serve buckets under hosts of the edge's zone"
        yield Mistake(("frontend", "zone"), "is the edge's", remedy, site.zone)
