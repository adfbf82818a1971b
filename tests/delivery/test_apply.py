"""Who may bring a stack up by a comment, and when nobody may."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery.apply import Request, request
from delivery.cli import main
from tests.delivery.conftest import Hub

SHA = "a" * 40
ROLES = {"DEPLOY_ROLE_PROD": "arn:aws:iam::123456789012:role/prod", "DEPLOY_ROLE_BLUE_GREEN": "arn:bg"}


def event(body: str, author: str = "ada") -> dict[str, Any]:
    return {"issue": {"number": 7, "pull_request": {}}, "comment": {"body": body, "user": {"login": author}}}


def facts(**pull: Any) -> dict[str, Any]:
    """A pull request against which nothing stands."""
    head = {"sha": SHA, "repo": {"full_name": "acme/platform"}}
    base = {"ref": "main", "repo": {"default_branch": "main"}}
    usual = {"state": "open", "draft": False, "mergeable": True, "head": head, "base": base}
    check = {"name": "test", "status": "completed", "conclusion": "success"}
    return {
        "pulls/7": usual | pull,
        "collaborators/ada/permission": {"permission": "write"},
        f"compare/main...{SHA}": {"behind_by": 0},
        f"commits/{SHA}/check-runs": {"check_runs": [check]},
        f"commits/{SHA}/status": {"statuses": []},
    }


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ("pulumi up prod", ("prod", "")),
        ("  pulumi  up   prod \r\nplease", ("prod", "")),
        ("pulumi up blue-green @abcdef1", ("blue-green", "abcdef1")),
        ("pulumi up prod abcdef1", ("prod", "abcdef1")),
        ("Should we pulumi up prod?", None),
        ("pulumi up", None),
        ("pulumi up prod; rm -rf /", None),
        ("pulumi up $(id)", None),
        ("pulumi up Prod", None),
        ("pulumi destroy prod", None),
        ("", None),
    ],
)
def test_the_first_line_is_the_command(body: str, asked: tuple[str, str] | None) -> None:
    assert request(event(body)) == (Request(*asked, "ada", 7) if asked else None)


def test_a_comment_on_an_issue_asks_for_nothing() -> None:
    assert request({"issue": {"number": 7}, "comment": {"body": "pulumi up prod", "user": {"login": "ada"}}}) is None


def admit(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str = "pulumi up prod", *arguments: str
) -> int:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event(body)))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))
    monkeypatch.setenv("VARS", json.dumps(ROLES))
    return main(["admit", *arguments])


def test_the_newest_commit_is_admitted_with_the_stacks_role(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.facts = facts()
    assert admit(hub, tmp_path, monkeypatch) == 0
    assert capsys.readouterr().out == (f"stack=prod\nsha={SHA}\nrole=arn:aws:iam::123456789012:role/prod\nnumber=7\n")
    assert hub.comments == []


HEAD = {"sha": SHA, "repo": {"full_name": "mallory/platform"}}
RED = {"name": "test", "status": "completed", "conclusion": "failure"}
RUNNING = {"name": "preview prod", "status": "in_progress", "conclusion": None}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (facts(state="closed"), "the pull request is closed"),
        (facts(draft=True), "is a draft"),
        (facts(head=HEAD), "the branch is in a fork"),
        (facts(head=HEAD | {"repo": None}), "the branch is in a fork"),
        (facts(base={"ref": "next", "repo": {"default_branch": "main"}}), "is not against main"),
        (facts(mergeable=False), "the branch has conflicts"),
        ({f"compare/main...{SHA}": {"behind_by": 2}}, "2 commits behind main"),
        ({f"commits/{SHA}/check-runs": {"check_runs": [RED]}}, "checks failed: test"),
        ({f"commits/{SHA}/check-runs": {"check_runs": [RUNNING]}}, "checks are still running: preview prod"),
        ({f"commits/{SHA}/check-runs": {"check_runs": []}}, "no check has run"),
        ({f"commits/{SHA}/status": {"statuses": [{"context": "lint", "state": "error"}]}}, "checks failed: lint"),
    ],
)
def test_what_stands_against_it_is_said_on_the_pull_request(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any], said: str,
) -> None:  # fmt: skip
    hub.facts = facts() | {f"compare/next...{SHA}": {"behind_by": 0}} | changes
    assert admit(hub, tmp_path, monkeypatch) == 1
    (reply,) = hub.comments
    assert reply["body"].startswith("`pulumi up prod` was refused:")
    assert said in reply["body"]
    assert capsys.readouterr().out == "", "no output that a later job could act on"


@pytest.mark.parametrize("permission", ["read", "none"])
def test_a_stranger_is_neither_admitted_nor_answered(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], permission: str
) -> None:
    hub.facts = facts() | {"collaborators/ada/permission": {"permission": permission}}
    assert admit(hub, tmp_path, monkeypatch) == 1
    assert hub.comments == []
    said = capsys.readouterr()
    assert said.out == ""
    assert "ada may not write to the repository" in said.err


def test_everything_that_stands_against_it_is_said_at_once(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.facts = facts(draft=True) | {f"compare/main...{SHA}": {"behind_by": 1}}
    admit(hub, tmp_path, monkeypatch, "pulumi up nowhere")
    assert hub.comments[0]["body"].count("\n- ") == 3
    assert "DEPLOY_ROLE_NOWHERE" in hub.comments[0]["body"]


def test_only_those_on_the_list_may_where_there_is_one(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.facts = facts()
    monkeypatch.setenv("APPLY_ALLOWED", "grace, linus")
    assert admit(hub, tmp_path, monkeypatch) == 1
    assert "ada is not named in APPLY_ALLOWED" in hub.comments[0]["body"]
    monkeypatch.setenv("APPLY_ALLOWED", "grace, ada")
    assert admit(hub, tmp_path, monkeypatch) == 0


def test_a_push_after_the_comment_is_not_applied(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.facts = facts()
    assert admit(hub, tmp_path, monkeypatch, "pulumi up prod", "--sha", "b" * 40) == 1
    assert "the newest commit is aaaaaaaaaaaa, not bbbbbbbbbbbb" in hub.comments[0]["body"]


def test_the_status_of_an_earlier_update_is_no_check(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update that failed may be tried again."""
    hub.facts = facts() | {f"commits/{SHA}/status": {"statuses": [{"context": "pulumi up prod", "state": "failure"}]}}
    assert admit(hub, tmp_path, monkeypatch) == 0


def test_the_result_is_told_on_the_pull_request_and_on_the_commit(hub: Hub, tmp_path: Path) -> None:
    events = tmp_path / "up.jsonl"
    metadata = {"op": "create", "urn": "urn:pulumi:prod::groundwork::aws:ec2/vpc:Vpc::main"}
    events.write_text(json.dumps({"sequence": 1, "resourcePreEvent": {"metadata": metadata}}))
    arguments = ["result", "prod", str(events), "--sha", SHA, "--pull-request", "7", "--outcome"]
    assert main([*arguments, "success"]) == 0
    assert main([*arguments, "cancelled"]) == 0
    assert [(each["state"], each["context"]) for each in hub.statuses] == [
        ("success", "pulumi up prod"),
        ("failure", "pulumi up prod"),
    ]
    assert "**success**" in hub.comments[0]["body"]
    assert "1 created" in hub.comments[0]["body"]
    assert "**cancelled**" in hub.comments[1]["body"]
