"""Long work that is never silent: lines on standard error at its start, every few seconds, and at its end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

PERIOD = 5.0
"""Seconds between two lines. Nobody should look at a still screen for ten seconds."""

_TAIL = 15
"""How many last lines of a failed command its error repeats."""


class CommandFailed(RuntimeError):
    """A command that ended with another code than 0; the message carries the end of its output."""


class Heartbeat:
    """Says what is being done and for how long, on standard error, until the block ends.

    Args:
        label: what is being done, as the start of a line: `building pulumi 3.258.0 from Go modules`.
        period: seconds between lines.

    Assign to `detail` what is being done right now; the next line ends in it.
    """

    def __init__(self, label: str, period: float = PERIOD) -> None:
        self.label = label
        self.detail = ""
        self._period = period
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._started = 0.0

    def __enter__(self) -> Heartbeat:
        self._started = time.monotonic()
        self._say(self.label)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        self._say(f"{self.label}: {'failed after' if kind else 'done in'} {self._elapsed()}")

    def _beat(self) -> None:
        while not self._ended.wait(self._period):
            detail = f": {self.detail}" if self.detail else ""
            self._say(f"{self.label}, {self._elapsed()}{detail}")

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._started:.0f} s"

    @staticmethod
    def _say(line: str) -> None:
        print(f"groundwork: {line}", file=sys.stderr, flush=True)


def run(
    label: str,
    command: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    period: float = PERIOD,
) -> None:
    """Run `command` under a Heartbeat that tells how many lines it has written and the last of them.

    `env` is added to the environment. Nothing of the command's output reaches standard output. Raises
    CommandFailed; ends the command if interrupted.
    """
    tail: deque[str] = deque(maxlen=_TAIL)
    with (
        Heartbeat(label, period) as heartbeat,
        subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for count, line in enumerate(process.stdout, start=1):
                tail.append(line.rstrip())
                heartbeat.detail = f"step {count}, {line.strip()[:100]}"
        except BaseException:
            process.terminate()
            raise
        if process.wait() != 0:
            raise CommandFailed("\n".join([f"`{command[0]}` ended with {process.returncode}:", *tail]))
