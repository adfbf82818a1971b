"""What the delivery commands talk to: real git repositories, a web server, and a GitHub that keeps what it is told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

VALUES = """\
# The service that signs people in.
image:
  repository: 123456789012.dkr.ecr.us-east-1.amazonaws.com/auth
  tag: v1  # by the pipeline
replicas: {min: 2, max: 10}
"""
KUSTOMIZATION = """\
resources: [../../base]
images:
  # Each by its own pipeline.
  - name: user-service
    newName: ghcr.io/acme/user-service
    newTag: "1111111"
  - name: blog-service
    newTag: '2222222'
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the machine's git configuration nor a workflow's environment has a say."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITHUB_", "GITOPS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))


def git(directory: Path, *arguments: str) -> str:
    """Run git as a person would."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True).stdout.strip()


def commit(directory: Path, message: str = "change", **files: str) -> str:
    """Write files, a ``__`` in a name being a slash, commit, and return the commit."""
    for name, text in files.items():
        write(directory, name.replace("__", "/"), text)
    return save(directory, message)


def write(directory: Path, name: str, text: str) -> None:
    """Write one file."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def save(directory: Path, message: str) -> str:
    """Commit everything, and return the commit."""
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(directory, "rev-parse", "HEAD")


@dataclass
class Remote:
    """A bare repository that others push to."""

    path: Path

    @property
    def url(self) -> str:
        return self.path.as_uri()

    def show(self, file: str, revision: str = "main") -> str:
        return git(self.path, "show", f"{revision}:{file}")

    def log(self, form: str = "%s") -> list[str]:
        return git(self.path, "log", f"--format={form}", "main").splitlines()


@pytest.fixture
def gitops(tmp_path: Path) -> Remote:
    """A GitOps repository with a service of Helm values and two of a kustomization."""
    bare, work = tmp_path / "gitops.git", tmp_path / "seed"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(bare, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(work))
    write(work, "services/auth/values.yaml", VALUES)
    write(work, "overlays/prod/kustomization.yaml", KUSTOMIZATION)
    save(work, "Services")
    git(work, "push", "--quiet", str(bare), "main")
    return Remote(bare)


@dataclass
class Request:
    """What a server was asked."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Route = Callable[[Request], Any]


@dataclass
class Web:
    """A server on this machine. A route answers with (status, body), or with what is sent as JSON."""

    url: str = ""
    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> tuple[int, bytes, dict[str, str]]:
        self.asked.append(request)
        route = self.routes.get(request.path) or self.routes.get("*")
        if route is None:
            return 404, b'{"message": "Not Found"}', {}
        said = route(request)
        status, body, *headers = said if isinstance(said, tuple) else (200, said)
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return status, body, headers[0] if headers else {}


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server that answers by its routes."""
    site = Web()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            headers = dict(self.headers.items())
            request = Request(self.command, address.path, parse_qs(address.query), headers, self.rfile.read(length))
            status, body, more = site.answer(request)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    server.server_close()


@dataclass
class Hub:
    """As much of GitHub as the commands use, of the repository acme/platform, kept in memory."""

    web: Web
    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    """What is answered as it stands, by its path below the repository."""

    ROOT = "/repos/acme/platform/"

    def route(self, request: Request) -> Any:
        path = request.path.removeprefix(self.ROOT)
        if request.headers.get("Authorization") != "Bearer t0ken":
            return 401, {"message": "Bad credentials"}
        if request.method == "GET" and path in self.facts:
            return self.facts[path]
        if match := re.fullmatch(r"issues/(\d+)/comments", path):
            return self._list(self.comments, request, {"issue": int(match[1])})
        if match := re.fullmatch(r"issues/comments/(\d+)", path):
            return self._change(self.comments, int(match[1]), request)
        if path == "issues":
            return self._list(self.issues, request, {"state": "open"})
        if match := re.fullmatch(r"issues/(\d+)", path):
            return self._change(self.issues, int(match[1]), request)
        if path == "pulls":
            return self._list(self.pulls, request, {})
        if match := re.fullmatch(r"statuses/(\w+)", path):
            self.statuses.append({"sha": match[1], **request.json})
            return 201, {}
        return 404, {"message": f"no {path}"}

    def _list(self, rows: list[dict[str, Any]], request: Request, of: dict[str, Any]) -> Any:
        if request.method == "POST":
            row = {"id": len(rows) + 1, "number": len(rows) + 1, "user": {"login": "github-actions[bot]"}, **of}
            row |= {"html_url": f"https://github.test/{len(rows) + 1}", **request.json}
            rows.append(row)
            return 201, row
        found = [row for row in rows if all(row[key] == value for key, value in of.items())]
        # Two a page, so that whoever reads only the first is found out.
        page = int(request.query.get("page", ["1"])[0])
        more = {"Link": f'<{self.web.url}{request.path}?page={page + 1}>; rel="next"'} if len(found) > 2 * page else {}
        return 200, found[2 * page - 2 : 2 * page], more

    def _change(self, rows: list[dict[str, Any]], number: int, request: Request) -> Any:
        rows[number - 1] |= request.json
        return rows[number - 1]


@pytest.fixture
def hub(web: Web, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A GitHub, and the environment that a workflow has there."""
    made = Hub(web)
    web.routes["*"] = made.route
    monkeypatch.setenv("GITHUB_API_URL", web.url)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/platform")
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    return made
