"""Directories of SQL files, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

GRANTS = "grants.sql"
"""Who may do what with the tables; run each time, after the migrations."""

_ROOT = Path(__file__).resolve().parent.parent
_MIGRATION = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
_MOST_BYTES = 900 * 1024  # a ConfigMap holds 1 MiB: https://kubernetes.io/docs/concepts/configuration/configmap/

Directory = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$"),
    Field(description="A directory of the project, with SQL files such as 0001_users.sql, and perhaps grants.sql."),
]


def problems(directory: str, root: Path = _ROOT) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a directory of migrations, and the remedy for it."""
    place = root / directory
    if not place.is_dir():
        yield "does not exist", "make it, with a first file such as 0001_users.sql"
        return
    files = sorted(path for path in place.iterdir() if path.suffix == ".sql")
    migrations = [path.name for path in files if path.name != GRANTS]
    if not migrations:
        yield "has no migration", "add a first file such as 0001_users.sql"
    for name in migrations:
        if not _MIGRATION.fullmatch(name):
            yield f"has {name}, whose place in the order nobody knows", "name it like 0001_users.sql, or grants.sql"
    numbers: dict[str, str] = {}
    for name in migrations:
        other = numbers.setdefault(name[:4], name)
        if other != name:
            yield f"has {other} and {name}, with one number", "give each a number of its own"
    if sum(path.stat().st_size for path in files) > _MOST_BYTES:
        yield "is larger than an object of Kubernetes may be", "put what was applied everywhere into one smaller file"
