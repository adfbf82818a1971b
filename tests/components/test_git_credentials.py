"""Each engine gets what opens the repository by the keys that it reads, and as a secret."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.git_credentials import argocd_credentials, flux_credentials
from spec.gitops import Source
from tests.components.around import SECRET
from tests.recorder import Recorder, run

HTTPS = "https://git.example.com/a/b"
SSH = "ssh://git@git.example.com/a/b"
LOGIN = {"username": "robot", "password": "hunter2"}
KEY = {"privateKey": "-----BEGIN", "knownHosts": "git.example.com ssh-ed25519 AAAA"}


def build(make: Any, url: str, credentials: dict[str, str] | None) -> tuple[Recorder, Any]:
    found = []

    def program() -> None:
        source = Source.model_validate({"url": url, "credentials": credentials}, by_alias=True)
        found.append(make("repository", source, "engine", pulumi.ResourceOptions()))

    return run(program), found[0]


@pytest.mark.parametrize("make", [argocd_credentials, flux_credentials])
def test_a_public_repository_needs_none(make: Any):
    made, found = build(make, HTTPS, None)
    assert found is None
    assert not made.all(SECRET)


@pytest.mark.parametrize(
    ("make", "url", "credentials", "data"),
    [
        (argocd_credentials, HTTPS, LOGIN, {"type": "git", "url": HTTPS, **LOGIN}),
        (argocd_credentials, SSH, KEY, {"type": "git", "url": SSH, "sshPrivateKey": KEY["privateKey"]}),
        (flux_credentials, HTTPS, LOGIN, LOGIN),
        (flux_credentials, SSH, KEY, {"identity": KEY["privateKey"], "known_hosts": KEY["knownHosts"]}),
    ],
)
def test_an_engine_reads_the_keys_that_it_knows(make: Any, url: str, credentials: Any, data: dict[str, str]):
    made, _ = build(make, url, credentials)
    secret = made.one(SECRET)
    assert secret["stringData"] == data
    assert any(path.startswith("stringData") for path in secret.secrets)


def test_argo_cd_finds_the_secret_by_its_label():
    made, _ = build(argocd_credentials, HTTPS, LOGIN)
    assert made.one(SECRET)["metadata.labels"] == {"argocd.argoproj.io/secret-type": "repository"}


def test_flux_takes_a_secret_that_somebody_makes():
    made, found = build(flux_credentials, HTTPS, {"existingSecret": "git"})
    assert found == "git"
    assert not made.all(SECRET)
