"""The static frontend: where it is hosted, and what a pipeline has to know of it."""

from __future__ import annotations

import pulumi

from spec.frontend import CloudflareFrontend, Frontend
from spec.platform import Platform

_NAME = "frontend"


def frontend(spec: Platform, site: Frontend) -> None:
    """Make ``site``, and export what its pipeline uploads to. The SDK of the other host is not imported."""
    if isinstance(site, CloudflareFrontend):
        import pulumi_cloudflare as cloudflare

        from components.frontend.cloudflare import CloudflareFrontend as OnCloudflare

        on_cloudflare = pulumi.ResourceOptions(providers=[cloudflare.Provider("cloudflare")])
        here = {"platform": spec.name, "hosts": spec.hosts(), "protect": spec.protect, "opts": on_cloudflare}
        made = OnCloudflare(_NAME, site, **here)
        pulumi.export("frontendProject", made.project)
        return
    import pulumi_aws as aws

    from components.frontend.s3 import S3Frontend

    tags = {"platform": spec.name, "managed-by": "pulumi"}
    provider = aws.Provider("frontend", region=site.region, default_tags={"tags": tags})
    on_aws = pulumi.ResourceOptions(providers=[provider])
    stored = S3Frontend(f"{spec.name}-{_NAME}", site, protect=spec.protect, hosts=spec.hosts(), opts=on_aws)
    pulumi.export("frontendBucket", stored.bucket)
    pulumi.export("frontendDistribution", stored.distribution_id)
    pulumi.export("frontendNameServers", stored.name_servers)
