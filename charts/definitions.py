"""The CustomResourceDefinitions of charts in a mirror, for what checks custom resources (`GROUNDWORK_CRDS`)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from charts.archive import definitions
from charts.kubernetes_yaml import Yaml
from charts.pins import Pin
from tools import ensure

_HELM_SECONDS = 120


class NoDefinitions(Exception):
    """A chart that does not define what it is pinned for, and why."""


def write_definitions(pins: Iterable[Pin], mirror: Path, directory: Path) -> Iterator[tuple[Pin, int]]:
    """Write those of every chart in ``mirror`` that brings some into ``directory``, and yield how many they are.

    Raises NoDefinitions.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for pin in pins:
        archive = mirror / pin.archive
        if pin.crds and archive.exists():
            beside = "\n---\n".join(definitions(archive.read_bytes()))
            # Those that a value decides about are among the templates.
            found = _defined(beside) or _defined(_rendered(pin, archive))
            if missing := set(pin.crds) - {each["spec"]["group"] for each in found}:
                raise NoDefinitions(f"{archive} defines nothing of {', '.join(sorted(missing))}")
            (directory / f"{pin.stem}.yaml").write_text(yaml.safe_dump_all(found, sort_keys=False))
            yield pin, len(found)


def _defined(text: str) -> list[dict[str, Any]]:
    documents = (each for each in yaml.load_all(text, Yaml) if each)
    return [each for each in documents if each["kind"] == "CustomResourceDefinition"]


def _rendered(pin: Pin, archive: Path) -> str:
    switches = [f"--set={switch}=true" for switch in pin.crds_switches]
    command = [str(ensure("helm")), "template", pin.chart, str(archive), *switches]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_HELM_SECONDS)
    if done.returncode:
        raise NoDefinitions(f"{archive}: {done.stderr.strip().removeprefix('Error: ')}")
    return done.stdout
