"""The public side of a platform: its zone, and who answers at which of its names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.cloud.aws import OriginBucket
from components.component import Component
from components.edge.balancer import Balancer, DirectService, StickyService, Targets
from components.edge.certificates import CLOUDFRONT_REGION, ZoneCertificates
from components.edge.distribution import BucketOrigin, Distribution, HostOrigin
from components.edge.routing import Guard
from components.edge.web_acl import WebAcl
from components.vpc import Vpc
from spec.base import seconds
from spec.edge import BalancerDistribution, BucketDistribution, HealthCheck
from spec.edge import Edge as Spec

# By which the load balancer knows CloudFront; a client's own header of that name CloudFront replaces.
_HEADER = "x-origin-verify"
_SECRET_LENGTH = 40

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html
_CLOUDFRONT_NETWORKS = "com.amazonaws.global.cloudfront.origin-facing"


class Edge(Component):
    """A zone, certificates, the load balancer, CloudFront and a web ACL before it, and checks from outside."""

    balancer: Balancer
    name_servers: pulumi.Output[Sequence[str]]
    """What the domain has to be delegated to; certificates are issued only once it is."""
    hosts: list[str]
    """Names that lead to the load balancer, directly or by CloudFront."""
    balanced_hosts: Sequence[str]
    """Those of them that do so directly."""
    zone_id: pulumi.Output[str]
    guard: Guard | None
    """What further rules of the load balancer's listener have to ask for, so that nobody bypasses CloudFront."""
    proxies: Sequence[pulumi.Output[str]]
    """Networks that CloudFront's requests to the load balancer come from: one output, comma-separated."""
    health_checks: Mapping[str, pulumi.Output[str]]
    """Id of each Route 53 health check, by its name in the spec."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        hosts: Sequence[str],
        vpc: Vpc,
        targets: Targets,
        *,
        direct: Sequence[DirectService] = (),
        sticky: Sequence[StickyService] = (),
        buckets: Mapping[str, OriginBucket] | None = None,
        idle_seconds: int = 60,
        protect: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Lead ``hosts``, names in the zone, to the ingress controller at ``targets``.

        ``direct`` and ``sticky`` are the services of the spec's sections of those names, ``buckets`` those that its
        distributions name. ``idle_seconds`` is the least that a connection may be silent for. ``protect`` guards the
        zone and the load balancer against deletion.
        """
        super().__init__("edge:Edge", name, opts)
        self._name, self._spec = name, spec
        self.hosts = sorted({*hosts, *spec.hosts})
        zone = aws.route53.Zone(
            name,
            name=spec.zone,
            # What somebody else wrote into it goes with it, and would otherwise hold it back.
            force_destroy=spec.dns is not None and not protect,
            opts=self.child(protect=protect),
        )
        self.zone_id, self.name_servers = zone.zone_id, zone.name_servers
        regions = [vpc.region, CLOUDFRONT_REGION] if spec.distributions else [vpc.region]
        served = [host for distribution in spec.distributions for host in distribution.hosts]
        certificates = ZoneCertificates(
            name, spec.zone, [*self.hosts, *served], zone.zone_id, list(dict.fromkeys(regions)), self.child()
        )
        guard = self.guard = self._guard()
        self.balancer = Balancer(
            name,
            spec,
            vpc,
            targets,
            certificate_arn=certificates.arns[vpc.region],
            direct=direct,
            sticky=sticky,
            guard=guard,
            idle_seconds=idle_seconds,
            protect=protect,
            opts=self.child(),
        )
        self.proxies = [self._cloudfront_networks()] if guard else []
        if spec.distributions:
            self._distribute(certificates.arns[CLOUDFRONT_REGION], guard, [*direct, *sticky], buckets or {})
        self.balanced_hosts = [host for host in self.hosts if host not in served]
        for host in self.balanced_hosts if spec.dns is None else ():
            self._alias(host)
        if spec.waf:
            behind = guard.hosts if guard else ()
            acl = WebAcl(f"{name}-balancer", spec.waf, "REGIONAL", asked_before=behind, opts=self.child())
            aws.wafv2.WebAclAssociation(name, resource_arn=self.balancer.arn, web_acl_arn=acl.arn, opts=self.child())
        self.health_checks = {check.name: self._health_check(check) for check in spec.health_checks}
        for record in spec.records:
            aws.route53.Record(
                f"{name}-{record.name}-{record.type.lower()}",
                zone_id=zone.zone_id,
                name=record.name,
                type=record.type,
                ttl=seconds(record.ttl),
                records=record.values,
                opts=self.child(),
            )
        self.register_outputs({"nameServers": self.name_servers, "dnsName": self.balancer.dns_name})

    def _guard(self) -> Guard | None:
        """Return what keeps everybody but CloudFront from hosts whose distribution is before the load balancer."""
        balanced = [each for each in self._spec.distributions if isinstance(each, BalancerDistribution)]
        hosts = [host for each in balanced for host in each.hosts]
        if not hosts:
            return None
        secret = random.RandomPassword(f"{self._name}-origin", length=_SECRET_LENGTH, special=False, opts=self.child())
        return Guard(hosts, _HEADER, secret.result)

    def _cloudfront_networks(self) -> pulumi.Output[str]:
        listed = aws.ec2.get_managed_prefix_list_output(
            name=_CLOUDFRONT_NETWORKS, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return listed.entries.apply(lambda entries: ",".join(sorted(entry.cidr for entry in entries)))

    def _distribute(
        self,
        certificate_arn: pulumi.Output[str],
        guard: Guard | None,
        uncached: Sequence[DirectService | StickyService],
        buckets: Mapping[str, OriginBucket],
    ) -> None:
        spec = self._spec
        acl = WebAcl(self._name, spec.waf, "CLOUDFRONT", opts=self.child()).arn if spec.waf else None
        if guard:
            self._alias(spec.origin)
        readers: dict[str, list[pulumi.Output[str]]] = {bucket: [] for bucket in buckets}
        origins = {bucket: BucketOrigin(bucket, made.domain) for bucket, made in buckets.items()}
        for each in spec.distributions:
            name = f"{self._name}-{each.name}"
            if isinstance(each, BucketDistribution):
                made = Distribution(
                    name,
                    each.hosts,
                    origins[each.bucket],
                    certificate_arn=certificate_arn,
                    zone_id=self.zone_id,
                    default_ttl=seconds(each.default_ttl),
                    single_page=each.single_page,
                    web_acl_arn=acl,
                    opts=self.child(),
                )
                readers[each.bucket].append(made.arn)
                continue
            assert guard is not None
            made = Distribution(
                name,
                each.hosts,
                HostOrigin("balancer", spec.origin, guard.header, guard.secret),
                certificate_arn=certificate_arn,
                zone_id=self.zone_id,
                default_ttl=seconds(each.default_ttl),
                buckets={path.path: origins[path.bucket] for path in each.buckets},
                uncached=[path for service in uncached for host, path in service.routes if host in each.hosts],
                web_acl_arn=acl,
                opts=self.child(),
            )
            for path in each.buckets:
                readers[path.bucket].append(made.arn)
        for bucket, arns in readers.items():
            buckets[bucket].admit(arns)

    def _alias(self, host: str) -> None:
        aws.route53.Record(
            f"{self._name}-{host}",
            zone_id=self.zone_id,
            name=host,
            type="A",
            aliases=[
                {
                    "name": self.balancer.dns_name,
                    "zone_id": self.balancer.zone_id,
                    "evaluate_target_health": True,
                }
            ],
            opts=self.child(),
        )

    def _health_check(self, spec: HealthCheck) -> pulumi.Output[str]:
        name = f"{self._name}-{spec.name}"
        return aws.route53.HealthCheck(
            name,
            type="HTTPS",
            fqdn=spec.host,
            port=443,
            resource_path=spec.path,
            enable_sni=True,
            request_interval=30,
            failure_threshold=3,
            tags={"Name": name},
            opts=self.child(),
        ).id
