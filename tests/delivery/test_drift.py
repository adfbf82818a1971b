"""The one issue about drift."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery.cli import main
from tests.delivery.conftest import Hub


def refresh(*changed: str) -> str:
    """What a refresh prints that finds these changed by somebody else."""
    lines: list[dict[str, Any]] = [{"sequence": 0, "summaryEvent": {"resourceChanges": {"same": 1}}}]
    for name in changed:
        urn = f"urn:pulumi:prod::groundwork::aws:ec2/securityGroup:SecurityGroup::{name}"
        found = {"op": "update", "urn": urn, "old": {"outputs": {"n": 1}}, "new": {"outputs": {"n": 2}}}
        lines.append({"sequence": 1, "resourcePreEvent": {"metadata": {"op": "refresh", "urn": urn}}})
        lines.append({"sequence": 2, "resOutputsEvent": {"metadata": found | {"detailedDiff": {"n": {}}}}})
    return "\n".join(map(json.dumps, lines))


def night(directory: Path, **stacks: str) -> int:
    for stack, said in stacks.items():
        (directory / stack).mkdir(exist_ok=True)
        (directory / stack / f"{stack}.json").write_text(said)
    return main(["drift", str(directory)])


def test_a_night_without_drift_leaves_no_issue(hub: Hub, tmp_path: Path) -> None:
    night(tmp_path, prod=refresh(), blog=refresh())
    assert hub.issues == []


def test_drift_opens_one_issue_that_names_what_changed(hub: Hub, tmp_path: Path) -> None:
    night(tmp_path, prod=refresh("nodes"), blog=refresh())
    (issue,) = hub.issues
    assert (issue["title"], issue["labels"]) == ("Drift: prod", ["drift"])
    assert "`ec2/securityGroup:SecurityGroup` `nodes` | updated | `n`: `1` → `2`" in issue["body"]


def test_the_next_nights_keep_it_up_to_date_and_speak_up_only_for_news(hub: Hub, tmp_path: Path) -> None:
    night(tmp_path, prod=refresh("nodes"))
    night(tmp_path, prod=refresh("nodes", "pods"))
    assert "`pods`" in hub.issues[0]["body"]
    assert hub.comments == []
    night(tmp_path, blog=refresh("nodes"))
    assert [issue["title"] for issue in hub.issues] == ["Drift: blog, prod"]
    assert len(hub.comments) == 1


def test_it_is_closed_when_nothing_differs_and_a_new_one_opened_after(hub: Hub, tmp_path: Path) -> None:
    night(tmp_path, prod=refresh("nodes"))
    hub.issues[0]["state"] = "open"
    night(tmp_path, prod=refresh())
    assert hub.issues[0]["state"] == "closed"
    night(tmp_path, prod=refresh("nodes"))
    assert len(hub.issues) == 2


@pytest.mark.parametrize("said", ["", json.dumps({"diagnosticEvent": {"severity": "error", "message": "no access"}})])
def test_a_refresh_that_failed_counts_for_nobody_knows(hub: Hub, tmp_path: Path, said: str) -> None:
    night(tmp_path, prod=said)
    assert hub.issues[0]["title"] == "Drift: prod"


def test_an_issue_of_somebody_else_is_left_alone(hub: Hub, tmp_path: Path) -> None:
    hub.issues.append({"number": 1, "state": "open", "user": {"login": "ada"}, "body": "<!-- groundwork: drift -->"})
    night(tmp_path, prod=refresh("nodes"))
    assert len(hub.issues) == 2
