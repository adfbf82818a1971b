"""What a service may do in AWS, besides what follows from what it uses."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from spec.base import Section
from spec.buckets import BucketName

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
Action = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9-]+:[A-Za-z]+\*?$"),
    Field(description="An action of IAM, such as s3:GetObject or s3:Get*; never all of a service's."),
]
Arn = Annotated[
    str,
    StringConstraints(pattern=r"^(\*|arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws|\*)?:\S+)$"),
    Field(description="An ARN, or * for actions that know no resources."),
]


class Permission(Section):
    """Actions, and what they are allowed on."""

    actions: Annotated[list[Action], Field(min_length=1)]
    """Of IAM, such as `s3:GetObject` or `s3:Get*`; never all that a service of AWS knows."""
    buckets: list[BucketName] = []
    """Buckets of `groundwork:buckets`, and all that is in them: only the program knows their ARNs."""
    resources: list[Arn] = []
    """ARNs of what the program does not make, or * for actions that know no resources."""

    @model_validator(mode="after")
    def _allow_something(self) -> Permission:
        if not (self.buckets or self.resources):
            raise ValueError("allows its actions on nothing; give buckets or resources")
        return self
