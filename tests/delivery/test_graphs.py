"""What a change does to the reviewed graphs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery.cli import main
from delivery.errors import Refused
from delivery.graphs import changes, compare
from tests.delivery.conftest import git, save, write


def node(kind: str = "aws:ec2/vpc:Vpc", **inputs: Any) -> dict[str, Any]:
    return {"type": kind, "inputs": inputs}


def test_nodes_are_created_updated_deleted_or_left() -> None:
    before = {"Vpc::a": node(cidr="1"), "Vpc::b": node(), "Vpc::c": node()}
    after = {"Vpc::a": node(cidr="2"), "Vpc::b": node(), "Vpc::d": node()}
    preview = compare(before, after)
    assert [(change.kind, change.name) for change in preview.changes] == [
        ("update", "a"),
        ("delete", "c"),
        ("create", "d"),
    ]
    assert preview.unchanged == 1


def test_an_update_says_which_leaves_differ() -> None:
    before = {"R::a": node(values={"image": {"tag": "1"}, "list": [1, 2]})}
    after = {"R::a": node(values={"image": {"tag": "2"}, "list": [1, 3]})}
    (change,) = compare(before, after).changes
    assert [(each.path, each.before, each.after) for each in change.differences] == [
        ("values.image.tag", "1", "2"),
        ("values.list[1]", "2", "3"),
    ]


def test_taking_a_guard_off_is_a_change() -> None:
    (change,) = compare({"R::a": node() | {"protect": True}}, {"R::a": node()}).changes
    assert [each.path for each in change.differences] == ["protect"]


def test_what_sounds_private_is_not_shown() -> None:
    (change,) = compare({"R::a": node(masterPassword="~a1")}, {"R::a": node(masterPassword="~b2")}).changes
    assert change.differences[0].private


def test_a_graph_that_was_left_half_merged_is_refused_with_its_path() -> None:
    with pytest.raises(Refused, match=r"tests/golden/dev\.json is not JSON.*make golden"):
        changes({}, {"tests/golden/dev.json": "<<<<<<< HEAD\n{}"})


def test_only_stacks_whose_graph_differs_are_told() -> None:
    same, other = json.dumps({"Vpc::a": node()}), json.dumps({"Vpc::b": node()})
    before = {"tests/golden/dev.json": same, "tests/golden/prod.json": same, "README.md": "{"}
    after = {"tests/golden/dev.json": same, "tests/golden/prod.json": other, "tests/golden/new.json": same}
    assert list(changes(before, after)) == ["new", "prod"]


def test_the_command_prints_a_section_for_each_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    write(tmp_path, "tests/golden/prod.json", json.dumps({"Cluster::db": node("aws:rds/cluster:Cluster")}))
    save(tmp_path, "before")
    write(tmp_path, "tests/golden/prod.json", "{}")
    save(tmp_path, "after")
    assert main(["graphs", "-C", str(tmp_path), "--base", "HEAD~1"]) == 0
    said = capsys.readouterr().out
    assert "### `prod`: 1 deleted, 0 unchanged" in said
    assert "`rds/cluster:Cluster` `db` would be **deleted**: a database" in said
    assert main(["graphs", "-C", str(tmp_path), "--base", "HEAD"]) == 0
    assert "No stack's graph changes." in capsys.readouterr().out


def test_the_comment_of_a_stack_tells_of_its_own_graph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for stack in ("dev", "prod"):
        write(tmp_path, f"tests/golden/{stack}.json", json.dumps({"Vpc::a": node()}))
    save(tmp_path, "before")
    write(tmp_path, "tests/golden/prod.json", "{}")
    save(tmp_path, "after")
    said = tmp_path / "preview.json"
    said.write_text(json.dumps({"steps": [], "changeSummary": {"same": 3}}))
    for stack, told in (("prod", True), ("dev", False)):
        assert main(["comment", stack, str(said), "-C", str(tmp_path), "--base", "HEAD~1"]) == 0
        assert ("In the reviewed graph: 1 deleted" in capsys.readouterr().out) is told
