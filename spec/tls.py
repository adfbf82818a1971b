"""TLS at the ingress controller: who issues the certificates of its hosts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Section

Email = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    Field(description="An address of electronic mail."),
]


class Tls(Section):
    """What every issuer has."""

    redirect: bool = True
    """Sends plain HTTP on to HTTPS; false serves both."""


class LocalAuthority(Tls):
    """A certificate authority of the platform's own, for names that no public authority would certify.

    The program makes it, so that people who trust it once still do after the cluster was made anew.
    """

    issuer: Literal["localAuthority"]


class Acme(Tls):
    """A public authority that speaks ACME, such as Let's Encrypt."""

    issuer: Literal["acme"]
    email: Email
    """Where the authority tells of certificates that are about to expire."""
    server: Annotated[str, StringConstraints(pattern=r"^https://.+")] = "https://acme-v02.api.letsencrypt.org/directory"
    hosted_zone: Annotated[str, StringConstraints(pattern=r"^Z[A-Z0-9]{5,31}$")] | None = None
    """Route 53 zone, by its id, in which hosts are proved (DNS-01); left out, each is by an answer on its port 80
    (HTTP-01), which the authority then has to reach."""


TlsIssuer = Annotated[LocalAuthority | Acme, Field(discriminator="issuer")]
