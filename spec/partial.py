"""What can still be asked of a stack file that has mistakes: whether all the rest of it goes together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from spec.capacity_rules import everything_fits_its_machines, everything_fits_its_quota, machines_find_addresses
from spec.mistakes import Mistake, Path, dotted, from_validation
from spec.platform import Platform
from spec.rules import broken_rules

_ROUNDS = 8  # of leaving out what holds a mistake, then what holds that: no section lies deeper
_SUMS = (everything_fits_its_quota, everything_fits_its_machines, machines_find_addresses)


def mistakes_beside(mistakes: Sequence[Mistake], data: Mapping[str, Any]) -> list[Mistake]:
    """Return the rules that ``data`` breaks beside ``mistakes``, the values in it that are wrong by themselves.

    Each wrong value is left out, with the smallest section that needs it, and the rules are asked about what remains.
    What they say of a part that was left out, or of somebody who names it, would only follow from the first mistake and
    is not returned, and neither are sums of what everything takes. The list is empty where a whole section had to go,
    or no platform is left to ask about.
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
            if _nothing_is_left(path[:-1], data, gone):
                gone.add(path[:-1])
        remaining = _without(data, gone)
        try:
            platform = Platform.model_validate(remaining, by_alias=True, by_name=False)
        except ValidationError as error:
            mistakes = from_validation(error, Platform, remaining)
        else:
            return list(_apart_from(gone, broken_rules(platform, besides=_SUMS), data))
    return []


def _apart_from(gone: set[Path], mistakes: Sequence[Mistake], data: Any) -> Iterator[Mistake]:
    if any(len(path) == 1 for path in gone):
        return
    things = {_thing(path) for path in gone}
    names = {name for path in gone for name in _names(path, gone, data)}
    for mistake in mistakes:
        path = _original(mistake.path, data, gone)
        words = _words(f"{dotted(path)} {mistake.value} {mistake.problem} {mistake.remedy}")
        if _thing(path) not in things and not words & names:
            yield Mistake(path, mistake.problem, mistake.remedy, mistake.value)


def _thing(path: Path) -> Path:
    """Return the path of what ``path`` is a part of: a service or a node pool, an engine, or else a section."""
    return path[:2] if path[0] in ("data", "services", "nodePools") else path[:1]


def _names(path: Path, gone: set[Path], data: Any) -> set[str]:
    """Return what others may call what is gone: its keys, or where it is of a thing with a name, that."""
    items = [path[: position + 1] for position, part in enumerate(path) if isinstance(part, int)]
    for item in reversed(items):
        held = _at(item, data)
        name = held.get("name") if isinstance(held, Mapping) else None
        if isinstance(name, str) and (*item, "name") not in gone:
            return {name.lower()}
    keys = [part for part in path if isinstance(part, str)]
    return _words(" ".join(keys[1:] if keys[0] == "data" else keys))


def _words(text: str) -> set[str]:
    """Return the words of a text in lower case and the singular: those of paths, and of camelCase as well apart."""
    found = re.findall(r"[A-Za-z0-9-]+", text)
    parts = {part for each in found for part in [each, *each.split("-"), *re.split("(?=[A-Z])", each)]}
    return {form.lower() for part in parts for form in (part, part.removesuffix("s"))}


def _nothing_is_left(path: Path, data: Any, gone: set[Path]) -> bool:
    items = _at(path, data)
    return isinstance(items, list) and all((*path, position) in gone for position in range(len(items)))


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
