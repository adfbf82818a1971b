"""What a repository of services can't be is told before anything is made."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_mistakes import LOCAL, mistakes


def with_repository(url: str = "https://git.example.com/a/b", **config: Any) -> dict[str, Any]:
    return LOCAL | {"gitops": {"engine": "argocd", "repository": {"url": url}}} | config


def test_a_sound_repository_has_no_mistakes() -> None:
    for url in ("https://git.example.com/a/b", "ssh://git@git.example.com:2222/a/b.git"):
        assert from_config(with_repository(url), "test").gitops


def test_a_password_in_an_address_is_refused_and_not_told() -> None:
    told = mistakes(with_repository("https://robot:hunter2@git.example.com/a/b"))
    assert "gitops.repository.url" in told
    assert "hunter2" not in told


def test_a_repository_of_nothing_is_refused() -> None:
    assert "delivers no service" in mistakes(with_repository(services=[]))


LOGIN, KEY = {"username": "robot", "password": "hunter2"}, {"privateKey": "hunter2", "knownHosts": "a ssh-rsa AAAA"}


def with_credentials(url: str, credentials: dict[str, str], engine: str = "argocd") -> dict[str, Any]:
    return LOCAL | {"gitops": {"engine": engine, "repository": {"url": url, "credentials": credentials}}}


@pytest.mark.parametrize("engine", ["argocd", "flux"])
@pytest.mark.parametrize(("url", "credentials"), [("https://git.example.com/a", LOGIN), ("ssh://git@a.com/b", KEY)])
def test_credentials_of_the_address_s_kind_are_sound(engine: str, url: str, credentials: dict[str, str]) -> None:
    assert from_config(with_credentials(url, credentials, engine), "test").gitops


@pytest.mark.parametrize(
    ("url", "credentials", "told"),
    [
        ("ssh://git@a.com/b", LOGIN, "are for https, and the repository is reached by ssh"),
        ("https://a.com/b", KEY, "are for ssh, and the repository is reached by https"),
        ("https://a.com/b", {"existingSecret": "git"}, "is not how Argo CD finds a Secret"),
        ("https://a.com/b", LOGIN | KEY, "are given 2 times"),
        ("https://a.com/b", {}, "are given 0 times"),
        ("https://a.com/b", {"username": "robot"}, ["are incomplete", " give username and password"][0]),
        ("ssh://git@a.com/b", {"privateKey": "hunter2"}, "are incomplete"),
    ],
)
def test_credentials_that_open_nothing_are_refused(url: str, credentials: dict[str, str], told: str) -> None:
    text = mistakes(with_credentials(url, credentials))
    assert "gitops.repository.credentials" in text
    assert told in text
    assert "hunter2" not in text


def test_there_is_one_engine() -> None:
    both = {"engine": "flux", "repository": {"url": "https://a.com/b"}, "host": "argocd.example.com"}
    assert "gitops.host" in mistakes(LOCAL | {"gitops": both})
    two = [{"engine": "flux"}, {"engine": "argocd"}]
    assert "gitops" in mistakes(LOCAL | {"gitops": two})


@pytest.mark.parametrize("engine", ["argocd", "flux"])
def test_a_key_that_is_called_as_an_engine_is_told_where_it_stands(engine: str) -> None:
    text = mistakes(LOCAL | {"gitops": {"engine": engine, "argocd": {}, "flux": {}}})
    assert "  • gitops.argocd = {}\n" in text
    assert "  • gitops.flux = {}\n" in text


def test_flux_without_a_repository_has_nothing_to_do() -> None:
    assert "gitops.repository" in mistakes(LOCAL | {"gitops": {"engine": "flux"}})


@pytest.mark.parametrize("slack", [{}, {"token": "hunter2", "existingSecret": "slack"}])
def test_slack_has_one_who_writes_there(slack: dict[str, str]) -> None:
    gitops = {"engine": "argocd", "notifications": {"slack": {"channel": "#a", **slack}}}
    text = mistakes(LOCAL | {"gitops": gitops})
    assert "give token or existingSecret" in text
    assert "hunter2" not in text
