"""How a repository is laid out: which engine reads it, and what a service's folder holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from spec.gitops import ArgoCdSource, Manifests
from spec.platform import Platform

Kind = Literal["applicationSet", "appOfApps", "flux"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MANIFESTS: tuple[Manifests, ...] = get_args(Manifests)


@dataclass(frozen=True)
class Layout:
    """What decides which files there are."""

    kind: Kind = "applicationSet"
    manifests: Manifests = "helm"
    url: str = ""
    """The repository's own address, which the Applications of `appOfApps` name."""
    revision: str = "main"
    path: str = "/"
    """Folder of the repository that the tree stands in."""
    namespace: str = ""
    """Where the engine is, and with it Argo CD's Applications, or Flux's source."""

    def __post_init__(self) -> None:
        if not self.namespace:
            object.__setattr__(self, "namespace", "flux-system" if self.kind == "flux" else "argocd")

    @classmethod
    def of(cls, platform: Platform) -> Layout:
        """Return the layout that a platform's file asks for; the default one where it names no repository."""
        gitops = platform.gitops
        if not (gitops and gitops.repository):
            return cls()
        given = gitops.repository
        kind: Kind = given.layout if isinstance(given, ArgoCdSource) else "flux"
        return cls(kind, given.manifests, given.url, given.revision, given.path, gitops.namespace)
