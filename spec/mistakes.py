"""Mistakes in a stack file, and how they are told: the path, the value, what is wrong with it, and the remedy."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

Path = tuple[str | int, ...]

MISSING = object()  # the value of a key that is not there
_NEAR = 0.65  # alike as k4d and k3d are, and annotations and connections are not


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a stack file."""

    path: Path
    problem: str
    remedy: str = ""
    value: Any = MISSING

    def __str__(self) -> str:
        value = "" if self.value is MISSING else f" = {_short(self.value)}"
        remedy = f"\n      → {self.remedy}" if self.remedy else ""
        return f"{dotted(self.path)}{value}\n      {self.problem}{remedy}"


class SpecError(Exception):
    """A stack file that can't be built from. Its text lists every mistake; nothing has been created."""

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        self.source = source
        self.mistakes = tuple(mistakes)
        super().__init__(source, self.mistakes)

    def __str__(self) -> str:
        count = f"{len(self.mistakes)} mistake{'s' * (len(self.mistakes) != 1)}"
        return "\n".join([f"{self.source}: {count}, nothing was created", *(f"  • {m}" for m in self.mistakes)])


def dotted(path: Path) -> str:
    """Return a path the way `pulumi config set --path` takes it: ``services[0].image.tag``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def did_you_mean(word: object, known: Iterable[str], noun: str) -> str:
    """Return the remedy for a word that is not among those known: the nearest of them, or all.

    ``noun`` says in the plural what they are.
    """
    choices = sorted(known)
    near = get_close_matches(str(word), choices, n=1, cutoff=_NEAR)
    if near:
        return f"did you mean {near[0]}?"
    return f"{noun}: {', '.join(choices)}" if choices else f"there are no {noun}"


def from_validation(error: ValidationError, model: type[BaseModel], data: Any) -> list[Mistake]:
    """Return pydantic's errors as mistakes, with the value from ``data`` and the remedy from the model's own words."""
    return [_mistake(details, model, data) for details in error.errors(include_url=False)]


def _mistake(details: Any, model: type[BaseModel], data: Any) -> Mistake:
    kind, context = details["type"], details.get("ctx", {})
    field, owner, tags = _resolve(model, details["loc"])
    path, described = _in_file(details["loc"], tags, data), _description(field)
    if kind == "extra_forbidden":
        known = [info.alias or name for name, info in owner.model_fields.items()] if owner else []
        remedy = did_you_mean(path[-1], known, "keys")
        # Beside a secret it may be one, by a name that is misspelt.
        misspelt = owner is not None and any(map(_is_secret, owner.model_fields.values()))
        return Mistake(
            path, "is not a key that exists here", remedy, _SECRET if misspelt else _masked(details["input"])
        )
    if kind in ("missing", "union_tag_not_found"):
        path += (context["discriminator"].strip("'"),) if kind == "union_tag_not_found" else ()
        return Mistake(path, "is missing", described)
    if kind == "union_tag_invalid":
        discriminator = context["discriminator"].strip("'")
        choices = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
        remedy = did_you_mean(context["tag"], choices, "choices")
        # In the context it is as Python writes it.
        given = details["input"]
        tag = _masked(given[discriminator]) if discriminator in given else context["tag"]
        return Mistake((*path, discriminator), "is not a choice", remedy, tag)
    value = _without_secrets(details["input"], field)
    if kind == "literal_error":
        choices = [choice.strip(" '") for choice in context["expected"].replace(" or ", ",").split(",")]
        return Mistake(path, "is not a choice", did_you_mean(value, choices, "choices"), value)
    if kind == "value_error":
        problem, _, remedy = str(context["error"]).partition("; ")
        return Mistake(path, problem, remedy, value)
    if kind == "string_type" and isinstance(value, bool | int | float):
        read_as = "a boolean" if isinstance(value, bool) else "a number"
        return Mistake(path, f"is {read_as} to YAML, and has to be text", f"put it in quotes: {described}", value)
    if kind == "string_pattern_mismatch":
        return Mistake(path, f"does not match {context['pattern']}", described, value)
    return Mistake(path, _lower(details["msg"]), described, value)


def _in_file(location: Path, tags: Collection[int], data: Any) -> Path:
    """Drop what pydantic adds to a location, such as the tag of a union: the path is what stands in the file.

    ``tags`` are the positions of those: a key of the file may be called as one.
    """
    path: list[str | int] = []
    for position, part in enumerate(location):
        if position in tags:
            continue
        is_last = position == len(location) - 1
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list) and isinstance(part, int):
            data = data[part] if part < len(data) else None
        elif not is_last:
            continue
        if part != "[key]":
            path.append(part)
    return tuple(path)


def _resolve(
    model: type[BaseModel], location: Path
) -> tuple[FieldInfo | None, type[BaseModel] | None, Collection[int]]:
    """Return the field that a location ends at, where there is one, the section that would hold it, and where in the
    location unions have their tags."""
    owner: type[BaseModel] | None = model
    field: FieldInfo | None = None
    tags: list[int] = []
    for position, part in enumerate(location):
        sections = [owner] if owner else []
        found = next((f for s in sections for n, f in s.model_fields.items() if part in (n, f.alias)), None)
        if found is None:
            if owner is None and (owner := _variant(field, part)):
                tags.append(position)
            elif position == len(location) - 1 and isinstance(part, str):
                field = None
            continue
        field, holder = found, owner
        if position == len(location) - 1:
            return field, holder, tags
        candidates = _sections(found.annotation)
        owner = candidates[0] if len(candidates) == 1 else None
    return field, owner, tags


def _variant(field: FieldInfo | None, tag: str | int) -> type[BaseModel] | None:
    for section in _sections(field.annotation) if field else ():
        for info in section.model_fields.values():
            if tag in get_args(info.annotation):
                return section
    return None


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Annotated, Union, UnionType, list, dict):
        return [section for argument in get_args(annotation) for section in _sections(argument)]
    return []


def _description(field: FieldInfo | None) -> str:
    if field is None:
        return ""
    if field.description:
        return _lower(" ".join(field.description.split()))
    section = next(iter(_sections(field.annotation)), None)
    return _lower((section.__doc__ or "").partition("\n")[0]) if section else ""


_SECRET = {"secure": "[secret]"}


def _masked(value: Any) -> Any:
    """Pulumi hands encrypted values over in clear, so whatever a file encrypts is not told."""
    return _SECRET if isinstance(value, dict) and "secure" in value else value


def _without_secrets(value: Any, field: FieldInfo | None) -> Any:
    """Return the value of a field to tell people: what the model says is secret is not told, encrypted or not."""
    if field is None:
        return _masked(value)
    if _is_secret(field):
        return _SECRET
    known = {
        info.alias or name: info
        for section in _sections(field.annotation)
        for name, info in section.model_fields.items()
    }
    if isinstance(value, dict) and known:
        return {key: _without_secrets(item, known.get(key)) for key, item in value.items()}
    return _masked(value)


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in _types(field.annotation)


def _types(annotation: Any) -> list[Any]:
    return [found for argument in get_args(annotation) for found in _types(argument)] or [annotation]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _short(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
