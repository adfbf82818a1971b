"""The project's virtualenv, filled from the lock file."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.progress import run


def fill(directory: Path, lock: Path) -> None:
    """Make `directory` a virtualenv with exactly what `lock` pins, every file checked against its hash.

    Raises CommandFailed. Bytecode is left to the first import: the AWS SDK alone has thousands of modules of
    which a program loads few, and compiling all of them takes longer than installing them.
    """
    run(f"making {directory}", [sys.executable, "-m", "venv", "--clear", directory])
    pip = [directory / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check"]
    options = ["--progress-bar=off", "--no-compile", "--require-hashes"]
    run(f"installing {lock} into {directory}", [*pip, *options, "--requirement", lock])
