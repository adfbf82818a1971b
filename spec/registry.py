"""The registry for the services' images."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from spec.base import Section

# https://docs.github.com/en/rest/repos/repos#get-a-repository
Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$")]


class Pushers(Section):
    """GitHub Actions, which sign in to AWS by what GitHub says of them, without a key."""

    repositories: Annotated[list[Repository], Field(min_length=1)]
    """Whose pipelines may push, as owner/name."""
    branch: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]+$")] = "main"
    """The branch of those that pipelines push from; they don't from others."""
    provider: Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/\S+$")] | None = None
    """ARN of the account's identity provider for GitHub, of which an account has one; left out, it is made."""


class Registry(Section):
    """An ECR repository for each service: scanned on push, tags that stay what they are."""

    keep_images: Annotated[int, Field(ge=1, le=1000)] = 30
    """How many tagged images of a service are kept, the newest."""
    untagged_days: Annotated[int, Field(ge=1, le=365)] = 7
    """How long an image is kept that lost its tag."""
    pushed_by: Pushers | None = None
    """Makes the role that pipelines push with."""
