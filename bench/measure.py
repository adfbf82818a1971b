"""One command, measured: how long it took, and the most memory each of its processes held."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
INTERVAL: Final = 0.1
"""Seconds between two looks. The kernel itself keeps each process's peak: only a last tenth of a second is missed."""
MIB: Final = 1024
"""Kibibytes in a mebibyte: /proc counts in kibibytes, https://docs.kernel.org/filesystems/proc.html."""


class NotMeasured(Exception):
    """A command that was to be measured failed; the message ends with what it said."""


@dataclass(frozen=True)
class Sample:
    """seconds: from start to end, as the person waiting has it. peaks: MiB of resident memory by part, of these
    the largest process; empty where there is no /proc."""

    seconds: float
    peaks: dict[str, float]


def run(command: Sequence[str], environment: Mapping[str, str]) -> Sample:
    """Run a command to its end. Raises NotMeasured unless it ends with 0."""
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
        peaks: dict[str, float] = {}
        while process.poll() is None:
            _look(process.pid, "program", peaks)
            try:
                process.wait(INTERVAL)
            except subprocess.TimeoutExpired:
                continue
        seconds = time.perf_counter() - begun
        if process.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace")[-3000:]
            raise NotMeasured(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
    return Sample(seconds, peaks)


def _look(pid: int, part: str, peaks: dict[str, float]) -> None:
    """Note the peak of a process and of those it started. `part` is what its parent is."""
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        part = _part(words, part)
        status = (PROC / str(pid) / "status").read_text()
        children = [child for task in (PROC / str(pid) / "task").iterdir() for child in _children(task)]
    except OSError:
        return
    peak = next((float(line.split()[1]) / MIB for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
    peaks[part] = max(peaks.get(part, 0.0), peak)
    for child in children:
        _look(child, part, peaks)


def _children(task: Path) -> list[int]:
    try:
        return [int(pid) for pid in (task / "children").read_text().split()]
    except OSError:
        return []


def _part(words: list[bytes], inherited: str) -> str:
    """What a process is by its command line; one that nothing is known of belongs to whatever started it."""
    if words[0].rpartition(b"/")[2] == b"pulumi":
        return "engine"
    return "providers" if {b"sandbox.server", b"bench.recorded"} & set(words) else inherited
