"""What an `up` ends with, from the stack's outputs alone: the sandbox knows no component."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.wire import SIGNATURE

SECRET = "[secret]"
_FIRST = ("endpoints", "services", "nodes")


def console() -> Console:
    """Where tables are printed: where that is no terminal, as wide as they are, to be searched and compared."""
    return Console(width=None if sys.stdout.isatty() else 240)


def show(console: Console, stack: str, resources: Sequence[Mapping[str, Any]], took: str = "") -> None:
    """Print a stack's outputs as tables, its resources by package, and where to look next.

    resources: as in a deployment; what is secret there is shown as SECRET. took: ends the sentence that counts them.
    """
    (root,) = (each for each in resources if each["type"] == "pulumi:pulumi:Stack")
    outputs = {name: SECRET if _is_secret(value) else value for name, value in root.get("outputs", {}).items()}
    ordered = [*filter(outputs.__contains__, _FIRST), *sorted(outputs.keys() - set(_FIRST))]
    plain = {}
    for name in ordered:
        if (rows := _rows(outputs[name])) is None:
            plain[name] = outputs[name]
        elif rows:
            console.print(table(name, rows))
    if plain:
        console.print(table("outputs", [{"": name, "value": value} for name, value in plain.items()]))
    packages = Counter(resource["type"].partition(":")[0] for resource in resources if resource.get("custom"))
    packages.pop("pulumi", None)
    counted = ", ".join(f"{number} {package}" for package, number in packages.most_common())
    console.print(f"\n[bold]{stack}[/bold] is up: {packages.total()} resources ({counted}){took}.\n")
    console.print("Look further:")
    for command, purpose in {
        f"python -m sandbox show {stack}": "this again",
        f"python -m sandbox preview {stack}": "what a change in its file would do",
        f"python -m sandbox manifests {stack}": "every Kubernetes object, as YAML",
        f"python -m sandbox export {stack}": "the state, as Pulumi's deployment JSON",
        f"python -m sandbox destroy {stack}": "take everything down",
    }.items():
        console.print(f"  {command:<36} {purpose}", highlight=False)


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and SIGNATURE in value


def _rows(value: Any) -> list[dict[str, Any]] | None:
    """A list or mapping of mappings, or a mapping, as rows; None for anything else."""
    match value:
        case list() if all(isinstance(item, Mapping) for item in value):
            return [dict(item) for item in value]
        case Mapping() if value and all(isinstance(item, Mapping) for item in value.values()):
            return [{"": name, **item} for name, item in value.items()]
        case Mapping():
            return [{"": name, "value": item} for name, item in value.items()]
    return None


def table(title: str, rows: list[dict[str, Any]]) -> Table:
    """Return rows as a table, whose columns are the keys."""
    table = Table(title=title.capitalize(), title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    # The engine keeps keys in order of the alphabet; people look for names first.
    columns = sorted(dict.fromkeys(column for row in rows for column in row), key=lambda column: column != "name")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    return table


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return ", ".join(map(_cell, value))
        case Mapping():
            return ", ".join(f"{name}={_cell(item)}" for name, item in value.items())
    from rich.markup import escape

    return escape(str(value))
