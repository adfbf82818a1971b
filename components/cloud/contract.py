"""What parts inside the cluster may ask of the cloud around it, without its SDK: a laptop does without both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pulumi


@dataclass(frozen=True)
class Bucket:
    """A private bucket of object storage."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]


@dataclass(frozen=True)
class LogGroup:
    """A group of log streams."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]


@dataclass(frozen=True)
class CloudSecret:
    """A secret in the cloud's store of secrets."""

    name: pulumi.Output[str]
    version: pulumi.Output[str]
    """Another one with every other content."""


class Cloud(Protocol):
    """Makes what a part needs of the cloud, as that part's child: ``opts`` are the child's."""

    @property
    def region(self) -> str:
        """The region that everything is made in."""
        ...

    def bucket(self, name: str, opts: pulumi.ResourceOptions) -> Bucket:
        """Return a bucket for ``name``, a part of the platform: private, encrypted, reached over TLS alone."""
        ...

    def log_group(self, name: str, retention_days: int, opts: pulumi.ResourceOptions) -> LogGroup:
        """Return a log group for ``name``, a part of the platform, that forgets after so many days."""
        ...

    @property
    def secrets_arn(self) -> str:
        """All of the platform's secrets, and no others, as a policy names them."""
        ...

    def secret(
        self, name: str, path: pulumi.Input[str], content: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> CloudSecret:
        """Return a secret with ``content`` at ``path`` among the platform's; ``name`` is its logical name."""
        ...
