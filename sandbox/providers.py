"""The provider process, as seen by the command that starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from sandbox.account import Corrupt
from sandbox.workspace import Workspace

ROOT = Path(__file__).parent.parent


class Providers:
    """The emulated providers of a workspace, in a process and session of their own.

    They outlive a Ctrl-C, which the engine answers by itself, and end once this process ends or leaves the
    context: their stdin is then closed. only: packages to serve, all by default. follow: make the account
    follow the checkpoint first.
    """

    module: ClassVar[str] = "sandbox.server"
    """What the process runs."""

    def __init__(self, workspace: Workspace, only: list[str] | None = None, follow: bool = True) -> None:
        command = [sys.executable, "-m", self.module, "--account", str(workspace.account)]
        command += ["--checkpoint", str(workspace.checkpoint)] if follow else []
        command += ["--only", ",".join(only)] if only else []
        workspace.directory.mkdir(parents=True, exist_ok=True)
        self.log = workspace.directory / "providers.log"
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        with open(self.log, "w") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=workspace.checkout,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": path},
            )

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{"):
                said = json.loads(line)
                if "error" in said:
                    raise Corrupt(said["error"])
                return said
        raise RuntimeError(f"The emulated providers did not start:\n{self.log.read_text()[-2000:]}")

    def ports(self) -> dict[str, int]:
        """Port of each package, once open."""
        return self._line()["ports"]

    def lost(self) -> list[str]:
        """URNs in the checkpoint that the account does not have. Raises Corrupt if it cannot be read."""
        return self._line()["lost"]

    def close(self) -> dict[str, int]:
        """End the process; return how many things of each kind are in the account that it saved."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            return self._line()["holds"]
        finally:
            self._process.wait()

    def __enter__(self) -> Providers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait()
