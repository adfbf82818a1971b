"""Secrets that stand in a stack file as anybody may read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from spec.mistakes import Mistake, Path, dotted
from spec.platform import Platform
from spec.walk import walk


def in_clear_text(platform: Platform, config: Mapping[str, Any], prefix: str) -> list[Mistake]:
    """Return a mistake for every secret of a platform that its stack file has in clear text.

    ``config`` is what the file holds: Pulumi hands the program what was encrypted like what was not. ``prefix`` is
    that of the file's keys.
    """
    return [
        Mistake(
            path,
            "is not encrypted, and whoever reads the file knows it",
            f"take it out, change it where it is used, and: pulumi config set --secret --path '{prefix}{dotted(path)}'",
        )
        for path, value in walk(platform)
        if isinstance(value, SecretStr) and isinstance(_at(config, path), str)
    ]


def _at(config: Any, path: Path) -> Any:
    """Return what stands at a path; None where nothing does."""
    for part in path:
        if isinstance(config, Mapping):
            config = config.get(part)
        elif isinstance(config, list) and isinstance(part, int) and part < len(config):
            config = config[part]
        else:
            return None
    return config
