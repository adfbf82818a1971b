"""What the workflows promise: least rights, no credentials for forks, nothing endless or unpinned."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import catalog

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = {path.stem: path for path in sorted((GITHUB / "workflows").glob("*.yml"))}
FILES = [*WORKFLOWS.values(), *sorted((GITHUB / "actions").glob("*/action.yml"))]


def load(path: Path) -> dict[str, Any]:
    # BaseLoader leaves `on` a string where YAML 1.1 reads true.
    return yaml.load(path.read_text(), Loader=yaml.BaseLoader)


def workflow(name: str) -> dict[str, Any]:
    return load(WORKFLOWS[name])


def steps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document.get("runs", {}).get("steps", [])
    for job in document.get("jobs", {}).values():
        yield from job.get("steps", [])


def uses(job: dict[str, Any], action: str) -> dict[str, Any]:
    """The inputs of the job's one step that uses `action`."""
    (step,) = [step for step in job["steps"] if step.get("uses", "").startswith(f"{action}@")]
    return step["with"]


@pytest.fixture(params=WORKFLOWS, ids=str)
def each(request: pytest.FixtureRequest) -> dict[str, Any]:
    return workflow(request.param)


def test_there_are_the_three_workflows() -> None:
    assert {"ci", "preview", "deploy"} <= WORKFLOWS.keys()


def test_a_workflow_may_only_read_unless_a_job_asks_for_more(each: dict[str, Any]) -> None:
    assert each["permissions"] == {"contents": "read"}


def test_every_job_ends_by_itself(each: dict[str, Any]) -> None:
    for name, job in each["jobs"].items():
        assert "uses" in job or int(job["timeout-minutes"]) <= 120, name


def test_every_workflow_says_what_may_run_at_once(each: dict[str, Any]) -> None:
    assert each["concurrency"]["group"]


def test_no_workflow_runs_the_code_of_a_fork_with_rights(each: dict[str, Any]) -> None:
    assert not {"pull_request_target", "workflow_run"} & set(each["on"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(GITHUB)))
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    named = re.findall(r"uses: *(\S+)(.*)", path.read_text())
    for action, comment in named:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action} does not say which release it is"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(GITHUB)))
def test_no_script_is_written_from_what_a_pull_request_says(path: Path) -> None:
    for step in steps(load(path)):
        assert "${{" not in step.get("run", ""), step


def test_no_checkout_leaves_its_token_behind(each: dict[str, Any]) -> None:
    for step in steps(each):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


def test_ci_needs_no_credentials() -> None:
    text = WORKFLOWS["ci"].read_text()
    assert "secrets." not in text
    assert "id-token" not in text
    assert "pull_request" in workflow("ci")["on"]


def test_ci_runs_what_a_contributor_runs() -> None:
    commands = [step["run"] for step in steps(workflow("ci")) if "run" in step]
    assert [command.split()[:2] for command in commands] == [["make", "test"]]


def test_preview_takes_its_stacks_from_those_with_a_role_and_none_for_forks() -> None:
    jobs = workflow("preview")["jobs"]
    (find,) = [step for step in jobs["stacks"]["steps"] if step.get("id") == "find"]
    assert "stacks.py PREVIEW_ROLE" in find["run"]
    assert find["env"]["FORK"] == "${{ github.event.pull_request.head.repo.full_name != github.repository }}"
    assert jobs["preview"]["strategy"]["matrix"]["include"] == "${{ fromJSON(needs.stacks.outputs.stacks) }}"
    assert jobs["preview"]["if"] == "needs.stacks.outputs.stacks != '[]'"


def test_preview_comments_once_per_stack_and_keeps_the_summary() -> None:
    job = workflow("preview")["jobs"]["preview"]
    assert job["permissions"] == {"contents": "read", "id-token": "write", "pull-requests": "write"}
    inputs = uses(job, "pulumi/actions")
    assert inputs["command"] == "preview"
    assert {inputs[key] for key in ("comment-on-pr", "edit-pr-comment", "always-include-summary")} == {"true"}


def test_preview_comments_also_when_it_fails() -> None:
    last = workflow("preview")["jobs"]["preview"]["steps"][-1]
    assert last["if"] == "${{ !cancelled() }}"
    assert last["env"]["STATUS"] == "${{ job.status }}"
    assert 'if [ "$STATUS" = failure ]' in last["run"]


def test_deploy_goes_out_after_the_tests_one_stack_at_a_time_behind_its_environment() -> None:
    document = workflow("deploy")
    assert document["on"]["push"]["branches"] == ["main"]
    assert "pull_request" not in document["on"]
    job = document["jobs"]["up"]
    assert "test" in job["needs"]
    assert document["jobs"]["test"]["uses"] == "./.github/workflows/ci.yml"
    assert job["strategy"]["max-parallel"] == "1"
    assert job["environment"] == "${{ matrix.stack }}"
    assert job["concurrency"] == {"group": "deploy-${{ matrix.stack }}", "cancel-in-progress": "false"}
    assert job["permissions"] == {"contents": "read", "id-token": "write"}


def test_an_update_is_never_cut_off_by_the_next() -> None:
    assert workflow("deploy")["concurrency"]["cancel-in-progress"] == "false"


@pytest.mark.parametrize(("name", "job"), [("preview", "preview"), ("deploy", "up")])
def test_the_engine_of_the_workflows_is_the_tested_one(name: str, job: str) -> None:
    inputs = uses(workflow(name)["jobs"][job], "pulumi/actions")
    assert inputs["pulumi-version"] == catalog.find("pulumi").version


class TestStacks:
    """The script that finds the stacks a workflow may work on."""

    @pytest.fixture
    def find(self, tmp_path: Path) -> Any:
        for stack in ("dev", "prod", "blue-green"):
            (tmp_path / f"Pulumi.{stack}.yaml").touch()
        (tmp_path / "Pulumi.yaml").touch()

        def find(**environment: str) -> tuple[list[dict[str, str]], str]:
            ran = subprocess.run(
                [sys.executable, GITHUB / "scripts" / "stacks.py", "PREVIEW_ROLE"],
                cwd=tmp_path,
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                check=True,
            )
            return json.loads(ran.stdout.removeprefix("stacks=")), ran.stderr

        return find

    def test_a_stack_with_a_role_is_in_and_one_without_is_said_to_be_out(self, find: Any) -> None:
        stacks, notices = find(VARS='{"PREVIEW_ROLE_PROD": "arn:prod", "PREVIEW_ROLE_BLUE_GREEN": "arn:bg"}')
        assert stacks == [{"stack": "blue-green", "role": "arn:bg"}, {"stack": "prod", "role": "arn:prod"}]
        assert notices == "::notice::dev: left out, the repository has no variable PREVIEW_ROLE_DEV\n"

    def test_a_fork_gets_no_stack_and_is_told_why(self, find: Any) -> None:
        stacks, notices = find(VARS='{"PREVIEW_ROLE_PROD": "arn:prod"}', FORK="true")
        assert stacks == []
        assert "::notice::prod: left out, a pull request from a fork gets no credentials" in notices
