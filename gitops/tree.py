"""The files of a repository, by their paths in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gitops import documents, render
from gitops.layout import Layout
from gitops.program import Release
from spec.load import ROOT
from spec.platform import Platform
from spec.services import Service

CHART = Path("charts/service")
VALUES, KUSTOMIZATION = "values.yaml", "kustomization.yaml"

Files = dict[str, str]

_README = Path(__file__).with_name("readme.md")


def files(platform: Platform, releases: Sequence[Release], layout: Layout) -> Files:
    """Return every file of the repository of ``platform``, each a text."""
    found = {"README.md": _readme(platform, layout)}
    if layout.manifests == "helm":
        found |= _chart()
    waves = _waves(platform.services)
    by_name = {release.name: release for release in releases}
    for service in platform.services:
        release = by_name[service.name]
        used = [by_name[name] for name in service.uses if waves.get(name, waves[service.name]) < waves[service.name]]
        found |= {f"{folder(release)}/{name}": text for name, text in _service(release, used, layout).items()}
        if layout.kind == "appOfApps":
            found[f"apps/{release.name}.yaml"] = _yaml(documents.child(release, layout, waves[service.name]))
    if layout.kind == "flux":
        folders = sorted(f"{release.namespace}/{release.name}" for release in releases)
        found[f"services/{KUSTOMIZATION}"] = _yaml(documents.kustomization(resources=folders))
    return found


def folder(release: Release) -> str:
    """Return the folder of a service: its namespace and its name are the last two of its parts."""
    return f"services/{release.namespace}/{release.name}"


def _service(release: Release, used: Sequence[Release], layout: Layout) -> Files:
    if layout.manifests == "kustomize":
        objects = render.helm(ROOT / CHART, release.name, release.namespace, release.values)
        image = release.values["image"]
        return {
            KUSTOMIZATION: _yaml(documents.plain_service(image["repository"], image["tag"], objects)),
            "manifests.yaml": yaml.dump_all(objects, Dumper=_Dumper, sort_keys=False, width=120),
        }
    found = {VALUES: values_text(release.values)}
    if layout.kind == "flux":
        found["release.yaml"] = _yaml(documents.helm_release(release, used, layout))
        found[KUSTOMIZATION] = _yaml(documents.flux_service(release))
    return found


def values_text(values: Mapping[str, Any]) -> str:
    """Return values.yaml: what differs from the chart's own values, in the chart's order."""
    own = _chart_values()
    # Rendered nowhere: it tells Pulumi that a template has changed, which a repository shows by itself.
    given = {key: values[key] for key in own if key in values and key != "chartDigest"}
    return _yaml({key: _ordered(value) for key, value in given.items() if value != own[key]})


def _ordered(value: Any) -> Any:
    """Return a value whose keys have one order, whichever the program gave them in: names first."""
    match value:
        case dict():
            keys = sorted(value, key=lambda key: (key != "name", key))
            return {key: _ordered(value[key]) for key in keys}
        case list():
            return [_ordered(item) for item in value]
    return value


@cache
def _chart_values() -> dict[str, Any]:
    return yaml.safe_load((ROOT / CHART / VALUES).read_text())


def _chart() -> Files:
    root = ROOT / CHART
    return {
        (CHART / path.relative_to(root)).as_posix(): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _waves(services: Sequence[Service]) -> dict[str, int]:
    """Return for each service how many have to be there before it, one after the other: those that it uses.

    Services that use each other, directly or by others, can't wait for each other and share a wave.
    """
    uses = {service.name: set(service.uses) for service in services}
    reached: dict[str, set[str]] = {name: set() for name in uses}
    for name in uses:
        todo = [name]
        while todo:
            for used in uses[todo.pop()] & uses.keys():
                if used not in reached[name]:
                    reached[name].add(used)
                    todo.append(used)

    @cache
    def wave(name: str) -> int:
        before = [used for used in reached[name] if name not in reached[used]]
        return 1 + max(map(wave, before)) if before else 0

    return {name: wave(name) for name in uses}


def _readme(platform: Platform, layout: Layout) -> str:
    """Return the page that tells people of this repository what is where."""
    kept = {layout.kind, layout.manifests}
    text = re.sub(
        r"<!-- (\S+) -->\n(.*?)<!-- end -->\n",
        lambda match: match[2] if match[1] in kept else "",
        _README.read_text(),
        flags=re.DOTALL,
    )
    return text.replace("{platform}", platform.name)


class _Dumper(yaml.SafeDumper):
    """YAML that is read by people: lists are indented, and what is there twice is written twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(document: Mapping[str, Any]) -> str:
    return yaml.dump(json.loads(json.dumps(document)), Dumper=_Dumper, sort_keys=False, width=120)
