"""What a stack costs a month, and why.

Usage: python -m cost STACK                   from its reviewed graph
       python -m cost STACK --state FILE      from what `pulumi stack export` wrote
       python -m cost STACK --preview FILE    the difference that a preview makes, in Markdown
       python -m cost STACK --on-eks          beside the same machines on EKS, for a cluster of plain instances
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cost.graph import Graph, before_and_after, exported, lines, reviewed
from cost.model import bill, on_eks
from cost.prices import HERE, Unpriced, usage
from cost.report import difference, dollars, text
from spec.load import stack_file
from spec.mistakes import SpecError

Parsed = TypeVar("Parsed")

GRAPHS = HERE.parent / "tests" / "golden"


class Refused(Exception):
    """What was asked for can't be reckoned; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0, or 1 when a stack or a price is not there, or a file is not what it has to be."""
    parser = argparse.ArgumentParser(prog="python -m cost", description="What a stack costs a month, and why.")
    parser.add_argument("stack")
    parser.add_argument("--state", type=Path, metavar="FILE", help="what `pulumi stack export` wrote")
    parser.add_argument("--preview", type=Path, metavar="FILE", help="what `pulumi preview --event-log` wrote")
    parser.add_argument("--usage", type=Path, metavar="FILE", help="assumptions in place of those of cost/usage.yaml")
    parser.add_argument("--summary", action="store_true", help="without the single lines")
    parser.add_argument("--on-eks", action="store_true", help="compare with the same machines on EKS")
    options = parser.parse_args(arguments)
    try:
        assumed = usage(options.usage)
        if options.preview:
            before, after = before_and_after(_read(options.preview, lines))
            print(difference(bill(before, assumed), bill(after, assumed)))
            return 0
        if options.state:
            graph = _read(options.state, lambda text: exported(json.loads(text)))
        else:
            graph = reviewed(json.loads(_reviewed(options.stack).read_text()))
        own = bill(graph, assumed)
        print(text(options.stack, own, lines=not options.summary), end="")
        if options.on_eks:
            other = bill(_on_eks(options.stack, graph), assumed)
            print("\n" + text(f"{options.stack} on EKS", other, lines=not options.summary), end="")
            less = other.monthly - own.monthly
            print(f"\n{dollars(less)} a month less than on EKS: {less / other.monthly:.0%}")
    except (Unpriced, Refused, SpecError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _read(path: Path, parse: Callable[[str], Parsed]) -> Parsed:
    """Return what ``parse`` makes of a file's text. Raises Refused where the file is not there or not what it reads."""
    try:
        return parse(path.read_text())
    except OSError as error:
        raise Refused(str(error)) from None
    except ValueError as error:
        raise Refused(f"{path} is not what Pulumi writes there (see --help): {error}") from None


def _on_eks(stack: str, graph: Graph) -> Graph:
    """Return a cluster of plain machines as it would be on EKS. Raises Refused for a stack that has no such cluster."""
    types = {each.type for each in graph.resources}
    if "aws:ec2/instance:Instance" not in types or "aws:eks/cluster:Cluster" in types:
        raise Refused(f"--on-eks is for clusters of plain EC2 machines, and {stack} has none: leave it out")
    return on_eks(graph)


def _reviewed(stack: str) -> Path:
    stack_file(stack)  # An unknown stack is answered by those there are.
    return GRAPHS / f"{stack}.json"


if __name__ == "__main__":
    sys.exit(main())
