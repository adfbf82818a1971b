"""What the doctor says of programs that are here, can be had, or can not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import doctor
from tools.catalog import CATALOG
from tools.ways import Unavailable


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any of the programs, without Go, and without a way out."""

    def nowhere(_: object) -> Path:
        raise Unavailable("it is not there")

    monkeypatch.setattr(doctor.ways, "on_path", nowhere)
    monkeypatch.setattr(doctor, "cached", lambda tool: tmp_path / tool.name)
    monkeypatch.setattr(doctor, "_reachable", lambda _: False)
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)


@pytest.mark.usefixtures("bare")
def test_every_program_has_a_purpose_and_a_way_to_it() -> None:
    found = {each.name: each for each in doctor.findings()}
    assert {tool.name for tool in CATALOG} <= found.keys()
    for each in found.values():
        assert each.purpose, each.name
        assert each.where, each.name
        assert "reach " not in each.where or "https://" in each.where


@pytest.mark.usefixtures("bare")
def test_only_what_a_stack_is_brought_up_with_is_unusable_where_it_can_not_be_had() -> None:
    assert [each.name for each in doctor.findings() if each.ok is False] == ["pulumi", "helm"]
    assert not doctor.report()


@pytest.mark.usefixtures("bare")
def test_what_only_tests_need_may_be_missing(tmp_path: Path) -> None:
    for name in ("pulumi", "helm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v1\n")
        (tmp_path / name).chmod(0o755)
    assert doctor.report()


def test_what_is_built_is_built_only_where_there_is_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody publishes an API server as an archive; a machine's own port 443 is not a way to one."""
    monkeypatch.setattr(doctor, "_reachable", lambda url: True)
    monkeypatch.setattr(doctor, "cached", lambda tool: tmp_path / tool.name)
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    found = {each.name: each.where for each in doctor.findings()}
    assert found["kube-apiserver"] == "put 1.35.4 on the PATH, or install Go"
