"""What components inside the cluster may ask of the cloud around it, as a protocol: on a laptop there is none."""

from __future__ import annotations

from collections.abc import Sequence
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
    """Changes with the content."""


@dataclass(frozen=True)
class OidcClient:
    """A client registered with an OpenID Connect provider, which tells it who has signed in."""

    issuer: pulumi.Input[str]
    id: pulumi.Input[str]
    secret: pulumi.Output[str]
    """Secret."""
    email_domains: Sequence[str] = ("*",)
    """Whose addresses may sign in; `*` where the provider lets in nobody else."""
    groups: Sequence[str] = ()
    """One of which people have to be in; everybody without."""
    depends_on: Sequence[pulumi.Resource] = ()
    """What has to be there before somebody can sign in."""


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

    def secret_name(self, path: str) -> str:
        """Return what the store of secrets calls one of the platform's."""
        ...

    def secret(
        self, name: str, path: pulumi.Input[str], content: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> CloudSecret:
        """Return a secret with ``content`` at ``path`` among the platform's; ``name`` is its logical name."""
        ...

    def user_pool(self, name: str, callbacks: Sequence[str], opts: pulumi.ResourceOptions, *, mfa: bool) -> OidcClient:
        """Return a client of an OpenID Connect provider for ``name``, a part of the platform.

        It lets in whoever an administrator adds to it, asks for a second factor where ``mfa``, and sends people back
        to one of ``callbacks``.
        """
        ...
