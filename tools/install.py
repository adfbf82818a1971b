"""A program by name: from the PATH, else from the cache, else downloaded or built into the cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import ways
from tools.catalog import Tool, find
from tools.progress import Heartbeat

_POLL = 0.5
"""Seconds between two looks at a lock that another run holds."""

_MAKING = ".making-"
"""Prefix of the directory a program is made in."""


class ToolUnavailable(RuntimeError):
    """No way led to a program; the message names each way and how it failed."""


def cache_directory() -> Path:
    """Where fetched and built programs are kept: outside of every checkout, so that a fresh clone finds them.

    `$GROUNDWORK_CACHE`, else `groundwork` under `$XDG_CACHE_HOME` or `~/.cache`.
    """
    named = os.environ.get("GROUNDWORK_CACHE")
    if named:
        return Path(named).absolute() / "tools"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "groundwork" / "tools"


def ensure(name: str) -> Path:
    """The path of a program that runs and is of a version groundwork is tested with.

    The first call on a machine may download or build for minutes; it tells about it on standard error. Later
    calls return at once. Runs at the same time wait for one another and share the result.

    Raises:
        UnknownTool: `name` is not in the catalog.
        ToolUnavailable: neither the PATH, nor a download, nor a build gave the program.
    """
    tool = find(name)
    reasons: dict[str, str] = {}
    try:
        return ways.on_path(tool)
    except ways.Unavailable as error:
        reasons["on the PATH"] = str(error)

    program = cached(tool)
    if program.exists():
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    with _alone(program.parent / ".lock", tool):
        if program.exists():
            return program
        for left_by_a_killed_run in program.parent.glob(f"{_MAKING}*"):
            shutil.rmtree(left_by_a_killed_run)
        routes: dict[str, Callable[[Tool, Path], Path]] = {
            "downloaded": ways.download,
            "built from Go modules": ways.build,
        }
        for route, make in routes.items():
            try:
                return _made(tool, program, make)
            except ways.Unavailable as error:
                reasons[route] = str(error)
    raise ToolUnavailable(_explain(tool, reasons))


def cached(tool: Tool) -> Path:
    """Where the cache keeps `tool`, whether it is there or not. A new version never overwrites an old one."""
    return cache_directory() / f"{tool.name}-{tool.version}" / tool.name


def _made(tool: Tool, program: Path, make: Callable[[Tool, Path], Path]) -> Path:
    """Make the program beside its place, try it, then move it there whole."""
    with tempfile.TemporaryDirectory(dir=program.parent, prefix=_MAKING) as directory:
        made = make(tool, Path(directory))
        version = ways.version_of(made, tool)
        if version != tool.version:
            raise ways.Unavailable(f"it says it is {version}, not {tool.version}")
        os.replace(made, program)
    return program


@contextmanager
def _alone(lock: Path, tool: Tool) -> Iterator[None]:
    """Hold `lock`. The kernel lets go of it when its holder dies, so a killed run blocks nobody."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with Heartbeat(f"waiting for another run that is getting {tool.title}"):
                while not _locked(file.fileno()):
                    time.sleep(_POLL)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _explain(tool: Tool, reasons: dict[str, str]) -> str:
    ways_tried = "\n".join(f"  {way}: {reason}" for way, reason in reasons.items())
    download = f"give the machine a way to {tool.fill(tool.archive)}, " if tool.archive else ""
    return (
        f"{tool.title} is not to be had; three ways were tried:\n{ways_tried}\n"
        f"One of them is enough: put {tool.name} {tool.version} or newer on the PATH, {download}or install Go "
        f"(tools/{tool.module.name}/go.mod says which) with a module proxy that it reaches."
    )
