"""The registry for the services' images."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from spec.base import Section


class Registry(Section):
    """An ECR repository for each service: scanned on push, tags that stay what they are."""

    keep_images: Annotated[int, Field(ge=1, le=1000)] = 30
    """How many tagged images of a service are kept, the newest."""
    untagged_days: Annotated[int, Field(ge=1, le=365)] = 7
    """How long an image is kept that lost its tag."""
