"""What a repository of services can't be is told before anything is made."""

from __future__ import annotations

from typing import Any

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
