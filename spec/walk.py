"""Every value of a section, with its path in the stack file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from spec.mistakes import Path


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield ``value`` and every section, list, mapping and scalar in it, each with its path by the keys of the file."""
    yield path, value
    if isinstance(value, BaseModel):
        inside = [(field.alias or name, getattr(value, name)) for name, field in type(value).model_fields.items()]
    elif isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list | tuple):
        inside = list(enumerate(value))
    else:
        return
    for key, item in inside:
        yield from walk(item, (*path, key))
