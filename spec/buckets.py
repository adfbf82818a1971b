"""Buckets of the platform's own, all private, encrypted (AES-256) and reached over TLS alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from spec.base import Section

BucketName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"),
    Field(description="3 to 63 of a-z, 0-9 and the hyphen; no other account anywhere may have it."),
]


class Bucket(Section):
    """An S3 bucket by a name of its own."""

    name: BucketName
    versioned: bool = False
    """Whether what is overwritten or deleted is kept, for `keepVersionsDays`."""
    keep_versions_days: Annotated[int, Field(ge=1, le=3650)] = 90
    archive_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Days after which objects move to Glacier, where reading one takes hours; left out, they stay."""
    expire_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    """Days after which objects are deleted; left out, they stay."""
