"""The way in on AWS: a DNS zone, certificates, a load balancer, and what stands in front of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Cidr, Duration, Host, Name, Port, Section
from spec.buckets import BucketName
from spec.services import UrlPath
from spec.way_in import ExternalDns, NodePorts

LONGEST_IDLE = 4000
"""Seconds that a connection through a load balancer may say nothing at most.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"""


class Direct(Section):
    """A service whose routes the load balancer takes to the pods itself, past the ingress controller."""

    service: Name
    sticky: Duration | None = None
    """How long a client comes back to the same pod, as sockets and their fallbacks need; left out, any pod will do."""


class Sticky(Section):
    """A service with a rule of its own at the load balancer, which brings a client to the same pod of the ingress
    controller each time; that does with it what the service's `traffic` says."""

    service: Name
    duration: Duration = "1h"
    """How long after its last request a client comes back to the same pod."""


class PortRange(Section):
    """Ports, first and last included."""

    first: Port
    last: Port


class BucketPath(Section):
    """A path of a distribution that a bucket answers."""

    path: UrlPath
    """Where the objects are, such as /images; their keys begin with it."""
    bucket: BucketName


class BucketDistribution(Section):
    """CloudFront in front of a bucket: a static site."""

    origin: Literal["bucket"]
    name: Name
    hosts: Annotated[list[Host], Field(min_length=1)]
    bucket: BucketName
    default_ttl: Duration = "24h"
    """How long an object is cached that does not say."""
    single_page: bool = False
    """Whether a path without an object is answered with index.html, for the application to route by itself."""


class BalancerDistribution(Section):
    """CloudFront in front of the load balancer: an API."""

    origin: Literal["loadBalancer"]
    name: Name
    hosts: Annotated[list[Host], Field(min_length=1)]
    default_ttl: Duration = "30s"
    """How long an answer to GET or HEAD is cached that does not say."""
    buckets: list[BucketPath] = []
    """Paths that buckets answer in place of the load balancer."""


Distribution = Annotated[BucketDistribution | BalancerDistribution, Field(discriminator="origin")]


class DnsRecord(Section):
    """A record of the zone that is for somebody else: mail, proofs of who owns the domain."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$")]
    """In full, such as tiketi.gg or _dmarc.tiketi.gg."""
    type: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"]
    ttl: Duration = "1h"
    values: Annotated[list[str], Field(min_length=1)]
    """As a zone file has them, a text without its quotes: `10 inbound-smtp.us-east-1.amazonaws.com`."""


class HealthCheck(Section):
    """A Route 53 health check: HTTPS, asked from several regions every 30 seconds."""

    name: Name
    host: Host
    path: UrlPath = "/"


class Waf(Section):
    """A web ACL: rule groups that AWS manages, and a limit for each address."""

    rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] = 2000
    """Requests of one address in five minutes; what is beyond is blocked."""
    managed_rules: list[str] = [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesSQLiRuleSet",
    ]
    """AWS's own rule groups, in the order they are asked."""


class Edge(Section):
    """The way in on AWS: a Route 53 zone, a certificate, and a load balancer that the program owns."""

    zone: Host
    """DNS zone, created by the program; its name servers are among the outputs."""
    hosts: list[Host] = []
    """Names in the zone that lead to the load balancer, besides the services' and the user interfaces'."""
    access_cidrs: list[Cidr] = ["0.0.0.0/0"]
    """Networks that may reach the load balancer."""
    idle_timeout: Duration = "1m"
    """How long a connection through the load balancer may say nothing; a WebSocket has to ping more often."""
    node_ports: NodePorts | None = None
    """Left out, services are reached by the ingress controller."""
    dns: ExternalDns | None = None
    """Who writes the hosts' records; left out, the program does."""
    direct: list[Direct] = []
    """Services that the load balancer reaches without the ingress controller, and so without what that does."""
    sticky: list[Sticky] = []
    """Services whose clients keep their way through the ingress controller, as sockets and their fallbacks need."""
    pod_ports: PortRange | None = None
    """Ports of pods that the load balancer may reach; left out, those of `direct` alone."""
    distributions: list[Distribution] = []
    """CloudFront, in front of buckets and of the load balancer."""
    waf: Waf | None = None
    """At CloudFront where that leads to the load balancer, else at the load balancer."""
    health_checks: list[HealthCheck] = []
    records: list[DnsRecord] = []
    """Further records of the zone."""

    @property
    def origin(self) -> str:
        """The name under which CloudFront finds the load balancer."""
        return f"origin.{self.zone}"

    def origin_buckets(self) -> frozenset[str]:
        """Return the names of the buckets that distributions read from."""
        read: set[str] = set()
        for each in self.distributions:
            read |= {each.bucket} if isinstance(each, BucketDistribution) else {path.bucket for path in each.buckets}
        return frozenset(read)
