"""The Secret that opens a Git repository, as each engine of GitOps reads it."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from components.component import name_of
from spec.gitops import GitCredentials, Source


def argocd_credentials(
    name: str, repository: Source, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> Secret | None:
    """Return the Secret that Argo CD finds by its label; None where anybody may read the repository.

    https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories
    """
    given = repository.credentials
    if given is None:
        return None
    # Whose machine the repository's is, Argo CD knows from its own ConfigMap.
    data = _login(given, private_key="sshPrivateKey")
    labels = {"argocd.argoproj.io/secret-type": "repository"}
    return Secret(
        name,
        metadata={"name": name, "namespace": namespace, "labels": labels},
        string_data={"type": "git", "url": repository.url, **data},
        opts=opts,
    )


def flux_credentials(
    name: str, repository: Source, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> pulumi.Input[str] | None:
    """Return the name of the Secret that a GitRepository refers to; None where anybody may read the repository.

    https://fluxcd.io/flux/components/source/gitrepositories/#secret-reference
    """
    given = repository.credentials
    if given is None or given.existing_secret is not None:
        return given and given.existing_secret
    data = _login(given, private_key="identity", known_hosts="known_hosts")
    made = Secret(name, metadata={"name": name, "namespace": namespace}, string_data=data, opts=opts)
    return name_of(made)


def _login(
    given: GitCredentials, *, private_key: str, known_hosts: str | None = None
) -> Mapping[str, pulumi.Input[str]]:
    """Return what opens the repository, with ssh by the keys that the engine reads."""
    if given.private_key is not None:
        hosts = {known_hosts: given.known_hosts or ""} if known_hosts else {}
        return {private_key: pulumi.Output.secret(given.private_key.get_secret_value()), **hosts}
    assert given.username is not None  # validated
    assert given.password is not None
    return {"username": given.username, "password": pulumi.Output.secret(given.password.get_secret_value())}
