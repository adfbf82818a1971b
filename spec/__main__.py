"""Check stack files, print what /etc/hosts needs, or write the JSON schema of stack files.

Usage: python -m spec validate [STACK …]
       python -m spec hosts STACK [--address ADDRESS]
       python -m spec capacity STACK
       python -m spec overlay STACK NAME …
       python -m spec schema
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from spec.capacity.report import report
from spec.hosts import THIS_MACHINE, entries
from spec.load import NAMESPACE, ROOT, from_file, stack_file, stacks
from spec.mistakes import SpecError
from spec.overlay import document
from spec.platform import Platform

SCHEMA = ROOT / "schema" / "stack.schema.json"


def schema() -> dict[str, Any]:
    """Return the JSON schema of a stack file, for editors: what `config:` may hold under `groundwork:`."""
    model = Platform.model_json_schema(by_alias=True)
    definitions = model.pop("$defs")
    keys = {f"{NAMESPACE}{name}": field for name, field in model["properties"].items()}
    config = {
        "type": "object",
        "properties": keys,
        "required": [f"{NAMESPACE}{name}" for name in model["required"]],
        "patternProperties": {f"^(?!{NAMESPACE})[^:]+:.+$": {}},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stack file of groundwork",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": definitions,
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0, or 1 when a stack or an overlay does not exist or has mistakes."""
    parser = argparse.ArgumentParser(
        prog="python -m spec", description="Check stack files, and what follows from them."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    validate = commands.add_parser("validate", help="check stack files and report every mistake")
    validate.add_argument("stack", nargs="*", help="names of stacks; all of them when none is given")
    hosts = commands.add_parser("hosts", help="print the lines that /etc/hosts needs, for a cluster on this machine")
    hosts.add_argument("stack")
    hosts.add_argument(
        "--address", default=THIS_MACHINE, help="where the cluster answers, such as what minikube ip says"
    )
    capacity = commands.add_parser("capacity", help="print what everything asks for, of which quota, on which machine")
    capacity.add_argument("stack")
    overlay = commands.add_parser("overlay", help="print a stack file with others of overlays/ laid over it")
    overlay.add_argument("stack")
    overlay.add_argument("names", nargs="+", metavar="NAME")
    commands.add_parser("schema", help=f"write {SCHEMA.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    if options.command == "schema":
        SCHEMA.write_text(json.dumps(schema(), indent=2) + "\n")
        print(f"wrote {SCHEMA.relative_to(ROOT)}")
        return 0
    try:
        if options.command == "capacity":
            print(report(from_file(stack_file(options.stack))))
            return 0
        if options.command == "overlay":
            print(document(options.stack, options.names), end="")
            return 0
        if options.command == "hosts":
            return _hosts(options.stack, options.address)
        return _validate(options.stack or stacks())
    except SpecError as error:
        print(error, file=sys.stderr)
        return 1


def _hosts(stack: str, address: str) -> int:
    lines = entries(from_file(stack_file(stack)), address)
    if lines:
        print("\n".join(lines))
    else:
        print(f"{stack}: its hosts are found by DNS", file=sys.stderr)
    return 0


def _validate(names: list[str]) -> int:
    failed = False
    for stack in names:
        try:
            platform = from_file(stack_file(stack))
            print(f"{stack}: {platform.cluster.target}, {len(platform.services)} services, sound")
        except SpecError as error:
            failed = True
            print(error, file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
