"""Certificates of ACM for the names of a zone, validated by records in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.component import Component

CLOUDFRONT_REGION = "us-east-1"
"""Where CloudFront looks for certificates and web ACLs, wherever everything else is.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html"""


def certified(zone: str, hosts: Sequence[str]) -> list[str]:
    """Return the names a certificate needs besides the zone's own: its wildcard, and hosts too deep for that.

    A wildcard stands for one label: `*.example.com` is good for api.example.com, not for v1.api.example.com.
    """
    deeper = {host for host in hosts if host != zone and host.removesuffix(f".{zone}").count(".")}
    return [f"*.{zone}", *sorted(deeper)]


class ZoneCertificates(Component):
    """The same certificate in each region that needs it."""

    arns: Mapping[str, pulumi.Output[str]]
    """By region; known once the certificate has been issued."""

    def __init__(
        self,
        name: str,
        domain: str,
        hosts: Sequence[str],
        zone_id: pulumi.Input[str],
        regions: Sequence[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Certify ``domain``, a zone, and ``hosts`` in it."""
        super().__init__("edge:ZoneCertificates", name, opts)
        self._name = name
        names = certified(domain, hosts)
        certificates = {
            region: aws.acm.Certificate(
                f"{name}-{region}",
                region=region,
                domain_name=domain,
                subject_alternative_names=names,
                validation_method="DNS",
                tags={"Name": domain},
                # Whoever uses a certificate uses it until there is the next.
                opts=self.child(delete_before_replace=False),
            )
            for region in regions
        }
        # The record that validates a name is the same for all of an account's certificates, and a wildcard's is that of
        # the name after the `*.`: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
        asking = certificates[regions[0]]
        records = [
            self._record(host, asking, zone_id)
            for host in (domain, *(name for name in names if not name.startswith("*.")))
        ]
        self.arns = {
            region: aws.acm.CertificateValidation(
                f"{name}-{region}",
                region=region,
                certificate_arn=certificate.arn,
                validation_record_fqdns=[record.fqdn for record in records],
                opts=self.child(),
            ).certificate_arn
            for region, certificate in certificates.items()
        }
        self.register_outputs({"arns": self.arns})

    def _record(self, host: str, certificate: aws.acm.Certificate, zone_id: pulumi.Input[str]) -> aws.route53.Record:
        asked = certificate.domain_validation_options.apply(
            lambda options: next(option for option in options if option.domain_name == host)
        )
        return aws.route53.Record(
            f"{self._name}-proof-{host}",
            zone_id=zone_id,
            name=asked.resource_record_name,
            type=asked.resource_record_type,
            records=[asked.resource_record_value],
            ttl=300,
            # A renewed certificate asks for the record that is there.
            allow_overwrite=True,
            opts=self.child(),
        )
