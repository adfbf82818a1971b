"""The virtualenv: who is in it, and what is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spec.load import ROOT
from tools import venv
from tools.progress import CommandFailed


def test_what_a_link_leads_to_is_left_alone(tmp_path: Path) -> None:
    elsewhere, link = tmp_path / "elsewhere", tmp_path / ".venv"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    link.symlink_to(elsewhere)
    with pytest.raises(CommandFailed, match="is a link to"):
        venv.fill(link, ROOT / "requirements.lock")
    assert (elsewhere / "kept").exists()


def test_a_python_without_the_packages_goes_on_in_the_project_s_virtualenv(tmp_path: Path) -> None:
    """The project's Python is stood in for by a program that says what it was started with."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    program = f"from pathlib import Path; from tools import venv; venv.PROJECT = Path({str(tmp_path)!r})"
    bare = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}\nvenv.enter('sandbox')",
        "up",
        "dev",
    ]
    said = subprocess.run(bare, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert said.stdout == "-m sandbox up dev\n", said.stderr
