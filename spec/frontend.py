"""A static frontend: files that a pipeline builds and uploads, and that browsers fetch from near them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError

from spec.base import Duration, Host, Name, Section

Prefix = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/_.~-]*/$")]


class FrontendCache(Section):
    """What caches keep of a frontend."""

    immutable: list[Prefix] = ["/assets/"]
    """Paths of files whose names have a digest of their content: whoever has one need never ask again."""
    immutable_for: Duration = "365d"


def _reached_at(value: str) -> str:
    try:
        return str(IPv4Address(value))
    except ValueError:
        pass
    try:
        return _HOST.validate_python(value)
    except ValidationError:
        raise ValueError("is neither an IPv4 address nor a DNS name; write what the load balancer has") from None


_HOST: TypeAdapter[str] = TypeAdapter(Host)


class _BesideAnIngress(Section):
    """What a site's zone says of the ingress, whose hosts are neighbours of the site's."""

    ingress_address: Annotated[str, AfterValidator(_reached_at)] | None = None
    """IPv4 address or DNS name that the ingress is reached at: every host of its in the zone gets a record that leads
    there. Left out, those records are somebody else's to make, before which no certificate is issued by ACME."""

    @property
    def record_type(self) -> Literal["A", "CNAME"]:
        """What a record that leads to the ingress is."""
        return "A" if (self.ingress_address or "").replace(".", "").isdigit() else "CNAME"

    def neighbours(self, hosts: Iterable[str], zone: str) -> list[str]:
        """Return those of the ingress's ``hosts`` that get a record in ``zone``."""
        if self.ingress_address is None:
            return []
        return [host for host in hosts if host == zone or host.endswith(f".{zone}")]


class CloudflareFrontend(_BesideAnIngress):
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


class S3Frontend(_BesideAnIngress):
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
