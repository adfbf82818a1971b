"""A static frontend: files that a pipeline builds and uploads, and that browsers fetch from near them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Duration, Host, Name, Section

Prefix = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/_.~-]*/$")]


class FrontendCache(Section):
    """What caches keep of a frontend."""

    immutable: list[Prefix] = ["/assets/"]
    """Paths of files whose names have a digest of their content: whoever has one need never ask again."""
    immutable_for: Duration = "365d"


class CloudflareFrontend(Section):
    """Cloudflare Pages under a host of a zone that Cloudflare serves.

    The API token is never part of a stack file: the provider reads CLOUDFLARE_API_TOKEN.
    """

    hosting: Literal["cloudflare"]
    host: Host
    account_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    """Identifier of the Cloudflare account, 32 hexadecimal digits."""
    zone: Host
    """Zone of the account that the host is in. Its TLS settings become the platform's."""
    project: Name | None = None
    """Name of the Pages project, unique in the account; left out, the platform's."""
    production_branch: str = "main"
    """Branch whose builds are the site; of other branches there are previews."""
    cache: FrontendCache = FrontendCache()


class S3Frontend(Section):
    """A private bucket behind CloudFront, whatever the cluster runs on."""

    hosting: Literal["s3"]
    host: Host
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    """Where the bucket is."""
    zone: Host
    """Route 53 zone that the host is in, created by the program; its name servers are among the outputs."""
    default_ttl: Duration = "24h"
    """How long CloudFront keeps a file that does not say."""
    single_page: bool = True
    """Whether a path without a file is answered with index.html, for the application to route by itself."""


Frontend = Annotated[CloudflareFrontend | S3Frontend, Field(discriminator="hosting")]
