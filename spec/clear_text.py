"""Secrets that stand in a stack file as anybody may read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from spec.mistakes import Mistake, Path, dotted
from spec.platform import Platform


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
        for path in _secrets(platform, ())
        if isinstance(_at(config, path), str)
    ]


def _secrets(value: Any, path: Path) -> Iterator[Path]:
    """Yield where a section has secrets, by the keys of the file."""
    if isinstance(value, SecretStr):
        yield path
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _secrets(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets(item, (*path, key))
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            yield from _secrets(item, (*path, position))


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
