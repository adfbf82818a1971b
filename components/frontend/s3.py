"""A static frontend in a private bucket behind CloudFront."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.cloud.aws import OriginBucket
from components.component import Component
from components.edge.certificates import CLOUDFRONT_REGION, ZoneCertificates
from components.edge.distribution import BucketOrigin, Distribution
from spec.base import seconds
from spec.frontend import S3Frontend as Spec

# What a pipeline overwrote can be brought back for so long.
_VERSIONS_DAYS = 30
# Of records that lead to the ingress.
_TTL = 300


class S3Frontend(Component):
    """A bucket that a pipeline uploads to, a distribution in front of it, and the zone of the host it answers for."""

    bucket: pulumi.Output[str]
    """What a pipeline uploads to."""
    distribution_id: pulumi.Output[str]
    """Whose caches a pipeline has forget what it uploaded anew."""
    name_servers: pulumi.Output[Sequence[str]]
    """What the zone has to be delegated to; the certificate is issued only once it is."""

    def __init__(
        self, name: str, spec: Spec, *, protect: bool, hosts: Sequence[str] = (), opts: pulumi.ResourceOptions
    ) -> None:
        """Make the site; ``protect`` guards the bucket and the zone against deletion.

        ``hosts`` are the ingress's, which get records where ``spec`` says what they lead to.
        """
        super().__init__("frontend:S3Frontend", name, opts)
        zone = aws.route53.Zone(name, name=spec.zone, force_destroy=False, opts=self.child(protect=protect))
        certificates = ZoneCertificates(name, spec.host, [], zone.zone_id, [CLOUDFRONT_REGION], self.child())
        bucket = OriginBucket(name, versions_days=_VERSIONS_DAYS, protect=protect, opts=self.child())
        distribution = Distribution(
            name,
            [spec.host],
            BucketOrigin("files", bucket.domain),
            certificate_arn=certificates.arns[CLOUDFRONT_REGION],
            zone_id=zone.zone_id,
            default_ttl=seconds(spec.default_ttl),
            single_page=spec.single_page,
            opts=self.child(),
        )
        for host in spec.neighbours(hosts, spec.zone):
            assert spec.ingress_address is not None  # or there are none
            aws.route53.Record(
                f"{name}-{host}",
                zone_id=zone.zone_id,
                name=host,
                type=spec.record_type,
                ttl=_TTL,
                records=[spec.ingress_address],
                opts=self.child(),
            )
        bucket.admit([distribution.arn])
        self.bucket, self.distribution_id, self.name_servers = bucket.name, distribution.id, zone.name_servers
        self.register_outputs({"bucket": self.bucket, "distributionId": self.distribution_id})
