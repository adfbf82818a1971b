"""Who the platform is to something that somebody else runs."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints, model_validator

from spec.base import Name, Secret, Section


class Credentials(Section):
    """Who the platform is to something that somebody else runs: `username` and `password`, or `existingSecret`."""

    username: Annotated[str, StringConstraints(min_length=1)] | None = None
    password: Secret | None = None
    """Encrypted, as `pulumi config set --secret --path` with the path of this key writes it."""
    existing_secret: Name | None = None
    """Name of a Secret with the keys `username` and `password` that somebody puts into every namespace that needs it;
    pods wait until it is there."""

    @model_validator(mode="after")
    def _one_way(self) -> Credentials:
        given = (self.username is not None, self.password is not None)
        if self.existing_secret is not None and any(given):
            raise ValueError("are given twice; keep username and password, or existingSecret")
        if self.existing_secret is None and not all(given):
            raise ValueError("are incomplete; give username and password, or existingSecret")
        return self
