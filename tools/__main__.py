"""`python -m tools`: which programs groundwork needs, getting them, and where they are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import venv, ways
from tools.catalog import CATALOG, Tool, UnknownTool, find
from tools.install import ToolUnavailable, cached, ensure
from tools.progress import CommandFailed


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code.

    Paths and lists go to standard output, all else to standard error.
    """
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every program, its version, and where it would be taken from now")
    ensuring = commands.add_parser("ensure", help="get programs onto the machine")
    ensuring.add_argument("names", nargs="+", metavar="NAME")
    asking = commands.add_parser("path", help="get a program and print where it is")
    asking.add_argument("name", metavar="NAME")
    filling = commands.add_parser("venv", help="make the virtualenv from a lock file")
    filling.add_argument("directory", type=Path)
    filling.add_argument("lock", type=Path)
    options = parser.parse_args(arguments)
    try:
        match options.command:
            case "list":
                for tool in CATALOG:
                    print(f"{tool.name:<12}{tool.version:<12}{_whereabouts(tool)}")
            case "ensure":
                for tool in [find(name) for name in options.names]:
                    print(f"groundwork: {tool.title}: {ensure(tool.name)}", file=sys.stderr)
            case "path":
                print(ensure(options.name))
            case "venv":
                venv.fill(options.directory, options.lock)
    except (ToolUnavailable, UnknownTool, CommandFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _whereabouts(tool: Tool) -> str:
    try:
        return str(ways.on_path(tool))
    except ways.Unavailable as reason:
        program = cached(tool)
        return str(program) if program.exists() else f"not here yet ({reason})"


if __name__ == "__main__":
    sys.exit(main())
