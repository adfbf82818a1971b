"""What a change does to the reviewed graphs: known without credentials, for every stack, also to a fork.

Which of the updates replaces something a graph can't tell: a provider decides that, and a preview asks it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from delivery.errors import Refused
from delivery.preview import Change, Preview, difference

FILE = re.compile(r"tests/golden/([^/]+)\.json")
"""Path of a stack's reviewed graph; the stack is its only group."""

Graph = Mapping[str, Mapping[str, Any]]


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Preview]:
    """Return what is created, updated and deleted in each stack whose graph differs, from the files of both sides."""
    old, new = read(before), read(after)
    found = {stack: compare(old.get(stack, {}), new.get(stack, {})) for stack in sorted(old.keys() | new.keys())}
    return {stack: preview for stack, preview in found.items() if preview.changes}


def compare(before: Graph, after: Graph) -> Preview:
    """Return the difference of two graphs."""
    preview = Preview()
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        node = new or old or {}
        urn = f"urn:pulumi:stack::groundwork::{node['type']}::{name.partition('::')[2]}"
        if old is None or new is None:
            preview.changes.append(Change(urn, "create" if old is None else "delete", bool((old or {}).get("protect"))))
        elif rows := [difference(*each) for each in leaves(_told(old), _told(new))]:
            preview.changes.append(Change(urn, "update", differences=rows))
        else:
            preview.unchanged += 1
    return preview


def read(files: Mapping[str, str]) -> dict[str, Graph]:
    """Return the reviewed graphs among a project's files, by stack. Raises Refused for one that is not JSON."""
    found: dict[str, Graph] = {}
    for path, text in files.items():
        if match := FILE.fullmatch(path):
            try:
                found[match[1]] = json.loads(text)
            except ValueError as error:
                raise Refused(f"{path} is not JSON: {error}; `make golden` writes it anew") from None
    return found


def _told(node: Mapping[str, Any]) -> dict[str, Any]:
    """What a reviewer wants to know of a node: its inputs, and what guards it."""
    return {**node.get("inputs", {}), **{key: node[key] for key in ("protect", "retainOnDelete") if key in node}}


def leaves(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the smallest parts that differ, each by its path: `spec.ports[0]`, what it was, what it is."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys(), key=str):
            yield from leaves(before.get(key), after.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from leaves(old, new, f"{path}[{number}]")
    else:
        yield path, before, after
