"""Print, as JSON, the properties of resources and of all that is in them with their types; and what was imported.

`python -m tests.stacks.sdk_types {plain,lazy}` reads names such as aws.ec2.Vpc from stdin.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, get_args

import pulumi
from pulumi import _types

from stacks import lazy_sdks

Read = Callable[[type], dict[str, type]]
Types = dict[str, dict[str, str]]


def describe(of: type, read: Read, found: Types) -> None:
    """Add the properties of a class, and of every class that is in them, to ``found``."""
    name = f"{of.__module__}.{of.__qualname__}"
    if name in found:
        return
    properties = read(of)
    found[name] = {name: repr(type) for name, type in properties.items()}
    for part in (part for type in properties.values() for part in parts(type)):
        if _types.is_output_type(part):
            describe(part, _types.output_type_types, found)
        elif _types.is_input_type(part):
            describe(part, _types.input_type_types, found)


def parts(hint: Any) -> Iterator[type]:
    """Yield the classes of an annotation."""
    if isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from parts(part)


if __name__ == "__main__":
    if sys.argv[1:] == ["lazy"]:
        lazy_sdks.install()
    found: Types = {}
    for name in sys.stdin.read().split():
        package, _, rest = name.partition(".")
        named = attrgetter(rest)(importlib.import_module(f"pulumi_{package}"))
        if isinstance(named, type) and issubclass(named, pulumi.Resource):
            describe(named, _types.resource_types, found)
            if arguments := getattr(sys.modules[named.__module__], f"{named.__name__}Args", None):
                describe(arguments, _types.input_type_types, found)
    print(json.dumps([found, [name for name in sys.modules if name.startswith("pulumi_")]]))
