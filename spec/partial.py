"""What can still be asked of a stack file that has mistakes: whether all the rest of it goes together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from spec.mistakes import Mistake, Path, dotted, from_validation
from spec.platform import Platform
from spec.rules import broken_rules

_ROUNDS = 8  # of leaving out what holds a mistake, then what holds that: no section lies deeper


def mistakes_beside(mistakes: Sequence[Mistake], data: Mapping[str, Any]) -> list[Mistake]:
    """Return the rules that ``data`` breaks where ``mistakes``, those of its form, are not.

    A value that is not sound is left out, with the least that cannot do without it. What such a part itself would
    break is not told, nor what others would for want of it; and nothing, if no platform is left without it.
    """
    gone: set[Path] = set()
    for _ in range(_ROUNDS):
        for mistake in mistakes:
            path = _original(mistake.path, data, gone)
            while path in gone or (path and not _is_there(path, data)):
                path = path[:-1]
            if not path:
                return []
            gone.add(path)
        remaining = _without(data, gone)
        try:
            platform = Platform.model_validate(remaining, by_alias=True, by_name=False)
        except ValidationError as error:
            mistakes = from_validation(error, Platform, remaining)
        else:
            return list(_apart_from(gone, broken_rules(platform), data))
    return []


def _apart_from(gone: set[Path], mistakes: Sequence[Mistake], data: Any) -> Iterator[Mistake]:
    names = {held["name"] for path in gone if isinstance(held := _at(path, data), Mapping) and "name" in held}
    for mistake in mistakes:
        path = _original(mistake.path, data, gone)
        within = any(path[: len(each)] == each or each[: len(path)] == path for each in gone)
        words = set(re.findall(r"[\w.\[\]-]+", f"{mistake.value} {mistake.problem} {mistake.remedy}"))
        if not within and not words & (names | {dotted(each) for each in gone}):
            yield Mistake(path, mistake.problem, mistake.remedy, mistake.value)


def _without(value: Any, gone: set[Path], path: Path = ()) -> Any:
    if isinstance(value, Mapping):
        return {k: _without(v, gone, (*path, k)) for k, v in value.items() if (*path, k) not in gone}
    if isinstance(value, list):
        return [_without(v, gone, (*path, i)) for i, v in enumerate(value) if (*path, i) not in gone]
    return value


def _original(path: Path, data: Any, gone: set[Path]) -> Path:
    """Return the path in ``data`` of what is at ``path`` once ``gone`` is left out: items of lists move up."""
    found: Path = ()
    for part in path:
        held = _at(found, data)
        if isinstance(part, int) and isinstance(held, list):
            kept = [position for position in range(len(held)) if (*found, position) not in gone]
            part = kept[part] if part < len(kept) else part
        found = (*found, part)
    return found


def _at(path: Path, data: Any) -> Any:
    for part in path:
        if not isinstance(data, Mapping | list) or not _is_there((part,), data):
            return None
        data = data[part]  # type: ignore[index]
    return data


def _is_there(path: Path, data: Any) -> bool:
    *above, last = path
    held = _at(tuple(above), data)
    if isinstance(held, list):
        return isinstance(last, int) and last < len(held)
    return isinstance(held, Mapping) and last in held
