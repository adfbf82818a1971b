"""GitOps: which engine delivers the services from a Git repository, and how it finds them there."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from spec.base import Duration, Host, Name, Secret, Section
from spec.services import UrlPath

Manifests = Literal["helm", "kustomize"]


def _https_or_ssh(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("https", "ssh") and bool(parts.hostname) and len(parts.path) > 1
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("is no https or ssh URL; write https://host/team/repository or ssh://git@host/team/repository")
    return url


GitUrl = Annotated[
    str,
    AfterValidator(_https_or_ssh),
    Field(description="A Git repository: https://host/team/repository or ssh://git@host/team/repository."),
]


class GitCredentials(Section):
    """Who the engine is to a repository that is not public: with https a username and a password or token, with ssh a
    private key, or what somebody else puts into the cluster."""

    username: Annotated[str, StringConstraints(min_length=1)] | None = None
    password: Secret | None = None
    """Encrypted: `pulumi config set --secret --path 'groundwork:gitops.repository.credentials.password'`."""
    private_key: Secret | None = None
    """In PEM, without a passphrase; one that may read this repository alone."""
    known_hosts: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Lines of `ssh-keyscan`: nobody else's machine is taken for the repository's."""
    existing_secret: Name | None = None
    """Flux only: name of a Secret in its namespace. Argo CD finds such Secrets by a label, not by a name."""

    @property
    def ways(self) -> list[Literal["https", "ssh", "existingSecret"]]:
        """Which ways in are given, whole or in part."""
        given = {
            "https": self.username or self.password,
            "ssh": self.private_key or self.known_hosts,
            "existingSecret": self.existing_secret,
        }
        return [way for way, values in given.items() if values]  # type: ignore[misc]

    @model_validator(mode="after")
    def _one_way(self) -> GitCredentials:
        if len(self.ways) != 1:
            how = "username and password, privateKey and knownHosts, or existingSecret"
            raise ValueError(f"are given {len(self.ways)} times; give {how}")
        if self.ways == ["https"] and not (self.username and self.password):
            raise ValueError(
                "are incomplete; give username and password, the name may be any where the password is a token"
            )
        if self.ways == ["ssh"] and not (self.private_key and self.known_hosts):
            raise ValueError("are incomplete; give privateKey and knownHosts")
        return self


class Source(Section):
    """A Git repository with the services' workloads, in the layout that `python -m gitops init` writes."""

    url: GitUrl
    revision: str = "main"
    """The branch that is delivered."""
    path: UrlPath = "/"
    """Folder of the repository that holds the layout, for a repository of several platforms."""
    manifests: Manifests = "helm"
    """What a service's folder holds: values of charts/service, or plain manifests whose image Kustomize sets."""
    credentials: GitCredentials | None = None
    """Left out, anybody may read the repository."""


class ArgoCdSource(Source):
    """A Git repository as Argo CD finds the services in it."""

    layout: Literal["applicationSet", "appOfApps"] = "applicationSet"
    """`applicationSet`: whatever has a folder is delivered; `appOfApps`: what has an Application in the repository,
    in the order of its sync waves."""


class SlackBot(Section):
    """A channel in Slack, and the bot that writes there."""

    channel: Annotated[str, StringConstraints(pattern=r"^#[^\s,]+$")]
    """With its first character: `#deployments`; in YAML it wants quotes."""
    token: Secret | None = None
    """The bot's: `xoxb-…`, with the scope chat:write. Encrypted."""
    existing_secret: Name | None = None
    """Name of a Secret with the key `token` that somebody puts into the engine's namespace."""

    @model_validator(mode="after")
    def _one_way(self) -> SlackBot:
        if (self.token is None) == (self.existing_secret is None):
            raise ValueError("has to be told who writes there; give token or existingSecret")
        return self


class DeliveryNotifications(Section):
    """Who hears of what was delivered, what was not, and what fell ill."""

    slack: SlackBot


class _Engine(Section):
    reconciliation: Duration = "3m"
    """How often the repository is compared with the cluster."""
    notifications: DeliveryNotifications | None = None
    pool: Name | None = None


class ArgoCd(_Engine):
    """Argo CD. With a repository it delivers the services; without, the program does and Argo CD stands ready."""

    engine: Literal["argocd"]
    namespace: Name = "argocd"
    host: Host | None = None
    """Where the ingress offers its user interface."""
    repository: ArgoCdSource | None = None


class Flux(_Engine):
    """Flux: delivers the services of a repository."""

    engine: Literal["flux"]
    namespace: Name = "flux-system"
    repository: Source

    @property
    def host(self) -> None:
        """It has no user interface."""


Gitops = Annotated[ArgoCd | Flux, Field(discriminator="engine")]
