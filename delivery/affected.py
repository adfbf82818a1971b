"""Which stacks a change can affect, and why: what a pull request has to preview."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from delivery import graphs, modules
from delivery.git import Git

Files = Mapping[str, str]
Reasons = dict[str, list[str]]
"""For each stack that is affected, why."""

# Paths that no stack is made from: a change there can't show in a preview.
_WITHOUT_EFFECT = (
    ".ci/", ".github/", "bench/", "cost/", "delivery/", "docs/", "gitops/", "load/", "overlays/", "sandbox/", "schema/",
    "smoke/", "tests/", "tools/",
    ".editorconfig", ".gitignore", ".pre-commit-config.yaml", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md",
    "pyproject.toml", "renovate.json", "requirements-dev.txt", "requirements.txt",
)  # fmt: skip

_STACK_FILE = re.compile(r"Pulumi\.([^/]+)\.yaml")
_CHARTS = "charts/versions.yaml"
_LOCK = "requirements.lock"
# What of a chart's entry reaches a release; the rest is for the reader.
_INSTALLED = ("repository", "chart", "version")


@dataclass(frozen=True)
class _Side:
    """The project before or after the change."""

    files: Files
    graphs: Mapping[str, Any]

    @classmethod
    def of(cls, files: Files) -> _Side:
        return cls(files, graphs.read(files))

    def releases(self, stack: str) -> set[str]:
        """Charts that a stack installs, by their own names."""
        nodes = self.graphs.get(stack, {}).values()
        charts = (node.get("inputs", {}).get("chart") for node in nodes if node["type"].endswith(":Release"))
        return {PurePosixPath(chart).name for chart in charts if chart}

    def modules(self, stack: str) -> set[str]:
        return modules.used(self.files, {node["type"] for node in self.graphs.get(stack, {}).values()})


def affected(git: Git, base: str, head: str) -> Reasons:
    """Return the stacks that the commits of ``head`` since it left ``base`` can affect, each with the reasons."""
    start = git("merge-base", base, head)
    paths = [path for path in git("diff", "--name-only", "--no-renames", "-z", start, head).split("\0") if path]
    return by_files(git.files(start), git.files(head), paths)


def by_files(before: Files, after: Files, paths: list[str]) -> Reasons:
    """Return the stacks that a change of these ``paths`` can affect, from the project's files on both sides of it."""
    sides = _Side.of(before), _Side.of(after)
    stacks = sorted(m[1] for path in after if (m := _STACK_FILE.fullmatch(path)))
    found: Reasons = {}
    # What is costly to find is found once, and only if a path asks for it.
    run = {stack: _once(lambda s=stack: set().union(*(side.modules(s) for side in sides))) for stack in stacks}
    for path in paths:
        for stack in stacks:
            if reason := _reason(path, stack, sides, run[stack]):
                found.setdefault(stack, []).append(reason)
    return found


def _once(make: Callable[[], set[str]]) -> Callable[[], set[str]]:
    made: list[set[str]] = []

    def get() -> set[str]:
        if not made:
            made.append(make())
        return made[0]

    return get


def _reason(path: str, stack: str, sides: tuple[_Side, _Side], run: Callable[[], set[str]]) -> str:
    """Why a changed path affects a stack; empty where it doesn't. What is not known affects all."""
    if match := _STACK_FILE.fullmatch(path) or graphs.FILE.fullmatch(path):
        what = "its stack file" if path.startswith("Pulumi") else "its reviewed graph"
        return f"{what} changed" if match[1] == stack else ""
    if path == _CHARTS:
        return _changed_charts(stack, sides)
    if path == _LOCK:
        changed = _changed_packages(*(side.files.get(path, "") for side in sides))
        return f"the program's packages changed: {', '.join(changed)}" if changed else ""
    if path.startswith(_WITHOUT_EFFECT):
        return ""
    if path.startswith("charts/"):
        chart = path.split("/")[1]
        return f"the chart {chart} changed" if any(chart in side.releases(stack) for side in sides) else ""
    if path.startswith(("components/", "spec/", "stacks/")):
        return f"it runs {path}" if _runs(path, sides, run()) else ""
    return f"{path} changed"


def _runs(path: str, sides: tuple[_Side, _Side], run: set[str]) -> bool:
    """Whether a stack runs a module; for another kind of file, whether it runs one of the nearest modules above it."""
    if path.endswith(".py"):
        return path in run
    for folder in PurePosixPath(path).parents:
        names = {each for side in sides for each in side.files if each.endswith(".py")}
        own = {each for each in names if PurePosixPath(each).parent == folder}
        # A package's __init__ is run for the sake of any module below it: it tells only where it is alone.
        if own:
            return bool((own - {f"{folder}/__init__.py"} or own) & run)
    return True


def _changed_charts(stack: str, sides: tuple[_Side, _Side]) -> str:
    before, after = (yaml.safe_load(side.files.get(_CHARTS, "")) or {} for side in sides)
    changed = {
        key: (before.get(key, {}).get("version", "new"), after.get(key, {}).get("version", "gone"))
        for key in sorted(before.keys() | after.keys())
        if any(before.get(key, {}).get(part) != after.get(key, {}).get(part) for part in _INSTALLED)
    }
    installed = set().union(*(side.releases(stack) for side in sides))
    said = [
        f"{key} {old} → {new}"
        for key, (old, new) in changed.items()
        if (after.get(key) or before[key]).get("chart", key) in installed
    ]
    return f"charts changed: {', '.join(said)}" if said else ""


def _changed_packages(before: str, after: str) -> list[str]:
    """Packages of the program whose version changed; those of tests and checks do not count."""
    old, new = _packages(before), _packages(after)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _packages(lock: str) -> dict[str, str]:
    """The packages that requirements.txt leads to, with their versions, by the `# via` notes of the lock."""
    versions: dict[str, str] = {}
    via: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\S)", lock):
        if match := re.match(r"([\w.-]+)==(\S+)", block):
            name = match[1]
            versions[name] = match[2]
            notes = block.partition("# via")[2]
            via[name] = set(re.findall(r"[\w.-]+(?: requirements[\w.-]*\.txt)?", notes.replace("#", " ")))
    program = {name for name, notes in via.items() if "-r requirements.txt" in notes}
    while grown := {name for name, notes in via.items() if notes & program} - program:
        program |= grown
    return {name: versions[name] for name in program}
