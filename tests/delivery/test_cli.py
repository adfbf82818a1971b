"""The commands as a pipeline runs them: what they hand on, and what they never say."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from delivery.cli import main
from spec.load import ROOT
from tests.delivery.conftest import Hub, Remote, Request, Web, git, write

pytestmark = pytest.mark.engine

CANARY = "canary-7f3a9c"


def outputs(said: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in said.splitlines())


def test_a_deployment_that_fails_is_rolled_back(gitops: Remote, web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole of it: the tag is bumped, what runs answers 500, and the tag of before is back."""
    file = "services/auth/values.yaml"

    def service(_: Request) -> tuple[int, str]:
        return (500, "boom") if "tag: bad" in gitops.show(file) else (200, "fine")

    web.routes["/healthz"] = service
    assert main(["bump", gitops.url, "--file", file, "--tag", "bad"]) == 0
    bumped = outputs(capsys.readouterr().out)
    assert bumped["changed"] == "true"
    check = ["verify", "--url", f"{web.url}/healthz", "--timeout", "0.3", "--interval", "0.05"]
    assert main(check) == 1
    failure = capsys.readouterr().err.splitlines()[-1]
    assert failure == f"error: {web.url}/healthz: 500 instead of 200"
    assert main(["rollback", gitops.url, "--commit", bumped["commit"], "--reason", failure]) == 0
    assert outputs(capsys.readouterr().out)["tag"] == "v1"
    assert "tag: v1" in gitops.show(file)
    assert main([*check[:-4], "--timeout", "5", "--interval", "0.01"]) == 0


def test_a_bump_by_pull_request_opens_one(
    gitops: Remote, hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("GITOPS_TOKEN", "t0ken")
    slug = tmp_path / "acme" / "platform"
    slug.parent.mkdir()
    slug.symlink_to(gitops.path)
    arguments = ["bump", slug.as_uri(), "--file", "services/auth/values.yaml", "--tag", "v2", "--by", "pull-request"]
    assert main(arguments) == 0
    assert outputs(capsys.readouterr().out)["pull-request"] == "https://github.test/1"
    assert [(pull["head"], pull["base"]) for pull in hub.pulls] == [("bump/services-auth-values.yaml-v2", "main")]
    assert main(arguments) == 0
    assert len(hub.pulls) == 1


def test_the_comment_of_a_stack_is_one_that_is_kept_up_to_date(hub: Hub, tmp_path: Path) -> None:
    said = tmp_path / "preview.json"
    said.write_text(json.dumps({"steps": [], "changeSummary": {"same": 3}}))
    for stack in ("prod", "dev", "blog", "prod"):
        assert main(["comment", stack, str(said), "--pull-request", "7"]) == 0
    assert main(["comment", "prod", str(tmp_path / "none"), "--failed", "true", "--pull-request", "7"]) == 0
    bodies = [comment["body"].splitlines()[1] for comment in hub.comments]
    assert bodies == [
        "### `prod`: the preview failed",
        "### `dev`: no changes, 3 unchanged",
        "### `blog`: no changes, 3 unchanged",
    ]


def test_cloudflare_pages_go_back_to_the_newest_deployment_before_that_worked(
    web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def deployment(name: str, status: str = "success") -> dict[str, object]:
        return {"id": name, "url": f"https://{name}.pages.dev", "latest_stage": {"name": "deploy", "status": status}}

    root = "/accounts/acc/pages/projects/site"
    rows = [deployment("queued", "idle"), deployment("bad"), deployment("broken", "failure"), deployment("good")]
    web.routes[root] = lambda _: {"result": {"canonical_deployment": deployment("bad")}}
    web.routes[f"{root}/deployments"] = lambda _: {"result": rows}
    web.routes[f"{root}/deployments/good/rollback"] = lambda _: {"result": {}}
    for name, value in {"ACCOUNT_ID": "acc", "API_TOKEN": "t0ken", "API_BASE_URL": web.url}.items():
        monkeypatch.setenv(f"CLOUDFLARE_{name}", value)
    assert main(["pages", "site"]) == 0
    assert outputs(capsys.readouterr().out) == {"url": "https://good.pages.dev"}
    assert [asked.path for asked in web.asked if asked.method == "POST"] == [f"{root}/deployments/good/rollback"]
    rows[3:] = []
    assert main(["pages", "site"]) == 1
    assert "no deployment to go back to" in capsys.readouterr().err


def test_slack_and_the_commit_are_told(
    hub: Hub, web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    web.routes["/hook"] = lambda _: (200, "ok")
    monkeypatch.setenv("SLACK_WEBHOOK_URL", f"{web.url}/hook")
    assert main(["notify", "failure", "auth <b> & co", "--sha", "abc", "--service", "auth"]) == 0
    (told,) = [asked for asked in web.asked if asked.path == "/hook"]
    assert told.json == {"text": ":x: auth &lt;b&gt; &amp; co"}
    assert "Authorization" not in told.headers
    assert [(each["sha"], each["context"], each["state"]) for each in hub.statuses] == [
        ("abc", "deploy auth", "failure")
    ]


def test_without_a_webhook_nobody_is_told_by_slack_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notify", "success", "auth"]) == 0
    assert "no SLACK_WEBHOOK_URL" in capsys.readouterr().err


def test_a_webhook_that_refuses_is_not_shown(
    web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{web.url}/{CANARY}"
    web.routes[f"/{CANARY}"] = lambda _: (403, f"invalid_token for {url}")
    monkeypatch.setenv("SLACK_WEBHOOK_URL", url)
    assert main(["notify", "success", "auth"]) == 1
    assert CANARY not in "".join(capsys.readouterr())


def test_what_can_be_asked_is_told_and_not_asked(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--check", "--url", f"{web.url}/healthz", "--argocd", web.url, "--application", "auth"]) == 0
    assert capsys.readouterr().err == f"to be verified: application auth, {web.url}/healthz\n"
    assert web.asked == []
    assert main(["verify", "--check"]) == 1
    assert "nothing to verify" in capsys.readouterr().err


def test_the_tokens_of_a_run_are_in_no_output_no_file_and_no_command_line(
    gitops: Remote, web: Web, tmp_path: Path
) -> None:
    """A remote over HTTP that refuses whatever it is told, and a git that notes how it was called."""
    refused = {"WWW-Authenticate": 'Basic realm="x"'}
    web.routes["*"] = lambda asked: (401, f"bad credentials: {asked.headers.get('Authorization')}", refused)
    called = tmp_path / "called"
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {called}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    secrets = {
        "GITOPS_TOKEN": f"{CANARY}-git",
        "GITHUB_TOKEN": f"{CANARY}-hub",
        "ARGOCD_TOKEN": f"{CANARY}-argo",
        "KUBERNETES_TOKEN": f"{CANARY}-cluster",
        "CLOUDFLARE_API_TOKEN": f"{CANARY}-pages",
        "CLOUDFLARE_ACCOUNT_ID": "acc",
        "CLOUDFLARE_API_BASE_URL": web.url,
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "SLACK_WEBHOOK_URL": f"{web.url}/{CANARY}-hook",
        "GITHUB_REPOSITORY": "acme/platform",
        "GITHUB_API_URL": web.url,
    }
    environment = os.environ | secrets | {"PATH": f"{wrapper.parent}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    asks = {"issue": {"number": 7, "pull_request": {}}, "comment": {"body": "pulumi up prod", "user": {"login": "ada"}}}
    write(tmp_path, "event.json", json.dumps(asks))
    write(tmp_path, "drift/prod.json", json.dumps({"steps": []}))
    preview = str(tmp_path / "drift" / "prod.json")
    runs = [
        ["bump", f"{web.url}/acme/gitops.git", "--file", "x/values.yaml", "--tag", "v2"],
        ["rollback", f"{web.url}/acme/gitops.git", "--commit", "abc"],
        ["verify", "--argocd", web.url, "--application", "auth", "--timeout", "1"],
        ["verify", "--object", "kustomization/flux-system/services", "--server", web.url, "--timeout", "1"],
        ["pages", "site"],
        ["notify", "success", "auth", "--sha", "abc"],
        ["comment", "prod", preview, "--pull-request", "7"],
        ["result", "prod", preview, "--outcome", "success", "--sha", "abc", "--pull-request", "7"],
        ["admit"],
        ["drift", str(tmp_path / "drift")],
    ]
    said = ""
    for arguments in runs:
        command = [sys.executable, "-m", "delivery", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1, arguments
        assert "Traceback" not in done.stderr, done.stderr
        said += done.stdout + done.stderr
    basic = base64.b64encode(f"x-access-token:{CANARY}-git".encode()).decode()
    assert any(asked.headers.get("Authorization") == f"Basic {basic}" for asked in web.asked), "it was used"
    for token in ("argo", "cluster", "pages", "hub"):
        assert any(asked.headers.get("Authorization") == f"Bearer {CANARY}-{token}" for asked in web.asked), token
    kept = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert "clone" in kept
    for place in (said, kept):
        assert CANARY not in place
        assert basic not in place


def test_a_push_over_http_carries_the_token_and_arrives(gitops: Remote, web: Web, tmp_path: Path) -> None:
    """Git's own server behind a door that asks for the token."""
    basic = base64.b64encode(b"x-access-token:t0ken").decode()
    git(gitops.path, "config", "http.receivepack", "true")
    backend = Path(git(gitops.path, "--exec-path")) / "git-http-backend"

    def serve(asked: Request) -> tuple[int, bytes, dict[str, str]]:
        if asked.headers.get("Authorization") != f"Basic {basic}":
            return 401, b"who are you", {"WWW-Authenticate": 'Basic realm="git"'}
        variables = {
            "GIT_PROJECT_ROOT": str(gitops.path.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": asked.path,
            "REQUEST_METHOD": asked.method,
            "QUERY_STRING": "&".join(f"{key}={value[0]}" for key, value in asked.query.items()),
            "CONTENT_TYPE": asked.headers.get("Content-Type", ""),
            "REMOTE_USER": "pipeline",
            "HTTP_CONTENT_ENCODING": asked.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": asked.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run([backend], env=os.environ | variables, input=asked.body, capture_output=True, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return int(headers.pop("Status", "200").split()[0]), body, headers

    web.routes["*"] = serve
    arguments = ["bump", f"{web.url}/gitops.git", "--file", "services/auth/values.yaml", "--tag", "v2"]
    done = {}
    for token in ("wrong", "t0ken"):
        command = [sys.executable, "-m", "delivery", *arguments]
        environment = os.environ | {"GITOPS_TOKEN": token}
        done[token] = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done["wrong"].returncode == 1
    assert done["t0ken"].returncode == 0, done["t0ken"].stderr
    assert "tag: v2" in gitops.show("services/auth/values.yaml")


def test_the_stacks_with_a_role_are_handed_on_and_the_others_said_to_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for stack in ("dev", "blue-green.eu"):
        (tmp_path / f"Pulumi.{stack}.yaml").touch()
    monkeypatch.setenv("VARS", '{"DEPLOY_ROLE_BLUE_GREEN_EU": "arn:bg"}')
    assert main(["stacks", "--roles", "DEPLOY_ROLE", "-C", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert json.loads(outputs(said.out)["stacks"]) == [{"stack": "blue-green.eu", "role": "arn:bg", "reason": ""}]
    assert said.err == "::notice::dev: left out, the repository has no variable DEPLOY_ROLE_DEV\n"


@pytest.mark.parametrize(
    ("fork", "rows"),
    [("false", [{"stack": "dev", "role": "arn:dev", "reason": "its stack file changed"}]), ("true", [])],
)
def test_affected_stacks_get_their_roles_unless_the_change_is_from_a_fork(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fork: str, rows: list[object]
) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for name in ("Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        (tmp_path / name).write_text("config: {}\n")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--quiet", "--message", name)
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {a: b}\n")
    git(tmp_path, "commit", "--quiet", "--all", "--message", "change")
    monkeypatch.setenv("VARS", '{"PREVIEW_ROLE_DEV": "arn:dev", "PREVIEW_ROLE_PROD": "arn:prod"}')
    arguments = ["affected", "-C", str(tmp_path), "--base", "HEAD~1", "--roles", "PREVIEW_ROLE", "--fork", fork]
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert json.loads(outputs(said.out)["stacks"]) == rows
    assert "dev: its stack file changed" in said.err


def test_verify_refuses_an_object_that_it_can_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--object", "deployment/x/y"]) == 1
    assert "KIND/NAMESPACE/NAME" in capsys.readouterr().err
    assert main(["verify"]) == 1
    assert "nothing to verify" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["verify", "--argocd", "https://127.0.0.1:1"], "give --argocd and --application together"),
        (["verify", "--application", "auth"], "give --argocd and --application together"),
        (
            ["verify", "--url", "https://127.0.0.1:1/", "--authority", "/nowhere"],
            "no file with a certificate authority",
        ),
        (["affected", "-C", "/nowhere"], "there is no directory /nowhere"),
        (["stacks", "--roles", "X", "-C", "/nowhere"], "/nowhere has no Pulumi.<stack>.yaml"),
    ],
)
def test_a_command_that_can_not_be_meant_so_is_refused_with_the_remedy(
    capsys: pytest.CaptureFixture[str], arguments: list[str], remedy: str
) -> None:
    assert main(arguments) == 1
    assert remedy in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--url", "--argocd", "--server"])
def test_what_is_no_address_is_never_asked(capsys: pytest.CaptureFixture[str], option: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", option, "example.com/healthz"])
    assert ended.value.code == 2
    assert "write it like https://example.com/healthz" in capsys.readouterr().err


def test_a_webhook_that_is_no_address_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", CANARY)
    assert main(["notify", "success", "auth"]) == 1
    said = "".join(capsys.readouterr())
    assert "does not begin with http" in said
    assert CANARY not in said


def test_variables_that_are_not_json_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.dev.yaml").touch()
    monkeypatch.setenv("VARS", "DEPLOY_ROLE_DEV=arn:dev")
    assert main(["stacks", "--roles", "DEPLOY_ROLE", "-C", str(tmp_path)]) == 1
    assert "VARS is not JSON" in capsys.readouterr().err


def test_an_output_of_several_lines_is_refused() -> None:
    from delivery.cli import output
    from delivery.errors import Refused

    with pytest.raises(Refused):
        output("tag", "a\nrole=arn:mine")
