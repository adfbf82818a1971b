"""Which modules of the program a stack runs, from imports and from the components that its graph holds."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

ENTRY = "__main__.py"

_PACKAGES = ("components", "spec", "stacks")
_TOKEN = "groundwork:"


@dataclass
class _Import:
    target: str
    """Dotted, as written."""
    names: tuple[str, ...]
    lazy: bool
    """Inside a function: whether it is imported is decided when the program runs."""


@dataclass
class _Module:
    imports: list[_Import] = field(default_factory=list)
    components: dict[str, str] = field(default_factory=dict)
    """Component classes that it defines, and their type tokens."""


def used(files: Mapping[str, str], types: set[str]) -> set[str]:
    """Return the paths of the modules that a stack runs whose graph holds resources of these ``types``.

    Imports are followed from ``__main__.py``. A module is passed by where only components are taken from it that the
    graph does not hold; and one that is imported inside a function, where it puts components together of which the
    graph holds none. Everything else that is imported counts as used: when in doubt, a stack is affected.
    """
    modules = {path: _parse(text) for path, text in files.items() if _is_program(path)}
    paths = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in modules}
    missing = {
        (path, name)
        for path, module in modules.items()
        for name, token in module.components.items()
        if f"{_TOKEN}{token}" not in types
    }
    components = {(path, name) for path, module in modules.items() for name in module.components}
    seen, todo = set(), [ENTRY] if ENTRY in modules else []
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for each in modules[path].imports:
            for target, names in _targets(each, paths):
                taken = {(target, name) for name in names}
                if taken and taken <= missing:
                    continue
                if each.lazy and _only_missing(modules[target], paths, components, missing):
                    continue
                todo.append(target)
    return seen


def _is_program(path: str) -> bool:
    return path == ENTRY or (path.endswith(".py") and path.split("/")[0] in _PACKAGES)


def _only_missing(
    module: _Module, paths: Mapping[str, str], components: set[tuple[str, str]], missing: set[tuple[str, str]]
) -> bool:
    """Whether a module imports components, and all of them are ones that the graph does not hold."""
    named = {(target, name) for each in module.imports for target, names in _targets(each, paths) for name in names}
    built = named & components
    return bool(built) and built <= missing


def _targets(each: _Import, paths: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The modules of the program that an import names, each with the names that are taken from it."""
    of_package = [name for name in each.names if f"{each.target}.{name}" in paths]
    for name in of_package:
        yield paths[f"{each.target}.{name}"], ()
    rest = tuple(name for name in each.names if name not in of_package)
    if each.target in paths and (rest or not of_package):
        yield paths[each.target], rest
    parent = each.target.rpartition(".")[0]
    if parent in paths:
        yield paths[parent], ()


@functools.cache
def _parse(text: str) -> _Module:
    module = _Module()
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return module
    inside = {
        child for function in ast.walk(tree) if isinstance(function, ast.FunctionDef) for child in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = tuple(alias.name for alias in node.names)
            module.imports.append(_Import(node.module, names, node in inside))
        elif isinstance(node, ast.Import):
            module.imports += [_Import(alias.name, (), node in inside) for alias in node.names]
        elif isinstance(node, ast.ClassDef) and (token := _token(node)):
            module.components[node.name] = token
    return module


def _token(component: ast.ClassDef) -> str:
    """The type token that a component's constructor hands to its base, such as ``cluster:K3dCluster``."""
    for node in ast.walk(component):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "__init__"
            and isinstance(node.func.value, ast.Call)
            and getattr(node.func.value.func, "id", "") == "super"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
            and ":" in node.args[0].value
        ):
            return node.args[0].value
    return ""
