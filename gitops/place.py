"""Puts a tree of files where people keep their repository, without taking anything from them unasked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gitops.tree import KUSTOMIZATION, VALUES
from spec import stack_yaml


class Unreadable(Exception):
    """A file of a repository that is not what it should be; the message has its path."""


@dataclass(frozen=True)
class Plan:
    """What writing files to a directory would do to it, by paths relative to it."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    others: tuple[str, ...]
    """Folders of services that are not among the files; they are left as they are."""


def plan(directory: Path, files: Mapping[str, str]) -> Plan:
    """Compare files, by their paths, with what a directory holds."""
    found: dict[str, list[str]] = {"new": [], "changed": [], "same": []}
    for path, text in files.items():
        there = directory / path
        state = "new" if not there.exists() else "same" if there.read_text() == text else "changed"
        found[state].append(path)
    ours = {"/".join(path.split("/")[:3]) for path in files}
    there_are = sorted(
        each.relative_to(directory).as_posix() for each in directory.glob("services/*/*") if each.is_dir()
    )
    others = tuple(each for each in there_are if each not in ours)
    return Plan(tuple(found["new"]), tuple(found["changed"]), tuple(found["same"]), others)


def write(directory: Path, files: Mapping[str, str]) -> None:
    """Write files, by their paths, into a directory that is made if it is not there."""
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def tags(directory: Path) -> dict[str, str]:
    """Return the versions that a repository runs, by service: what pipelines have written there since it was made.

    Raises Unreadable for a file that no version can be read from: it would be written anew with another one.
    """
    found: dict[str, str] = {}
    for service in directory.glob("services/*/*"):
        for name, tag in ((VALUES, _of_values), (KUSTOMIZATION, _of_kustomization)):
            if (service / name).is_file() and service.name not in found:
                try:
                    given = tag(stack_yaml.load((service / name).read_bytes()) or {})
                except (ValueError, AttributeError, TypeError) as error:
                    where = (service / name).relative_to(directory)
                    raise Unreadable(f"{where}: its image's tag can't be read: {error}; mend or remove it") from None
                if given:
                    found[service.name] = str(given)
    return found


def _of_values(document: Mapping[str, dict[str, str]]) -> str | None:
    return (document.get("image") or {}).get("tag")


def _of_kustomization(document: Mapping[str, list[dict[str, str]]]) -> str | None:
    return next((image.get("newTag") for image in document.get("images") or ()), None)
