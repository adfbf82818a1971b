"""The project's virtualenv, filled from the lock file."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from tools.progress import CommandFailed, run

PROJECT = Path(__file__).resolve().parent.parent / ".venv"


def enter(module: str) -> None:
    """Go on as ``python -m <module>`` in the project's virtualenv, unless this Python has the packages itself.

    Does nothing where there is no virtualenv yet: what is missing is then said by the import.
    """
    python = PROJECT / "bin" / "python"
    if find_spec("pulumi") is None and python.exists() and Path(sys.prefix) != PROJECT:
        os.execv(python, [str(python), "-m", module, *sys.argv[1:]])


def fill(directory: Path, lock: Path) -> None:
    """Make `directory` a virtualenv with exactly what `lock` pins, every file checked against its hash.

    Raises CommandFailed, also for a link: what it leads to is somebody else's, and would be emptied.

    Bytecode is left to the first import: the AWS SDK alone has thousands of modules of which a program loads few, and
    compiling all of them takes longer than installing them.
    """
    if directory.is_symlink():
        raise CommandFailed(f"{directory} is a link to {directory.resolve()}, which is left alone: remove the link")
    run(f"making {directory}", [sys.executable, "-m", "venv", "--clear", directory])
    pip = [directory / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check"]
    options = ["--progress-bar=off", "--no-compile", "--require-hashes"]
    run(f"installing {lock} into {directory}", [*pip, *options, "--requirement", lock])
