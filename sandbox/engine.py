"""The real engine on a workspace: an inline Automation API program against the emulated providers."""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from types import TracebackType
from typing import Final

from pulumi import automation as auto

from sandbox.workspace import Unusable, Workspace

_SILENCE: Final = 8.0
"""Seconds without a line of output after which something is said."""


def program(checkout: Path) -> Callable[[], None]:
    """The checkout's `__main__.py`, run as the plain CLI would run it."""

    def run() -> None:
        if str(checkout) not in sys.path:
            sys.path.insert(0, str(checkout))
        with chdir(checkout):
            runpy.run_path(str(checkout / "__main__.py"), run_name="__main__")

    return run


def stack(workspace: Workspace, pulumi: Path, ports: dict[str, int]) -> auto.Stack:
    """The workspace's stack, made if there is none yet. pulumi: the engine's program.

    Raises Unusable, with the engine's words, where it cannot open the stack.
    """
    os.environ["PATH"] = os.pathsep.join([str(pulumi.parent), os.environ.get("PATH", "")])
    local = auto.LocalWorkspace(
        work_dir=str(workspace.work),
        pulumi_home=str(workspace.directory / "home"),
        program=program(workspace.checkout),
        env_vars=workspace.environment(ports),
    )
    open_stack = auto.Stack.select if workspace.checkpoint.exists() else auto.Stack.create
    try:
        return open_stack(workspace.stack, local)
    except auto.CommandError as error:
        said = str(error).rpartition("stderr: ")[2].strip()
        raise Unusable(f"Pulumi cannot open the stack of {workspace.checkpoint}:\n{said}") from error


class Narrator:
    """Passes the engine's output on, and says that work goes on when there is none for a while."""

    def __init__(self, write: Callable[[str], object] = print) -> None:
        self._write = write
        self._begun = self._spoken = time.monotonic()
        self._done = threading.Event()

    def __call__(self, line: str) -> None:
        self._spoken = time.monotonic()
        self._write(line)

    @property
    def seconds(self) -> float:
        """Since the work began."""
        return time.monotonic() - self._begun

    def _watch(self) -> None:
        while not self._done.wait(1.0):
            if time.monotonic() - self._spoken >= _SILENCE:
                self(f"  … still at it after {self.seconds:.0f} s")

    def __enter__(self) -> Narrator:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
