"""What is different about another form of a platform, laid over its stack file."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from spec.load import ROOT, parsed, stack_file
from spec.mistakes import Mistake, SpecError

_FIRST_LINE = "# yaml-language-server: $schema=schema/stack.schema.json\n"


def laid_over(base: Any, overlay: Any) -> Any:
    """Return ``base`` with what ``overlay`` says.

    Mappings are merged key by key and lists of things that have names, such as namespaces, name by name: those that the
    overlay does not name stay. Anything else is the overlay's.
    """
    if isinstance(base, Mapping) and isinstance(overlay, Mapping):
        return {**base, **{key: laid_over(base.get(key), value) for key, value in overlay.items()}}
    named, given = _by_name(base), _by_name(overlay)
    if named and given:
        return list(laid_over(named, given).values())
    return overlay


def _by_name(value: Any) -> dict[str, Any]:
    """Return the things of a list by their names; nothing for what is no list of such."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) and "name" in each for each in value):
        return {}
    return {each["name"]: each for each in value}


def overlays(stack: str, root: Path = ROOT) -> list[str]:
    """Return the names of a stack's overlays."""
    return sorted(path.stem for path in (root / "overlays" / stack).glob("*.yaml"))


def document(stack: str, names: list[str], root: Path = ROOT) -> str:
    """Return the stack file of ``stack`` with overlays laid over it, one after the other.

    Raises SpecError for a stack or an overlay that does not exist, with those there are, and for what is not YAML.
    """
    merged = parsed(stack_file(stack, root))
    for name in names:
        path = root / "overlays" / stack / f"{name}.yaml"
        if not path.is_file():
            there_are = overlays(stack, root)
            near = get_close_matches(name, there_are, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            remedy = f"{hint}overlays of {stack}: {', '.join(there_are) or 'none'}"
            raise SpecError(f"overlays/{stack}/{name}.yaml", [Mistake(("overlay",), "does not exist", remedy, name)])
        merged = laid_over(merged, parsed(path) or {})
    return _FIRST_LINE + yaml.safe_dump(merged, sort_keys=False, width=120)
