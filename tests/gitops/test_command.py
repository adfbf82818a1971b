"""`python -m gitops`: what it writes, what it leaves alone, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
import yaml

from gitops import __main__ as command
from gitops import program
from gitops.__main__ import main
from gitops.program import NotForGit, releases
from spec.platform import Platform
from tests.gitops.test_same_as_pulumi import releases_of
from tests.gitops.test_tree import platform

pytestmark = pytest.mark.engine

URL = "https://git.example.com/team/services"


@pytest.fixture(autouse=True)
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program runs once for all tests."""
    monkeypatch.setattr(command, "releases", lambda _: releases_of("dev"))


def values(directory: Path, service: str = "backend") -> Path:
    return directory / "services" / service / service / "values.yaml"


def bump(directory: Path, tag: str) -> None:
    document = yaml.safe_load(values(directory).read_text())
    document["image"]["tag"] = tag
    values(directory).write_text(yaml.safe_dump(document))


def test_it_writes_a_repository_that_is_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "dev", str(tmp_path)]) == 0
    assert "+ services/backend/backend/values.yaml" in capsys.readouterr().out
    assert main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("sound: 2 services")


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "dev", str(tmp_path / "new"), "--dry-run"]) == 0
    assert "+ services/backend/backend/values.yaml" in capsys.readouterr().out
    assert not (tmp_path / "new").exists()


def test_a_second_time_there_is_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "dev", str(tmp_path)])
    assert main(["init", "dev", str(tmp_path)]) == 0
    assert "wrote 0 files" in capsys.readouterr().out


def test_what_differs_is_overwritten_only_when_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "dev", str(tmp_path)])
    written = values(tmp_path).read_text()
    values(tmp_path).write_text(f"# by hand\n{written}")
    assert main(["init", "dev", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "~ services/backend/backend/values.yaml" in said.out
    assert "--overwrite" in said.err
    assert values(tmp_path).read_text().startswith("# by hand")
    assert main(["init", "dev", str(tmp_path), "--overwrite"]) == 0
    assert values(tmp_path).read_text() == written


@pytest.mark.parametrize("manifests", ["helm", "kustomize"])
def test_versions_that_run_are_kept(manifests: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "dev", str(tmp_path)])
    bump(tmp_path, "abc1234")
    assert main(["init", "dev", str(tmp_path), "--overwrite", "--manifests", manifests]) == 0
    assert "= backend runs abc1234" in capsys.readouterr().out
    name = "kustomization.yaml" if manifests == "kustomize" else "values.yaml"
    assert "abc1234" in values(tmp_path).with_name(name).read_text()


def test_a_service_that_the_stack_does_not_have_is_told_of_and_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = values(tmp_path, "old")
    old.parent.mkdir(parents=True)
    old.write_text("image: {tag: '1'}\n")
    assert main(["init", "dev", str(tmp_path)]) == 0
    assert "? services/old/old is no service of the stack" in capsys.readouterr().out
    assert old.exists()


def test_an_app_of_apps_has_to_know_its_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "dev", str(tmp_path), "--layout", "appOfApps"]) == 1
    assert "--url" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
    assert main(["init", "dev", str(tmp_path), "--layout", "appOfApps", "--url", URL]) == 0
    assert URL in (tmp_path / "apps/backend.yaml").read_text()


def test_an_unknown_stack_lists_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "prd", str(tmp_path)]) == 1
    assert "did you mean prod?" in capsys.readouterr().err


def test_what_would_not_be_sound_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = [program.Release(each.name, each.namespace, {**each.values, "port": 0}) for each in releases_of("dev")]
    monkeypatch.setattr(command, "releases", lambda _: broken)
    assert main(["init", "dev", str(tmp_path)]) == 1
    assert "services/backend/backend" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_an_unsound_repository_is_not_passed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "dev", str(tmp_path)])
    values(tmp_path).write_text("image: {}\n")
    assert main(["check", str(tmp_path)]) == 1
    assert "services/backend/backend" in capsys.readouterr().err


def test_a_volume_names_its_class_although_what_provides_it_is_yet_to_be_made() -> None:
    shop = platform(web=[]).model_dump(by_alias=True)
    shop["storage"] = {"engine": "longhorn"}
    shop["services"][0] |= {"volume": {"path": "/data", "size": "1Gi"}, "replicas": {"max": 1}}
    (web,) = releases(Platform.model_validate(shop))
    assert web.values["volumes"] == [
        {"name": "data", "mountPath": "/data", "claim": {"size": "1Gi", "storageClass": "longhorn", "retain": False}}
    ]


def test_a_secret_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(_: Any) -> None:
        values = {"env": [{"name": "TOKEN", "value": pulumi.Output.secret("hunter2")}]}
        kubernetes.helm.v3.Release("web", name="web", namespace="default", chart="./charts/service", values=values)

    monkeypatch.setattr(program, "build", build)
    with pytest.raises(NotForGit, match=r"services\.web holds a secret") as error:
        releases(platform(web=[]))
    assert "hunter2" not in str(error.value)
