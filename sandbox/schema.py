"""What a resource type takes and gives, read from the package's own Python SDK.

The SDK's modules hold hundreds of classes and importing them costs seconds and most of 200 MB, so the one
file of a type is read as text: the signatures in it are generated, and the same for every package.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from sandbox.emulator import Properties, Refused, Unknown

_GETTER: Final = re.compile(r'@pulumi\.getter(?:\(name="(\w+)"\))?\n.*?    def (\w+)\(', re.DOTALL)
_INITIALIZER: Final = r"class %s:\n    def __init__\((.*?)\):\n"
_SECRETS: Final = re.compile(r"additional_secret_outputs=\[(.*?)\]")
_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "str": (str, int, float, bool),
    "int": (int, float, str),
    "float": (int, float, str),
    "bool": (bool, str),
    "Sequence": list,
    "Mapping": dict,
}
"""Outermost annotation -> what the wire may carry: bridged providers read "80" as a number and 80 as text."""


@dataclass(frozen=True)
class Schema:
    """inputs: input name -> outermost kind (`str`, `int`, `bool`, `Sequence`, `Mapping` or empty for others).
    required: inputs that must be there. outputs: every property of the resource, inputs included.
    secrets: outputs that the SDK has kept secret."""

    type: str
    inputs: Mapping[str, str]
    required: frozenset[str]
    outputs: frozenset[str]
    secrets: frozenset[str]

    def check(self, inputs: Properties) -> None:
        """Refuse an input that is unknown, missing or of another kind than the type takes."""
        for name, value in inputs.items():
            if name.startswith("__"):
                continue
            if name not in self.inputs:
                raise Refused(f"{self.type} has no input {name}{did_you_mean(name, self.inputs)}", name)
            kind = _KINDS.get(self.inputs[name])
            if value is not None and kind and not isinstance(value, (kind, Unknown)):
                raise Refused(f"{name} of {self.type} takes {self.inputs[name]}, not {value!r}", name)
        for name in sorted(self.required - {name for name, value in inputs.items() if value is not None}):
            raise Refused(f"{self.type} requires {name}", name)

    def complete(self, outputs: Properties) -> Properties:
        """The outputs, with None for every one that the type has and the cloud left open."""
        return dict.fromkeys(self.outputs) | outputs


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A question to end a refusal with, empty if nothing comes near."""
    near = get_close_matches(name, list(names), 1)
    return f"; did you mean {near[0]}?" if near else ""


@cache
def of(type: str) -> Schema:
    """The schema of a resource type such as `aws:ec2/vpc:Vpc`. Raises Refused if its SDK has no such type."""
    package = type.partition(":")[0]
    found = _files(package).get(type)
    if found is None:
        raise Refused(f"pulumi-{package} has no resource type {type}{did_you_mean(type, _files(package))}")
    path, name = found
    text = path.read_text()
    camel = {snake: given or snake for given, snake in _GETTER.findall(text)}

    def signature(of_class: str) -> ast.arguments:
        match = re.search(_INITIALIZER % of_class, text, re.DOTALL)
        source = f"def f({match[1]}): ..." if match else "def f(): ..."
        function = ast.parse(source).body[0]
        assert isinstance(function, ast.FunctionDef)
        return function.args

    # "Init" is put between where the SDK has a nested type of the shorter name.
    suffix = "InitArgs" if f"class {name}InitArgs:" in text else "Args"
    arguments, state = signature(f"{name}{suffix}"), signature(f"_{name}State")
    inputs = {camel[item.arg]: _kind(item.annotation) for item in arguments.kwonlyargs}
    required = {
        camel[item.arg]
        for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    }
    # A type that cannot be looked up has no state class: its outputs are its getters.
    outputs = {camel[item.arg] for item in state.kwonlyargs} or set(camel.values())
    secrets = frozenset(re.findall(r'"(\w+)"', " ".join(_SECRETS.findall(text))))
    return Schema(type, inputs, frozenset(required), frozenset(outputs | inputs.keys()), secrets)


def _kind(annotation: ast.expr | None) -> str:
    """The outermost name of an annotation, within Optional and pulumi.Input."""
    while isinstance(annotation, ast.Subscript):
        name = ast.unparse(annotation.value)
        if name not in ("Optional", "pulumi.Input"):
            return name if name in _KINDS else ""
        annotation = annotation.slice
    name = ast.unparse(annotation).removeprefix("_builtins.") if annotation else ""
    return name if name in _KINDS else ""


@cache
def _files(package: str) -> Mapping[str, tuple[Path, str]]:
    """Type token -> file and class, from the SDK's own registration of its modules."""
    spec = find_spec(f"pulumi_{package}")
    if spec is None or spec.origin is None:
        raise Refused(f"pulumi-{package} is not installed")
    root = Path(spec.origin).parent
    registered = re.search(r'resource_modules="""(.*?)"""', (root / "__init__.py").read_text(), re.DOTALL)
    modules: list[dict[str, Any]] = json.loads(registered[1]) if registered else []
    found = {}
    for module in modules:
        folder = root.parent.joinpath(*module["fqn"].split("."))
        for token, name in module["classes"].items():
            found[token] = folder / f"{_snake(name)}.py", name
    return found


def _snake(name: str) -> str:
    """The SDK generator's file name for a class."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
