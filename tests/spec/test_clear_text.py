"""Secrets that a stack file has in clear text: told by their path, and never by their value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from spec.load import from_file
from spec.mistakes import SpecError
from stacks import config
from tests.spec.test_mistakes import LOCAL


def stack(path: Path, password: Any) -> Path:
    account = {"username": "robot", "password": password}
    external = {"engine": "external", "host": "db.example.com", "credentials": account}
    store = {"kind": "externalLoki", "url": "https://logs.example.com", "credentials": account}
    repository = {"url": "https://git.example.com/a", "credentials": account}
    settings = LOCAL | {
        "data": {"postgres": external},
        "observability": {"retention": "7d", "logs": {"store": store}},
        "gitops": {"engine": "argocd", "repository": repository},
    }
    file = path / "Pulumi.test.yaml"
    file.write_text(yaml.safe_dump({"config": {f"groundwork:{key}": value for key, value in settings.items()}}))
    return file


def test_a_secret_in_clear_text_is_refused_with_the_command_that_encrypts_it(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        from_file(stack(tmp_path, "hunter2"))
    text = str(error.value)
    for place in ("data.postgres", "observability.logs.store", "gitops.repository"):
        assert f"  • {place}.credentials.password\n" in text
        assert f"pulumi config set --secret --path 'groundwork:{place}.credentials.password'" in text
    assert "hunter2" not in text


def test_what_is_encrypted_is_not_refused(tmp_path: Path) -> None:
    assert from_file(stack(tmp_path, {"secure": "v1:abc:def"})).data.postgres


def test_the_program_refuses_the_file_although_it_is_handed_every_secret_decrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack(tmp_path, "hunter2")
    monkeypatch.setattr(config, "ROOT", tmp_path)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    # As Pulumi does: objects are JSON.
    given = yaml.safe_load((tmp_path / "Pulumi.test.yaml").read_text())["config"]
    as_text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    monkeypatch.setattr(
        config.runtime,
        "get_config_env",
        lambda: as_text,
    )
    with pytest.raises(pulumi.RunError, match=r"credentials\.password"):
        config.read()
    stack(tmp_path, {"secure": "v1:abc:def"})
    assert config.read().name == "test"
