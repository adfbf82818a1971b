"""Rules between GitOps and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from spec.gitops import ArgoCd
from spec.mistakes import Mistake
from spec.platform import Platform
from spec.rules import rule


@rule
def passwords_stand_in_no_address(platform: Platform) -> Iterator[Mistake]:
    """An address is shown to people and kept in clear; what is wrong with this one is not told with it."""
    repository = platform.gitops and platform.gitops.repository
    if repository and urlsplit(repository.url).password is not None:
        path = ("gitops", "repository", "url")
        yield Mistake(path, "has a password in it", "make a new one, for this one was seen, and leave it out here")


@rule
def a_repository_has_something_to_deliver(platform: Platform) -> Iterator[Mistake]:
    """Without services there would be projects and folders of nothing."""
    if platform.gitops and platform.gitops.repository and not platform.services:
        path = ("gitops", "repository")
        yield Mistake(path, "delivers no service", "add services, or leave it out", platform.gitops.repository.url)


@rule
def credentials_are_of_the_address_s_kind(platform: Platform) -> Iterator[Mistake]:
    """A key opens nothing by https, nor a password by ssh."""
    repository = platform.gitops and platform.gitops.repository
    credentials = repository and repository.credentials
    if not (repository and credentials):
        return
    path, scheme = ("gitops", "repository", "credentials"), urlsplit(repository.url).scheme
    (way,) = credentials.ways
    if way in ("https", "ssh") and way != scheme:
        wanted = {"https": "username and password", "ssh": "privateKey and knownHosts"}[scheme]
        yield Mistake((*path,), f"are for {way}, and the repository is reached by {scheme}", f"give {wanted}")
    if way == "existingSecret" and isinstance(platform.gitops, ArgoCd):
        problem = "is not how Argo CD finds a Secret"
        remedy = "label yours argocd.argoproj.io/secret-type: repository, with the key url, and leave credentials out"
        yield Mistake((*path, "existingSecret"), problem, remedy, credentials.existing_secret)
