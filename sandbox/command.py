"""pulumi-command: commands run for real, among emulated tools.

A command's PATH begins with `sandbox/bin`, where what would reach a real cluster or cloud is emulated or
refused, and goes on with the system's own directories.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

from sandbox import schema
from sandbox.emulator import UNKNOWN, Emulator, Properties, Refused, Resource
from sandbox.wire import ARCHIVE, ASSET, SIGNATURE

ACCOUNT: Final = "GROUNDWORK_ACCOUNT_DIR"
"""Environment variable of a command: the directory that the emulated tools keep their things in."""

BIN: Final = Path(__file__).parent / "bin"
_SYSTEM: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_COMMAND: Final = "command:local:Command"
_RUN: Final = "command:local:run"


@contextmanager
def own_account() -> Iterator[None]:
    """Give the emulated tools of this process a directory of their own, for as long as the block runs."""
    before = os.environ.get(ACCOUNT)
    with tempfile.TemporaryDirectory() as directory:
        os.environ[ACCOUNT] = directory
        try:
            yield
        finally:
            os.environ.pop(ACCOUNT)
            if before is not None:
                os.environ[ACCOUNT] = before


class Command(Emulator):
    """Local commands. Their tools' things are files, so they are there for the next process by themselves."""

    package: ClassVar[str] = "command"
    secrets_spread: ClassVar[bool] = True

    def check(self, r: Resource, olds: Properties, news: Properties) -> Properties:
        if r.type != _COMMAND:
            raise Refused(f"the sandbox does not have the resource type {r.type}")
        schema.of(r.type).check(news)
        return news

    def preview(self, r: Resource, inputs: Properties) -> Properties:
        return dict.fromkeys(schema.of(r.type).outputs, UNKNOWN) | inputs

    def preview_update(self, r: Resource, olds: Properties, news: Properties, outputs: Properties) -> Properties:
        return self.preview(r, news)

    def create(self, r: Resource, inputs: Properties) -> tuple[str, Properties]:
        # The provider's own form of id: the logical name and eight hexadecimal digits.
        return f"{r.name}{secrets.token_hex(4)}", self._run(r.type, inputs.get("create"), inputs, {})

    def update(self, r: Resource, id: str, olds: Properties, news: Properties, outputs: Properties) -> Properties:
        return self._run(r.type, news.get("update") or news.get("create"), news, outputs)

    def delete(self, r: Resource, id: str, outputs: Properties) -> None:
        self._run(r.type, outputs.get("delete"), outputs, outputs)

    def invoke(self, token: str, args: Properties, provider: str) -> Properties:
        if token != _RUN:
            return super().invoke(token, args, provider)
        return args | _execute(args["command"], args, {})

    def holds(self) -> Mapping[str, int]:
        root = os.environ.get(ACCOUNT)
        return {"k3d clusters": len(list(Path(root).glob("k3d/*.json")))} if root else {}

    def _run(self, type: str, command: str | None, inputs: Properties, before: Properties) -> Properties:
        kept = {key: before.get(key) for key in ("stdout", "stderr", "assets", "archive")}
        kept |= {"stdout": kept["stdout"] or "", "stderr": kept["stderr"] or ""}
        outputs = _execute(command, inputs, before) if command else kept
        return schema.of(type).complete(inputs | outputs)


def _execute(command: str, inputs: Properties, before: Properties) -> Properties:
    """Run a command as the provider does; `before` has the outputs of the run before it."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "KUBE"))}
    environment["PATH"] = os.pathsep.join([str(BIN), *_SYSTEM])
    environment |= {"GROUNDWORK_PYTHON": sys.executable, "PYTHONPATH": str(BIN.parent.parent)}
    environment |= {key: str(value) for key, value in (inputs.get("environment") or {}).items()}
    if inputs.get("addPreviousOutputInEnv", True):
        for stream in ("stdout", "stderr"):
            if before.get(stream):
                environment[f"PULUMI_COMMAND_{stream.upper()}"] = before[stream]
    directory = Path(inputs.get("dir") or ".").absolute()
    arguments = [*(inputs.get("interpreter") or ("/bin/sh", "-c")), command]
    try:
        done = subprocess.run(
            arguments,
            cwd=directory,
            env=environment,
            input=inputs.get("stdin") or "",
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise Refused(f"{error}: running {command!r}") from error
    if done.returncode:
        raise Refused(f"exit status {done.returncode}: running {command!r}:\n{done.stdout}{done.stderr}")
    outputs: Properties = {"stdout": done.stdout.removesuffix("\n"), "stderr": done.stderr.removesuffix("\n")}
    if paths := inputs.get("assetPaths"):
        outputs["assets"] = _assets(directory, paths)
    if paths := inputs.get("archivePaths"):
        outputs["archive"] = {SIGNATURE: ARCHIVE, "assets": _assets(directory, paths)}
    return outputs


def _assets(directory: Path, patterns: list[str]) -> dict[str, Any]:
    """Files by path relative to the directory; a later pattern with `!` takes out what an earlier one took in."""
    rules = [(pattern.startswith("!"), _glob(pattern.removeprefix("!"))) for pattern in patterns]
    found: dict[str, Any] = {}
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        name = path.relative_to(directory).as_posix()
        for excluded, rule in rules:
            if rule.fullmatch(name) and excluded:
                found.pop(name, None)
            elif rule.fullmatch(name):
                found[name] = {SIGNATURE: ASSET, "path": str(path)}
    return found


def _glob(pattern: str) -> re.Pattern[str]:
    """`**` is anything, `*` anything but a slash, `?` one character but a slash."""
    words = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in re.split(r"(\*\*|\*|\?)", pattern)))
