"""What the workflows promise: least rights, no credentials for forks, nothing endless or unpinned."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.cluster.eks import ROLE_VARIABLE
from delivery.cli import parser
from tests.delivery.conftest import Web, web
from tests.workflows.schemas import mistakes
from tools import catalog

__all__ = ["web"]

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = {path.stem: path for path in sorted((GITHUB / "workflows").glob("*.yml"))}
FILES = [*WORKFLOWS.values(), *sorted((GITHUB / "actions").glob("*/action.yml"))]


def load(path: Path) -> dict[str, Any]:
    # BaseLoader leaves `on` a string where YAML 1.1 reads true.
    return yaml.load(path.read_text(), Loader=yaml.CBaseLoader)


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


def test_the_workflows_of_infrastructure_are_there() -> None:
    assert {"ci", "preview", "apply", "deploy", "drift"} <= WORKFLOWS.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(GITHUB)))
def test_a_file_is_one_by_the_published_schema(path: Path) -> None:
    # With YAML 1.2's booleans, as GitHub reads it: `on` is a text.
    document = yaml.load(path.read_text(), Loader=Yaml12)
    assert mistakes("github-actions" if path.name == "action.yml" else "github-workflows", document) == []


class Yaml12(yaml.SafeLoader):
    """PyYAML with the booleans of YAML 1.2."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in rows if tag != "tag:yaml.org,2002:bool"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def test_the_laptop_platform_is_made_asked_and_taken_down_for_real() -> None:
    document = workflow("k3d")
    assert "pull_request" not in document["on"]
    runs = [step.get("run", "") for step in steps(document)]
    order = ["pulumi up", "smoke", "--only kafka", "--expect-no-changes", "pulumi destroy", "docker volume ls"]
    first = [next(number for number, run in enumerate(runs) if word in run) for word in order]
    assert first == sorted(first)
    assert "secrets." not in WORKFLOWS["k3d"].read_text()


def test_the_laptop_platform_is_told_how_large_its_runner_is() -> None:
    """So that one with too few CPUs is answered with what does not fit, and another can be named."""
    job = workflow("k3d")["jobs"]["dev"]
    assert job["runs-on"] == "${{ vars.K3D_RUNNER || 'ubuntu-24.04' }}"
    runs = [step.get("run", "") for step in job["steps"]]
    (told,) = [number for number, run in enumerate(runs) if "cluster.machine.cpu" in run]
    assert "nproc" in runs[told]
    assert "cluster.machine.memory" in runs[told]
    assert told < next(number for number, run in enumerate(runs) if "pulumi up" in run)


def test_a_workflow_may_only_read_unless_a_job_asks_for_more(each: dict[str, Any]) -> None:
    assert each["permissions"] == {"contents": "read"}


def test_a_right_to_write_has_its_reason_beside_it() -> None:
    for path in WORKFLOWS.values():
        for line in re.findall(r"^.*: write\b.*$", path.read_text(), re.MULTILINE):
            assert " # " in line, f"{path.name}: {line}"


def test_every_job_ends_by_itself(each: dict[str, Any]) -> None:
    for name, job in each["jobs"].items():
        assert "uses" in job or int(job["timeout-minutes"]) <= 120, name


def test_every_workflow_says_what_may_run_at_once(each: dict[str, Any]) -> None:
    assert each["concurrency"]["group"]


def test_no_workflow_runs_the_code_of_a_fork_with_rights(each: dict[str, Any]) -> None:
    assert not {"pull_request_target", "workflow_run"} & set(each["on"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(GITHUB)))
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    named = re.findall(r"\buses: *(\S+)(.*)", path.read_text())
    for action, comment in named:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action} does not say which release it is"


def test_one_action_has_one_commit_everywhere() -> None:
    used: dict[str, set[str]] = {}
    for path in FILES:
        for action, commit in re.findall(r"\buses: *([^\s@]+)@(\S+)", path.read_text()):
            used.setdefault(action, set()).add(commit)
    assert {action: commits for action, commits in used.items() if len(commits) > 1} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(GITHUB)))
def test_no_script_is_written_from_what_a_pull_request_says(path: Path) -> None:
    for step in steps(load(path)):
        assert "${{" not in step.get("run", ""), step


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(GITHUB)))
def test_what_a_script_reads_it_is_given(path: Path) -> None:
    """A variable that nobody sets is empty in a shell, and says nothing."""
    given_by_the_runner = r"GITHUB_\w+|RUNNER_\w+|ACTIONS_\w+|HOME|PATH|CI"
    given_by_prepare = r"POLICY_PACK"
    for document_env, step in _with_environment(load(path)):
        script = re.sub(r"'[^']*'", "", step.get("run", ""))
        names = set(re.findall(r"\$\{?([A-Za-z_]\w*)", script))
        own = set(
            re.findall(r"(?:^|[\s;(])(?:for |read |local )?(?:-r )?([A-Za-z_]\w*)(?:=| in )", script, re.MULTILINE)
        )
        missing = {
            name
            for name in names - own - document_env
            if not re.fullmatch(f"{given_by_the_runner}|{given_by_prepare}", name)
        }
        assert not missing, f"{step.get('name') or step.get('id') or script[:60]}: {missing}"


def _with_environment(document: dict[str, Any]) -> Iterator[tuple[set[str], dict[str, Any]]]:
    for step in document.get("runs", {}).get("steps", []):
        yield set(step.get("env", {})), step
    for job in document.get("jobs", {}).values():
        for step in job.get("steps", []):
            yield {*document.get("env", {}), *job.get("env", {}), *step.get("env", {})}, step


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(GITHUB)))
def test_the_commands_that_a_script_gives_are_ones_that_there_are(path: Path) -> None:
    # Where a number, an address or one of several words is asked for, any of them will do.
    stand_ins = {"$NUMBER": "7", "$TIMEOUT": "7", "$BY": "push", "$state": "success"}
    for step in steps(load(path)):
        script = step.get("run", "").replace("\\\n", " ")
        lines = re.findall(r"(?:^\s*|-m )delivery ((?:[a-z]|\$).*)$", script, re.MULTILINE)
        added = " ".join(re.findall(r"arguments\+?=\((.*)\)", script))
        for line in lines:
            words = shlex.split(line.split(" >> ")[0].replace('"${arguments[@]}"', added))
            words = [re.sub(r"\$(URL|ARGOCD|SERVER)\b", "https://example.com", word) for word in words]
            parser().parse_args([stand_ins.get(word, word) for word in words])


def test_no_checkout_leaves_its_token_behind(each: dict[str, Any]) -> None:
    for step in steps(each):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


def test_secrets_are_given_to_single_steps_only() -> None:
    for path in FILES:
        document = load(path)
        outside = {key: value for key, value in document.items() if key not in ("jobs", "on", "runs")}
        jobs = [{k: v for k, v in job.items() if k != "steps"} for job in document.get("jobs", {}).values()]
        assert "secrets." not in str([outside, jobs]), path.name


def test_ci_needs_no_credentials() -> None:
    text = WORKFLOWS["ci"].read_text()
    assert "secrets." not in text
    assert "id-token" not in text
    assert "pull_request" in workflow("ci")["on"]


def test_ci_runs_what_a_contributor_runs() -> None:
    runs = {
        name: [step["run"].split()[:2] for step in job["steps"] if "run" in step]
        for name, job in workflow("ci")["jobs"].items()
    }
    # Of what a test skips where there is none, cloud-init is the one program that is no download of tools/.
    assert runs == {
        "test": [["sudo", "apt-get"], ["make", "test"]],
        "charts": [["make", "mirror"], ["make", "charts"]],
    }


def test_what_is_skipped_without_charts_or_their_definitions_is_run_with_both() -> None:
    """Whoever adds such a test elsewhere adds its folder to the target."""
    recipe = (ROOT / "Makefile").read_text().partition("\ncharts:")[2].partition("\n\n")[0]
    assert {"GROUNDWORK_CHARTS=", "GROUNDWORK_CRDS="} <= set(re.findall(r"GROUNDWORK_\w+=", recipe))
    run = [ROOT / word for word in recipe.split() if word.startswith("tests/")]
    gated = [
        path
        for path in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"skipif\(.*(GROUNDWORK_CHARTS|CRDS)\b", path.read_text())
    ]
    assert gated
    assert [path for path in gated if not any(path.is_relative_to(each) for each in run)] == []


def script(job: dict[str, Any], words: str) -> dict[str, Any]:
    """The job's one step whose script holds `words`."""
    (step,) = [step for step in job["steps"] if words in step.get("run", "")]
    return step


def test_preview_is_of_the_stacks_that_the_change_can_affect_and_none_for_forks() -> None:
    jobs = workflow("preview")["jobs"]
    find = script(jobs["stacks"], "delivery affected")
    assert "--roles PREVIEW_ROLE" in find["run"]
    assert find["env"]["FORK"] == "${{ github.event.pull_request.head.repo.full_name != github.repository }}"
    assert uses(jobs["stacks"], "actions/checkout")["fetch-depth"] == "0", "else there is nothing to compare with"
    assert jobs["preview"]["strategy"]["matrix"]["include"] == "${{ fromJSON(needs.stacks.outputs.stacks) }}"
    assert jobs["preview"]["if"] == "needs.stacks.outputs.stacks != '[]'"
    assert jobs["preview"]["permissions"] == {"contents": "read", "id-token": "write", "pull-requests": "write"}


def test_preview_comments_also_when_it_fails() -> None:
    job = workflow("preview")["jobs"]["preview"]
    step = script(job, "-m delivery comment")
    assert step["if"] == "${{ !cancelled() }}"
    assert step["env"]["FAILED"] == "${{ steps.preview.outcome != 'success' }}"
    assert step["env"]["EVENTS"] == script(job, "pulumi preview")["env"]["EVENTS"]
    assert '[ "$FAILED" = true ] || .venv/bin/python -m cost' in step["run"], "nobody knows what is left out"
    assert uses(job, "actions/checkout")["fetch-depth"] == "0", "else there is no graph to compare with"


def test_apply_runs_what_was_admitted_and_asks_again_before_it_does() -> None:
    jobs = workflow("apply")["jobs"]
    assert "github.event.issue.pull_request" in jobs["admit"]["if"]
    job = jobs["up"]
    assert job["if"] == "needs.admit.outputs.stack != ''"
    order = [step.get("run", step.get("uses", "")).split("@")[0].split(" --")[0] for step in job["steps"]]
    assert order[:6] == [
        "actions/checkout",
        "./.github/actions/delivery",
        "delivery admit",
        "actions/checkout",
        "./.github/actions/prepare",
        "pulumi up",
    ]
    first, second = (step["with"] for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@"))
    assert "ref" not in first, "who decides is the main branch's code"
    assert second["ref"] == "${{ needs.admit.outputs.sha }}"
    assert script(job, "delivery admit")["env"]["SHA"] == "${{ needs.admit.outputs.sha }}"


def test_apply_always_answers_once_it_admitted() -> None:
    job = workflow("apply")["jobs"]["report"]
    assert job["needs"] == ["admit", "up"]
    assert job["if"] == "always() && needs.admit.outputs.stack != ''"
    assert script(job, "delivery result")["env"]["OUTCOME"] == "${{ needs.up.result }}"


def test_deploy_goes_out_after_the_tests_one_stack_at_a_time_behind_its_environment() -> None:
    document = workflow("deploy")
    assert document["on"]["push"]["branches"] == ["main"]
    assert "pull_request" not in document["on"]
    job = document["jobs"]["up"]
    assert "test" in job["needs"]
    assert document["jobs"]["test"]["uses"] == "./.github/workflows/ci.yml"
    assert job["strategy"]["max-parallel"] == "1"
    assert job["environment"] == "${{ matrix.stack }}"
    assert job["permissions"] == {"contents": "read", "id-token": "write"}


def test_a_stack_has_one_lock_for_all_that_updates_it_and_no_update_is_cut_off_by_the_next() -> None:
    assert workflow("deploy")["concurrency"]["cancel-in-progress"] == "false"
    updating = {}
    # The stack of k3d lives and dies with its runner.
    for name in WORKFLOWS.keys() - {"k3d"}:
        for job in workflow(name)["jobs"].values():
            if any("pulumi up" in step.get("run", "") for step in job.get("steps", [])):
                updating[name] = job
    assert sorted(updating) == ["apply", "deploy"]
    for name, job in updating.items():
        group = job["concurrency"]["group"]
        assert re.sub(r"\$\{\{.*\}\}", "STACK", group) == "stack-STACK", name
        assert job["environment"] == group.removeprefix("stack-")
        assert job["concurrency"]["cancel-in-progress"] == "false"


def test_who_only_looks_is_in_the_cluster_as_himself_and_who_deploys_as_its_administrator() -> None:
    """Nothing between the quotes: the kubeconfig then asks for no other role."""
    given = {
        name: {
            step["env"].get(ROLE_VARIABLE)
            for job in workflow(name)["jobs"].values()
            for step in job.get("steps", ())
            if re.search(r"\bpulumi (preview|refresh|up)\b", step.get("run", ""))
        }
        for name in ("preview", "drift", "apply", "deploy")
    }
    assert given == {"preview": {""}, "drift": {""}, "apply": {None}, "deploy": {None}}


@pytest.mark.parametrize(
    ("name", "job"), [("preview", "preview"), ("apply", "up"), ("deploy", "up"), ("drift", "refresh")]
)
def test_what_talks_to_a_cluster_runs_where_its_api_answers_and_nothing_else_does(name: str, job: str) -> None:
    hosted = {other: each["runs-on"] for other, each in workflow(name)["jobs"].items() if "runs-on" in each}
    assert hosted.pop(job) == "${{ vars.RUNNER || 'ubuntu-24.04' }}"
    # Whoever decides, and who may write to pull requests and issues, stays on a machine of GitHub's.
    assert set(hosted.values()) == {"ubuntu-24.04"}


def test_drift_changes_nothing_and_is_told_of_even_where_a_refresh_failed() -> None:
    jobs = workflow("drift")["jobs"]
    refresh = script(jobs["refresh"], "pulumi refresh")
    assert "--preview-only" in refresh["run"]
    assert "--expect-no-changes" in refresh["run"]
    assert refresh["continue-on-error"] == "true"
    assert "!cancelled()" in jobs["report"]["if"]
    assert jobs["report"]["permissions"] == {"contents": "read", "issues": "write"}


@pytest.mark.parametrize(("name", "job"), [("preview", "preview"), ("apply", "up"), ("deploy", "up")])
def test_policies_are_asked_before_a_merge_and_obeyed_after_it(name: str, job: str) -> None:
    step = script(workflow(name)["jobs"][job], "--event-log")
    assert '${POLICY_PACK:+--policy-pack "$POLICY_PACK"}' in step["run"]
    assert 'echo "POLICY_PACK=' in (GITHUB / "actions" / "prepare" / "action.yml").read_text()


def test_the_engine_of_the_workflows_is_the_tested_one() -> None:
    prepare = load(GITHUB / "actions" / "prepare" / "action.yml")
    (step,) = [each for each in steps(prepare) if each.get("uses", "").startswith("pulumi/actions@")]
    assert step["with"] == {"pulumi-version": catalog.find("pulumi").version}
    for name in WORKFLOWS:
        for job in workflow(name)["jobs"].values():
            if any(re.search(r"\bpulumi (preview|up|refresh)", step.get("run", "")) for step in job.get("steps", [])):
                assert "./.github/actions/prepare" in [step.get("uses") for step in job["steps"]], name


def test_every_variable_and_secret_of_the_repository_is_documented() -> None:
    page = (ROOT / "docs" / "delivery.md").read_text()
    named = {name for path in FILES for name in re.findall(r"\b(?:vars|secrets)\.([A-Z0-9_]+)", path.read_text())}
    assert {name for name in named if f"`{name}`" not in page} == set()
    for prefix in ("PREVIEW_ROLE_<STACK>", "DEPLOY_ROLE_<STACK>"):
        assert f"`{prefix}`" in page


def test_the_delivery_action_runs_the_commands_of_its_own_commit(tmp_path: Path) -> None:
    """What a later checkout brings, and the directory that a job works in, has no say."""
    action = load(GITHUB / "actions" / "delivery" / "action.yml")
    (step,) = [each for each in steps(action) if "run" in each]
    assert "--require-hashes" in step["run"]
    assert "-P -m delivery" in step["run"]
    assert step["env"]["SOURCE"] == "${{ github.action_path }}/../../.."


CALLED = ("frontend", "service")


class TestCalled:
    """Workflows that other repositories call."""

    @pytest.mark.parametrize("name", CALLED)
    def test_they_are_called_and_nothing_else(self, name: str) -> None:
        assert set(workflow(name)["on"]) == {"workflow_call"}

    @pytest.mark.parametrize("name", CALLED)
    def test_what_they_are_given_is_described_and_used(self, name: str) -> None:
        call, text = workflow(name)["on"]["workflow_call"], WORKFLOWS[name].read_text()
        for kind in ("inputs", "secrets"):
            for key, given in call[kind].items():
                assert given["description"], key
                assert re.search(rf"\b{kind}\.{key}\b", text), f"nobody reads {key}"

    @pytest.mark.parametrize("name", CALLED)
    def test_a_pull_request_builds_and_deploys_nothing(self, name: str) -> None:
        condition = workflow(name)["jobs"]["deploy"]["if"]
        assert "github.event_name != 'pull_request'" in condition
        assert "github.ref_name == github.event.repository.default_branch" in condition

    def test_a_frontend_is_built_for_the_api_that_the_caller_names(self) -> None:
        (build,) = (
            step for step in workflow("frontend")["jobs"]["build"]["steps"] if step.get("run") == "npm run build"
        )
        assert build["env"]["API_URL"] == build["env"]["VITE_API_URL"] == "${{ inputs.api-url }}"

    def test_a_pull_request_signs_in_nowhere(self) -> None:
        """From a fork it could not, and what it builds is thrown away."""
        for step in workflow("service")["jobs"]["image"]["steps"]:
            if re.match("aws-actions/|docker/login-action", step.get("uses", "")):
                assert "github.event_name != 'pull_request'" in step["if"]

    def test_an_image_is_scanned_before_it_is_pushed_and_pushed_as_it_was_scanned(self) -> None:
        job = workflow("service")["jobs"]["image"]
        kinds = [step.get("uses", "").split("@")[0] for step in job["steps"]]
        first, last = (n for n, kind in enumerate(kinds) if kind == "docker/build-push-action")
        assert first < kinds.index("aquasecurity/trivy-action") < last
        scan = job["steps"][kinds.index("aquasecurity/trivy-action")]["with"]
        assert scan["exit-code"] == "1"
        assert scan["severity"] == "${{ inputs.severity }}"
        built, pushed = job["steps"][first]["with"], job["steps"][last]["with"]
        assert built["tags"] == pushed["tags"] == scan["image-ref"]
        assert "push" not in built
        assert built["cache-to"].split(",")[0] == pushed["cache-from"].split(",")[0]
        assert (pushed["sbom"], pushed["provenance"]) == ("true", "mode=max")

    def test_nothing_is_deployed_that_a_test_or_the_scan_refused(self) -> None:
        job = workflow("service")["jobs"]["deploy"]
        assert set(job["needs"]) == {"go", "python", "node", "image"}
        for part in ("needs.image.result == 'success'", "!contains(needs.*.result, 'failure')"):
            assert part in job["if"]

    def test_what_can_not_be_verified_is_rolled_back_and_that_is_verified_and_all_of_it_told(self) -> None:
        steps_of = workflow("service")["jobs"]["deploy"]["steps"]
        runs = [step.get("run", "") for step in steps_of]
        ids = [step.get("id") for step in steps_of]
        order = [ids.index(name) for name in ("bump", "verify", "rollback")]
        assert order == sorted(order)
        back = steps_of[order[-1]]
        assert "steps.verify.outcome == 'failure'" in back["if"]
        assert "delivery verify" in runs[order[-1] + 1]
        assert steps_of[-1]["if"] == "always()"
        assert "delivery notify" in runs[-1]

    @pytest.mark.parametrize(("name", "change"), [("service", "delivery bump"), ("frontend", "delivery site upload")])
    def test_what_can_not_be_asked_is_refused_before_anything_is_changed(self, name: str, change: str) -> None:
        runs = [step.get("run", "") for step in workflow(name)["jobs"]["deploy"]["steps"]]
        (check,) = (n for n, run in enumerate(runs) if "--check" in run)
        assert check < next(n for n, run in enumerate(runs) if change in run)

    def test_what_the_service_is_verified_by_is_what_was_looked_at_before(self) -> None:
        scripts = [
            step["run"] for step in workflow("service")["jobs"]["deploy"]["steps"] if "verify" in step.get("run", "")
        ]
        assert len(scripts) == 3
        assert len({script.split("\n", 1)[1] for script in scripts}) == 1, "but for the line that begins the arguments"

    @pytest.mark.parametrize("way", ["pages", "restore"])
    def test_a_site_that_can_not_be_verified_is_taken_back_and_that_is_verified(self, way: str) -> None:
        given = {step.get("id"): step for step in workflow("frontend")["jobs"]["deploy"]["steps"]}
        steps_of = workflow("frontend")["jobs"]["deploy"]["steps"]
        assert "steps.verify.outcome == 'failure'" in given[way]["if"]
        (again,) = (step for step in steps_of if f"steps.{way}.outcome == 'success'" in step.get("if", ""))
        assert "delivery verify" in again["run"]
        assert steps_of.index(given["verify"]) < steps_of.index(given[way]) < steps_of.index(again)

    @pytest.mark.parametrize("name", CALLED)
    def test_they_find_the_commit_that_they_are_of(self, name: str, web: Web, tmp_path: Path) -> None:
        """The script itself is run, against a server that signs as GitHub does."""
        claims = {
            "job_workflow_ref": "acme/platform/.github/workflows/service.yml@refs/heads/main",
            "job_workflow_sha": "0123456789",
        }
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        web.routes["/token"] = lambda _: {"value": f"head.{payload}.signature"}
        (step,) = [step for step in workflow(name)["jobs"]["deploy"]["steps"] if step.get("id") == "self"]
        environment = {
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t0ken",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{web.url}/token?version=2",
        }
        assert bash(step["run"], environment, tmp_path).returncode == 0
        assert (tmp_path / "output").read_text() == "repository=acme/platform\ncommit=0123456789\n"
        assert web.asked[0].query["audience"] == ["groundwork"]

    @pytest.mark.parametrize(
        ("registry", "repository", "image"),
        [
            ("ghcr", "", "ghcr.io/acme/auth:abc"),
            ("ghcr", "team/auth", "ghcr.io/acme/team/auth:abc"),
            ("ecr", "tiketi/auth", "1.dkr.ecr.test/tiketi/auth:abc"),
            ("ecr of a pull request", "tiketi/auth", "localhost/tiketi/auth:abc"),
        ],
    )
    def test_an_image_is_named_after_its_registry_service_and_commit(
        self, tmp_path: Path, registry: str, repository: str, image: str
    ) -> None:
        done = self._name(tmp_path, registry, repository)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "output").read_text() == f"image={image}\n"

    @pytest.mark.parametrize("registry", ["ecr", "ecr of a pull request"])
    def test_an_image_in_ecr_is_refused_without_the_repository_that_the_push_role_may_push_to(
        self, tmp_path: Path, registry: str
    ) -> None:
        done = self._name(tmp_path, registry, "")
        assert done.returncode == 1
        assert done.stdout.startswith("::error::with registry: ecr, repository is needed: <platform>/auth")
        assert not (tmp_path / "output").exists()

    def _name(self, tmp_path: Path, registry: str, repository: str) -> subprocess.CompletedProcess[str]:
        (step,) = [step for step in workflow("service")["jobs"]["image"]["steps"] if step.get("id") == "name"]
        environment = {
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "REGISTRY": registry.split()[0],
            "ECR": "" if registry.endswith("pull request") else "1.dkr.ecr.test",
            "OWNER": "Acme",
            "REPOSITORY": repository,
            "SERVICE": "auth",
            "SHA": "abc",
        }
        return bash(step["run"], environment, tmp_path)

    def test_the_lines_that_the_page_gives_an_application_are_sound(self) -> None:
        page = (ROOT / "docs" / "delivery.md").read_text()
        examples = [yaml.load(block, Loader=Yaml12) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
        named = set()
        for example in examples:
            assert mistakes("github-workflows", example) == []
            (job,) = example["jobs"].values()
            name = re.search(r"workflows/(\w+)\.yml@", job["uses"])
            assert name
            named.add(name[1])
            called = workflow(name[1])
            inputs = called["on"]["workflow_call"]["inputs"]
            assert set(job["with"]) <= set(inputs)
            assert {key for key, given in inputs.items() if given.get("required") == "true"} <= set(job["with"])
            wanted = {
                right: level for each in called["jobs"].values() for right, level in each.get("permissions", {}).items()
            }
            assert job["permissions"] == wanted, "a called workflow has no more rights than its caller gives"
            if job["with"].get("registry") == "ecr":
                assert "/" in job["with"]["repository"]
        assert named == set(CALLED)


def bash(script: str, environment: dict[str, str], directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a step's script as GitHub does."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(
        command, cwd=directory, env=os.environ | environment, capture_output=True, text=True, check=False
    )
