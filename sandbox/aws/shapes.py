"""Between the property names of the SDK and the API shapes of botocore, by what both say about themselves.

The Terraform provider that pulumi-aws stands on names most things as the API does but for case, plurals,
blocks for structures and dictionaries for lists of tags. What differs beyond that is a row's `names`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, get_args, get_origin

from botocore.model import Shape
from pulumi._types import input_type_types, is_output_type, output_type_types, resource_types

from sandbox.emulator import Refused

Names = Mapping[str, str]


@cache
def outputs_of(token: str) -> dict[str, Any]:
    """Output properties of a resource type and their types, as the SDK's class declares them."""
    return resource_types(_class(token))


@cache
def inputs_of(token: str) -> dict[str, Any]:
    """Input properties of a resource type and their types, as the SDK's arguments class declares them."""
    module, name = import_module(_class(token).__module__), _class(token).__name__
    # "Init" is put between where the SDK has a nested type of the shorter name.
    return input_type_types(getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args"))


def _class(token: str) -> type:
    package, path, name = token.split(":")
    try:
        return getattr(import_module(f"pulumi_{package}.{path.partition('/')[0]}"), name)
    except (ImportError, AttributeError):
        raise Refused(f"pulumi_{package} does not have the resource type {token}") from None


@cache
def plain(name: str) -> str:
    """A name without what the two sides spell differently: case and the plural."""
    name = name.lower().replace("_", "")
    for plural, singular in (("ies", "y"), ("sses", "ss"), ("ss", "ss"), ("s", "")):
        if name.endswith(plural):
            return name[: -len(plural)] + singular
    return name


def match(name: str, candidates: Iterable[str], names: Names = {}, noun: str = "") -> str | None:
    """Return the candidate that means `name`, or None.

    It is the first that `names` gives for it; without an entry there, one that differs in case and plural alone, be it
    from `name` or from `name` with the noun before it.
    """
    candidates = list(candidates)
    if name in names:
        return next((n for n in names[name].split("|") if n in candidates), None)
    wanted = (plain(name), plain(noun + name)) if noun else (plain(name),)
    return next((c for w in wanted for c in candidates if plain(c) == w), None)


def to_api(value: Any, shape: Shape, names: Names = {}) -> Any:
    """Return a property's value as a parameter of an API operation; keys that its shape lacks are left out."""
    kind = shape.type_name
    if kind == "structure":
        members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
        if members.keys() == {"Items"} or (isinstance(value, list) and "Items" in members):
            counted = {"Quantity": len(value)} if "Quantity" in members else {}
            return {**counted, "Items": to_api(value, members["Items"], names)} if value else counted
        if isinstance(value, list):
            value = value[0] if value else {}
        if not isinstance(value, Mapping):
            return {next(m for m in ("Value", *members) if m in members): value}
        if set(members) == {"Quantity", "Items"} and len(value) == 1:
            return to_api(next(iter(value.values())), shape, names)
        found = ((match(k, members, names), v) for k, v in value.items() if v is not None)
        return {m: to_api(v, members[m], names) for m, v in found if m}
    if kind == "list":
        item: Shape = shape.member  # type: ignore[attr-defined]
        if isinstance(value, Mapping) and item.type_name == "structure":
            pair = [m for m in item.members if m.lower().endswith(("key", "name", "value"))]  # type: ignore[attr-defined]
            if len(item.members) == 2 == len(pair):  # type: ignore[attr-defined]
                return [{pair[0]: k, pair[1]: str(v)} for k, v in value.items()]
        return [to_api(v, item, names) for v in (value if isinstance(value, list) else [value])]
    if kind == "map":
        return {str(k): to_api(v, shape.value, names) for k, v in value.items()}  # type: ignore[attr-defined]
    if kind == "string":
        # botocore takes bytes for what it sends in base64, such as user data.
        return value if isinstance(value, str | bytes) else json.dumps(value)
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() in ("true", "enabled")
    return value.encode() if kind == "blob" and isinstance(value, str) else value


def from_api(value: Any, type: Any, names: Names = {}) -> Any:
    """Return a member of an API's answer as a property of an SDK type; None if it cannot be one."""
    origin = get_origin(type)
    if isinstance(value, Mapping) and {"Quantity"} <= value.keys() <= {"Quantity", "Items"}:
        value = value.get("Items", [])
    if is_output_type(type):
        value = value[0] if isinstance(value, list) and value else value
        return members_of(value, output_type_types(type), names) if isinstance(value, Mapping) else None
    if origin is not None and issubclass(origin, Mapping):
        if isinstance(value, list):
            return {next(iter(pair.values())): list(pair.values())[-1] for pair in value if isinstance(pair, Mapping)}
        return {k: from_api(v, str) for k, v in value.items()} if isinstance(value, Mapping) else None
    if origin is not None:
        items = value if isinstance(value, list) else [value]
        return [v for v in (from_api(v, get_args(type)[0], names) for v in items) if v is not None]
    if isinstance(value, Mapping) and value.keys() == {"Value"}:
        value = value["Value"]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (Mapping, list)):
        return json.dumps(value, default=str) if type is str and "Statement" in value else None
    if type is str:
        return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)
    if type is int and isinstance(value, str):
        return int(value) if value.isdigit() else None
    return value


def members_of(thing: Mapping[str, Any], types: Mapping[str, Any], names: Names = {}, noun: str = "") -> dict[str, Any]:
    """Return the properties of a type that a thing in an API's answer tells."""
    found = ((p, match(p, thing, names, noun), t) for p, t in types.items())
    values = {p: from_api(thing[m], t, names) for p, m, t in found if m}
    return {p: v for p, v in values.items() if v is not None}


def blank(type: Any) -> Any:
    """What the provider says of an output that AWS leaves open: the zero value of its type."""
    origin = get_origin(type)
    return "" if type is str else None if origin is None else {} if issubclass(origin, Mapping) else []


def merge(known: Any, given: Any) -> Any:
    """What AWS answered, with what was given laid over it: the program sees its own inputs as it wrote them."""
    if isinstance(known, dict) and isinstance(given, Mapping):
        return known | {k: merge(known.get(k), v) for k, v in given.items() if v is not None}
    if isinstance(known, list) and isinstance(given, list) and len(known) == len(given):
        return [merge(k, g) for k, g in zip(known, given, strict=True)]
    return given
