"""What a measurement says of a command's time, memory and failure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.measure import PROC, NotMeasured, run

HOLD_64_MIB = "held = bytearray(64 << 20); import time; time.sleep(0.5)"

needs_proc = pytest.mark.skipif(not (PROC / "self" / "status").exists(), reason="peaks are read from /proc")


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


@needs_proc
def test_peak_of_the_program_is_the_memory_it_held() -> None:
    assert run(python(HOLD_64_MIB), {}).peaks["program"] > 64


@needs_proc
def test_memory_of_the_providers_is_not_the_programs(tmp_path: Path) -> None:
    # A child is told from the program by the module that its command line names.
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD_64_MIB!r}, 'sandbox.server'])"
    peaks = run(python(child), {}).peaks
    assert peaks["providers"] > 64 > peaks["program"]


def test_failed_command_is_not_measured_and_says_why() -> None:
    with pytest.raises(NotMeasured, match="no such luck"):
        run(python("raise SystemExit('no such luck')"), {})


def test_command_gets_the_environment_it_is_given() -> None:
    assert run(python("import os; assert os.environ['GIVEN'] == 'yes'"), {"GIVEN": "yes"}).seconds > 0
