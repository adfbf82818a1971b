"""A static frontend on Cloudflare Pages."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_cloudflare as cloudflare

from components.component import Component
from spec.base import seconds
from spec.frontend import CloudflareFrontend as Spec

# https://developers.cloudflare.com/api/resources/zones/subresources/settings/
_TLS = {
    # Cloudflare asks whatever stands behind it for a certificate that is valid.
    "ssl": "strict",
    "min_tls_version": "1.2",
    "always_use_https": "on",
}
_AUTOMATIC = 1  # the only TTL of a record that Cloudflare answers for, and five minutes of others


class CloudflareFrontend(Component):
    """A Pages project that a pipeline uploads to, and the host that people find it under.

    The provider's token comes from CLOUDFLARE_API_TOKEN, and may edit Pages, DNS, zone settings and cache rules.
    """

    project: pulumi.Output[str]
    """What a pipeline uploads to."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        platform: str,
        hosts: Sequence[str] = (),
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the site; the project is called after ``platform`` where ``spec`` names none.

        ``hosts`` are the ingress's, which get records where ``spec`` says what they lead to; ``protect`` guards what
        was uploaded against deletion.
        """
        super().__init__("frontend:CloudflareFrontend", name, opts)
        zone = cloudflare.get_zone_output(
            filter=cloudflare.GetZoneFilterArgs(
                match="all", name=spec.zone, account=cloudflare.GetZoneFilterAccountArgs(id=spec.account_id)
            ),
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        pages = cloudflare.PagesProject(
            name,
            account_id=spec.account_id,
            name=spec.project or platform,
            production_branch=spec.production_branch,
            opts=self.child(protect=protect),
        )
        record = cloudflare.DnsRecord(
            name,
            zone_id=zone.zone_id,
            name=spec.host,
            type="CNAME",
            content=pages.subdomain,
            proxied=True,
            ttl=_AUTOMATIC,
            comment=f"Frontend of {platform}",
            opts=self.child(),
        )
        cloudflare.PagesDomain(
            name,
            account_id=spec.account_id,
            project_name=pages.name,
            name=spec.host,
            # Proved by the record, and refused for as long as there is none.
            opts=self.child(depends_on=[record]),
        )
        for host in spec.neighbours(hosts, spec.zone):
            assert spec.ingress_address is not None  # or there are none
            cloudflare.DnsRecord(
                f"{name}-{host}",
                zone_id=zone.zone_id,
                name=host,
                type=spec.record_type,
                content=spec.ingress_address,
                # TLS ends at the ingress, whose certificates are issued to whoever answers there.
                proxied=False,
                ttl=_AUTOMATIC,
                comment=f"Ingress of {platform}",
                opts=self.child(),
            )
        for setting, value in _TLS.items():
            cloudflare.ZoneSetting(
                f"{name}-{setting.replace('_', '-')}",
                zone_id=zone.zone_id,
                setting_id=setting,
                value=value,
                opts=self.child(),
            )
        if spec.cache.immutable:
            self._cache_rules(name, spec, zone.zone_id)
        self.project = pages.name
        self.register_outputs({"project": self.project})

    def _cache_rules(self, name: str, spec: Spec, zone_id: pulumi.Output[str]) -> None:
        """Make the zone's cache rules, of which a zone has one list.

        https://developers.cloudflare.com/cache/how-to/cache-rules/
        """
        kept = {"mode": "override_origin", "default": seconds(spec.cache.immutable_for)}
        paths = " or ".join(f"starts_with(http.request.uri.path, {json.dumps(path)})" for path in spec.cache.immutable)
        cloudflare.Ruleset(
            name,
            zone_id=zone_id,
            name=f"Frontend {spec.host}",
            kind="zone",
            phase="http_request_cache_settings",
            rules=[
                {
                    "ref": "immutable",
                    "description": "Files whose names have a digest of their content",
                    "expression": f"(http.host eq {json.dumps(spec.host)} and ({paths}))",
                    "action": "set_cache_settings",
                    "action_parameters": {"cache": True, "edge_ttl": kept, "browser_ttl": kept},
                    "enabled": True,
                }
            ],
            opts=self.child(),
        )
