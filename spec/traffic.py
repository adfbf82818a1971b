"""How the ingress treats what comes to a service by its routes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Section

# Scheme, host and port, which is all that a browser says of where a page came from: RFC 6454, section 6.1.
Origin = Annotated[
    str,
    StringConstraints(pattern=r"^(\*|https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?)$"),
    Field(description="An origin: scheme, host and port."),
]
HeaderName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$"), Field(description="The name of an HTTP header.")
]
# https://nginx.org/en/docs/syntax.html
Size = Annotated[
    str, StringConstraints(pattern=r"^[1-9][0-9]*[kmg]?$"), Field(description="A size as NGINX writes it, such as 8m.")
]


class RateLimit(Section):
    """Requests that one client address may make; what is beyond the burst is answered with 429."""

    per_second: Annotated[int, Field(ge=1, le=100_000)]
    """For all pods of the ingress controller together."""
    burst: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Requests ahead of the rate that are served at once."""


class Cors(Section):
    """Which pages of other origins may call the service from a browser."""

    origins: Annotated[list[Origin], Field(min_length=1)]
    """Each an origin, such as https://example.com or https://*.example.com; `*` for any."""
    methods: list[Literal["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]] = [
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
    ]
    headers: list[HeaderName] = ["Authorization", "Content-Type"]
    """Headers that a page may send."""
    expose_headers: list[HeaderName] = []
    """Headers of the answer that a page may read."""
    credentials: bool = False
    """Whether cookies come along; then origins are named, never `*`."""
    max_age_seconds: Annotated[int, Field(ge=0, le=86_400)] = 600
    """How long a browser remembers the answer."""


class Traffic(Section):
    """What the ingress does for all routes of a service."""

    rate_limit: RateLimit | None = None
    cors: Cors | None = None
    websocket: bool = False
    """Lets connections be upgraded. Raise `readTimeoutSeconds` beside it: a silent one is closed after that time."""
    sticky: bool = False
    """Keeps a client with the pod that answered it first, by a cookie, as long as there is that pod."""
    max_body_size: Size = "1m"
    """The largest request; a larger one is answered with 413."""
    read_timeout_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    """How long the service may be silent before its answer is given up."""
