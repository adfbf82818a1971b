"""The whole loop on this machine: commit, bump, render, verify, and back again.

Git, the commands, Helm and HTTP are real. In the place of Argo CD and of the cluster stands one small server: when it
is asked for an Application it fetches the GitOps repository, renders the service as Argo CD would, and lets the version
that came out answer on the public path.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from delivery.bump import find
from delivery.errors import Refused
from delivery.git import Git, clone
from delivery.graphs import leaves

Say = Callable[[str], None]
Run = Callable[[Sequence[str]], int]


@dataclass
class Stage:
    """Argo CD, and the one service that it delivers here."""

    work: Git
    """A clone of the GitOps repository, as Argo CD has one."""
    service: str
    helm: Path
    broken: set[str] = field(default_factory=set)
    """Versions that come up but answer with an error: health checks pass, the public path does not."""
    revision: str = ""
    image: str = ""
    objects: dict[str, Any] = field(default_factory=dict)

    def sync(self) -> None:
        """Render the newest commit of the repository and have what came out run."""
        self.work("fetch", "--quiet", "origin", "main")
        newest = self.work("rev-parse", "FETCH_HEAD")
        if newest == self.revision:
            return
        self.work("reset", "--quiet", "--hard", newest)
        self.revision = newest
        place = find(self.work, self.service)
        values = self.work.directory / place.file
        chart = self.work.directory / "charts" / "service"
        command = [
            self.helm,
            "template",
            self.service,
            chart,
            "--namespace",
            values.parents[1].name,
            "--values",
            values,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(f"helm template: {done.stderr.strip()}")
        found = [each for each in yaml.safe_load_all(done.stdout) if each]
        self.objects = {f"{each['kind']}/{each['metadata']['name']}": each for each in found}
        (deployment,) = [each for each in found if each["kind"] == "Deployment"]
        self.image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]

    def answer(self, path: str) -> tuple[int, Any]:
        """Answer as Argo CD's API, or as the service."""
        if path.startswith(f"/api/v1/applications/{self.service}"):
            self.sync()
            status = {
                "sync": {"status": "Synced", "revision": self.revision},
                "health": {"status": "Healthy"},
                "operationState": {"phase": "Succeeded", "syncResult": {"revision": self.revision}},
                "summary": {"images": [self.image]},
            }
            return 200, {"status": status}
        version = self.image.rpartition(":")[2]
        if version in self.broken:
            return 500, {"version": version, "error": "no connection to the database"}
        return 200, {"version": version}


def serve(stage: Stage) -> ThreadingHTTPServer:
    """Start the stage's server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = stage.answer(self.path)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def rehearse(tree: Path, directory: Path, service: str, helm: Path, run: Run, say: Say) -> None:
    """Go through the loop twice: with a version that works, and with one that has to be rolled back.

    ``tree`` is what ``python -m gitops init`` wrote; ``directory`` is empty and takes the repositories; ``run`` is the
    command line. Raises Refused where the loop does not end as it has to.
    """
    say = _shortly(say)
    url = _publish(tree, directory)
    application = _repository(directory / service, {"main.go": "package main\n"}, "The service")
    stage = Stage(clone(url, "main", directory / "argocd"), service, helm)
    stage.sync()
    server = serve(stage)
    site = f"http://127.0.0.1:{server.server_port}"
    say(f"# The GitOps repository has {service} at {stage.image}; Argo CD delivers it, {len(stage.objects)} objects.")
    try:
        loop = _Loop(stage, application, url, site, run, say)
        loop.deploy("Answer faster", "// faster\n", works=True)
        good = stage.image
        loop.deploy("Ask the database in a new way", "// new way\n", works=False)
        if stage.image != good:
            raise Refused(f"{stage.image} runs where {good} should be back")
        say(f"\n# {good} runs as before. The GitOps repository says what happened:")
        say(_indented(stage.work("log", "--format=%h %s", "-4")))
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class _Loop:
    stage: Stage
    application: Git
    url: str
    site: str
    run: Run
    say: Say

    def deploy(self, title: str, change: str, *, works: bool) -> None:
        """From a commit to a verified version, or back to the one before."""
        path = self.application.directory / "main.go"
        path.write_text(path.read_text() + change)
        self.application("commit", "--quiet", "--all", "--message", title)
        tag = self.application("rev-parse", "HEAD")
        if not works:
            self.stage.broken.add(tag)
        self.say(f"\n# A commit of {self.stage.service}: {tag[:7]} {title}. A pipeline has built and pushed its image.")
        before = dict(self.stage.objects)
        bumped = self._command("bump", self.url, "--service", self.stage.service, "--tag", tag)
        commit = bumped["commit"]
        self.stage.sync()
        diff = self.stage.work("show", "--format=", "--unified=0", commit).partition("@@")
        self.say(_indented(f"{diff[1]}{diff[2]}"))
        self.say("# What Argo CD makes of it:")
        self.say(_indented("\n".join(_changes(before, self.stage.objects))))
        verified = self._verify(commit, tag)
        if verified != works:
            raise Refused(f"the verification of {tag[:7]} ended with {'success' if verified else 'failure'}")
        if not works:
            back = self._command("rollback", self.url, "--commit", commit)
            if not self._verify(back["commit"], back["tag"]):
                raise Refused("the version of before does not run again")

    def _verify(self, commit: str, tag: str) -> bool:
        service = self.stage.service
        arguments = ["--argocd", self.site, "--application", service, "--revision", commit, "--image", f":{tag}"]
        smoke = ["--url", f"{self.site}/api/v1/{service}/healthz", "--contains", tag]
        limits = ["--timeout", "2", "--interval", "0.2"]
        return "error" not in self._command("verify", *arguments, *smoke, *limits)

    def _command(self, *arguments: str) -> dict[str, str]:
        """Run one of this package's commands, show what it said, and return what it handed on."""
        self.say(f"$ python -m delivery {' '.join(arguments)}")
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = self.run(arguments)
        self.say(_indented((err.getvalue() + out.getvalue()).strip()))
        handed = dict(line.split("=", 1) for line in out.getvalue().splitlines())
        return handed | ({"error": str(code)} if code else {})


def _shortly(say: Say) -> Say:
    """Say it with the short form of commits."""
    return lambda text: say(re.sub(r"\b([0-9a-f]{7})[0-9a-f]{33}\b", r"\1", text))


def _publish(tree: Path, directory: Path) -> str:
    """Make a bare repository of a tree, and return its address."""
    shutil.copytree(tree, directory / "seed")
    seed = _repository(directory / "seed", {}, "As the platform's program has it")
    bare = directory / "gitops.git"
    seed("clone", "--quiet", "--bare", ".", str(bare))
    # A clone without the contents of its history needs a server that knows how; GitHub's does.
    Git(bare)("config", "uploadpack.allowFilter", "true")
    return bare.as_uri()


def _repository(directory: Path, files: dict[str, str], message: str) -> Git:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text)
    git = Git(directory)
    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--quiet", "--message", message)
    return git


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs between two renderings, a line each; what several objects have in common once."""
    where: dict[str, list[str]] = {}
    for name in sorted(before.keys() | after.keys()):
        for path, old, new in leaves(before.get(name), after.get(name)):
            where.setdefault(f"{path}: {old} → {new}", []).append(name)
    return [f"{names[0] if len(names) == 1 else f'{len(names)} objects'}: {line}" for line, names in where.items()]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
