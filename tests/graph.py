"""A stack's resource graph in a form that reads well in a diff, made from the state that the engine exports.

`python -m tests.graph` writes every stack's graph to tests/golden/ anew: the diff is what a change does to the
platforms. An identifier that the cloud made up is shown as a reference, such as ``${Vpc.tiketi.id}``, and what is
secret not at all.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spec.load import ROOT, stacks
from tests.engine.conftest import checkout

GOLDEN = ROOT / "tests" / "golden"

_STACK = "::pulumi:pulumi:Stack::"
_COMPONENT = "groundwork:"

# A value with a part that is another one in every account: a suffix of a name, an identifier, a key.
_MADE_UP = re.compile(
    r"[0-9a-f]{8}|[a-z0-9]{13}\.cloudfront\.net|-[0-9a-f]{7}\b|\b[A-Z0-9]{13,}\b|-[A-Za-z0-9]{6}$|-[a-z0-9]{12}\.|-----BEGIN"
)
_SUFFIX = re.compile(r"(?<=-)[0-9a-f]{7,8}\b(?!-)|(?<=sha256:)[0-9a-f]{64}")

_GZIP = "H4sI"  # in base64, as machines get scripts that would be too long

# Lines of a script that are shown; of the rest, a digest tells whether it changed.
_HEAD = 12

# What tells a resource from another, best first; other outputs serve where none of these is the value.
_PREFERRED = ("id", "arn", "name")


def canonical(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the graph of a state's resources, by their types and names. Raises ValueError where two would be one."""
    by_urn = {resource["urn"]: resource for resource in resources}
    graph: dict[str, Any] = {}
    for urn, resource in by_urn.items():
        name = _short(urn)
        if name in graph:
            raise ValueError(f"{urn} would be shown as {name}, as another resource is: one of them needs another name")
        graph[name] = _node(resource, by_urn)
    # The engine's own root and its default providers, which carry the version of an SDK, are nobody's decision.
    return {name: node for name, node in sorted(graph.items()) if not re.match(r"Stack::|\w+::default_", name)}


def text(graph: dict[str, Any]) -> str:
    """Return a graph as it is kept."""
    return json.dumps(graph, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _short(urn: str) -> str:
    """``Type::name`` of a URN, without package and module: those are in the node.

    A component keeps its area, ``edge:WebAcl::name``: it is often called as what it makes, and by the same name.
    """
    types, name = urn.split("::")[2:4]
    kind = types.rsplit("$", 1)[-1]
    return f"{kind.removeprefix(_COMPONENT) if kind.startswith(_COMPONENT) else kind.rsplit(':', 1)[-1]}::{name}"


def _node(resource: dict[str, Any], by_urn: dict[str, Any]) -> dict[str, Any]:
    dependencies = resource.get("propertyDependencies") or {}
    parent = resource.get("parent") or _STACK
    everything = resource.get("dependencies", [])
    inputs = {
        key: _shown(value, _references(dependencies.get(key) or everything, by_urn))
        for key, value in resource.get("inputs", {}).items()
        if not key.startswith("__")
    }
    node = {
        "type": resource["type"],
        "parent": None if _STACK in parent else _short(parent),
        "inputs": inputs,
        "dependsOn": sorted({_short(urn) for urn in everything}),
        "protect": resource.get("protect"),
        "retainOnDelete": resource.get("retainOnDelete"),
    }
    return {key: value for key, value in node.items() if value}


def _references(urns: list[str], by_urn: dict[str, Any]) -> dict[str, str]:
    """Return what to show for each made-up value that the named resources put out; the best name for it wins."""
    shown: dict[str, str] = {}
    for urn in sorted(urns):
        resource = by_urn.get(urn, {})
        kind, _, name = _short(urn).partition("::")
        outputs = {"id": resource.get("id"), **resource.get("outputs", {})}
        for path, value in sorted(_leaves(outputs), key=lambda leaf: (_rank(leaf[0]), leaf[0])):
            if _MADE_UP.search(value):
                shown.setdefault(value, f"${{{kind}.{name}.{path}}}")
    return shown


def _rank(path: str) -> int:
    return _PREFERRED.index(path) if path in _PREFERRED else len(_PREFERRED)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _leaves(item, f"{path}.{position}")
    elif isinstance(value, str):
        yield path, value


def _shown(value: Any, references: dict[str, str]) -> Any:
    if isinstance(value, dict):
        # A digest of what is secret is another one every time.
        digests = {key: "[digest]" for key in value if key.startswith("checksum/")}
        return {key: _shown(item, references) for key, item in value.items()} | digests
    if isinstance(value, list):
        return [_shown(item, references) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith(_GZIP):
        value = gzip.decompress(base64.b64decode(value)).decode()
    if references:
        longest_first = sorted(references, key=len, reverse=True)
        value = re.sub("|".join(map(re.escape, longest_first)), lambda match: references[match[0]], value)
    lines = _SUFFIX.sub("[random]", value).splitlines()
    if len(lines) > _HEAD:
        rest = hashlib.sha256("\n".join(lines[_HEAD:]).encode()).hexdigest()[:16]
        return [*lines[:_HEAD], f"… {len(lines) - _HEAD} more lines, sha256 {rest}"]
    return lines if len(lines) > 1 else "".join(lines)


def main() -> int:
    """Bring every stack up in the sandbox and write its graph."""
    parser = argparse.ArgumentParser(prog="python -m tests.graph", description=main.__doc__)
    parser.add_argument(
        "stack", nargs="*", choices=[*stacks(), []], help="those to write; all of them when none is given"
    )
    GOLDEN.mkdir(exist_ok=True)
    for stack in parser.parse_args().stack or stacks():
        print(f"{stack} …", flush=True)
        with tempfile.TemporaryDirectory() as directory:
            platform = checkout(Path(directory), stack)
            platform.run("up")
            path = GOLDEN / f"{stack}.json"
            path.write_text(text(canonical(list(platform.resources().values()))))
            print(f"  wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
