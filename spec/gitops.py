"""GitOps: which engine delivers the services from a Git repository, and how it finds them there."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from spec.base import Duration, Host, Name, Section
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


class Repository(Section):
    """A Git repository with the services' workloads, in the layout that `python -m gitops init` writes."""

    url: GitUrl
    revision: str = "main"
    """The branch that is delivered."""
    path: UrlPath = "/"
    """Folder of the repository that holds the layout, for a repository of several platforms."""
    layout: Literal["applicationSet", "appOfApps"] = "applicationSet"
    """`applicationSet`: whatever has a folder is delivered; `appOfApps`: what has an Application in the repository,
    in the order of its sync waves."""
    manifests: Manifests = "helm"
    """What a service's folder holds: values of charts/service, or plain manifests whose image Kustomize sets."""


class Gitops(Section):
    """Argo CD. With a repository it delivers the services; without, the program does and Argo CD stands ready."""

    engine: Literal["argocd"]
    namespace: Name = "argocd"
    host: Host | None = None
    """Where the ingress offers its user interface."""
    reconciliation: Duration = "3m"
    """How often the repository is compared with the cluster."""
    repository: Repository | None = None
    pool: Name | None = None
