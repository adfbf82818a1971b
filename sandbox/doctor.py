"""What the sandbox needs, what else the project can use, what of it is here, and how to get the rest."""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from rich.table import Table

from sandbox.summary import console
from tools import ways
from tools.catalog import CATALOG, Tool
from tools.install import cached

_NEEDED: Final = ("pulumi", "helm")
"""What `up`, `preview` and `destroy` do not work without; the rest of the catalog checks and tests."""

_PURPOSES: Final = {
    "pulumi": "runs every command",
    "helm": "renders charts/service",
    "actionlint": "checks workflows",
    "kustomize": "builds GitOps repositories, as Argo CD and Flux do",
    "promtool": "tests alerts",
    "amtool": "tests where alerts go",
    "kube-apiserver": "tests that an API server takes every object",
    "kubeadm": "tests how machines become a cluster",
    "etcd": "keeps that API server's objects in tests",
    "etcdctl": "tests etcd's snapshots and members",
    "etcdutl": "tests that a snapshot of etcd can be restored",
}
_OTHERS: Final = {
    "go": (("version",), "builds the tools above where none can be downloaded", "https://go.dev/doc/install"),
    "docker": (("--version",), "dev for real", "https://docs.docker.com/engine/install"),
    "k3d": (("version",), "dev for real", "https://k3d.io/stable/#installation"),
    "kubectl": (("version", "--client"), "looking into a real cluster", "https://kubernetes.io/docs/tasks/tools"),
    "aws": (("--version",), "an AWS account for real", "https://docs.aws.amazon.com/cli"),
    "git": (("--version",), "working on the project", "https://git-scm.com/downloads"),
}


class Finding(NamedTuple):
    """One program. `ok` is False for a needed one that cannot be had, None for one that is not here."""

    name: str
    ok: bool | None
    where: str
    purpose: str


def findings() -> Iterator[Finding]:
    """Everything looked for, the needed first. Nothing is downloaded or built."""
    python = f"{platform.python_version()} {sys.executable}"
    yield Finding("python", sys.version_info >= (3, 11), python, "runs every command")
    for tool in CATALOG:
        yield _of_catalog(tool)
    for name, (arguments, purpose, source) in _OTHERS.items():
        path = shutil.which(name)
        where = f"{_version(path, arguments)} {path}" if path else f"get it: {source}"
        yield Finding(name, True if path else None, where, purpose)


def _of_catalog(tool: Tool) -> Finding:
    purpose = _PURPOSES[tool.name]
    try:
        path = ways.on_path(tool)
    except ways.Unavailable:
        path = cached(tool)
    if path.exists():
        return Finding(tool.name, True, f"{_version(str(path), tool.version_args)} {path}", purpose)
    source = tool.fill(tool.archive)
    if source and _reachable(source):
        return Finding(tool.name, None, f"{tool.version} is downloaded when first needed: {source}", purpose)
    if shutil.which("go"):
        return Finding(tool.name, None, f"{tool.version} is built with Go when first needed", purpose)
    ways_to_it = [f"put {tool.version} on the PATH", "install Go", *([f"reach {source}"] if source else [])]
    return Finding(tool.name, False if tool.name in _NEEDED else None, ", or ".join(ways_to_it), purpose)


def _reachable(url: str) -> bool:
    try:
        socket.create_connection((urlsplit(url).hostname, 443), timeout=3.0).close()
        return True
    except OSError:
        return False


def _version(path: str, arguments: tuple[str, ...]) -> str:
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "does not run:"
    return (done.stdout or done.stderr).strip().partition("\n")[0]


def report() -> bool:
    """Print the findings; return whether everything that is needed is here or can be had."""
    table = Table(show_edge=False, pad_edge=False)
    for column in ("", "", "what for", "where"):
        table.add_column(column, overflow="fold")
    every = list(findings())
    for finding in every:
        mark = {True: "[green]found[/green]", None: "[yellow]missing[/yellow]", False: "[red]unusable[/red]"}
        table.add_row(mark[finding.ok], finding.name, finding.purpose, finding.where)
    console().print(table)
    return all(finding.ok is not False for finding in every)
