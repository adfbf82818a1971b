"""What Helm and Kustomize make of a repository, as the engines of GitOps have them do it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from charts.kubernetes_yaml import Yaml
from tools import ensure

KUBERNETES = "1.35.0"
"""The Kubernetes that charts are rendered for."""

_SECONDS = 60


class NotRendered(Exception):
    """A folder that can't be rendered; the message is the tool's own."""


def helm(chart: Path, name: str, namespace: str, values: Mapping[str, Any] | Path) -> list[dict[str, Any]]:
    """Return the objects that Helm makes of a chart with ``values``, given or in a file. Raises NotRendered."""
    given = (str(values), "") if isinstance(values, Path) else ("-", json.dumps(values))
    where = ("--namespace", namespace, "--kube-version", KUBERNETES)
    return _objects(["helm", "template", name, str(chart), *where, "--values", given[0]], given[1])


def kustomize(folder: Path) -> list[dict[str, Any]]:
    """Return the objects that Kustomize makes of a folder. Raises NotRendered."""
    return _objects(["kustomize", "build", str(folder)])


def _objects(command: Sequence[str], given: str = "") -> list[dict[str, Any]]:
    program, *arguments = command
    done = subprocess.run(
        [str(ensure(program)), *arguments], input=given, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode:
        raise NotRendered(done.stderr.strip().removeprefix("Error: "))
    return [each for each in yaml.load_all(done.stdout, Yaml) if each]
