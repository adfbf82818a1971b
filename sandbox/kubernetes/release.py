"""Helm releases: charts at hand are rendered by helm, what others bring is read from the list of pins."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft7Validator
from jsonschema.protocols import Validator

from charts.kubernetes_yaml import Yaml
from sandbox.emulator import UNKNOWN, Properties, Refused, contains_unknown
from sandbox.kubernetes.cluster import Cluster, Entry, Key, Release
from sandbox.kubernetes.schema import VERSION
from tools import ensure

PINS: Final = "GROUNDWORK_PINS"
"""Environment variable that names the list of pinned charts; `charts/versions.yaml` without it."""

PACKAGED: Final = "GROUNDWORK_CHARTS"
"""Environment variable that names a folder of `<chart>-<version>.tgz`; a chart found there is rendered too."""

HELM_SECONDS: Final = 120


def check(inputs: Properties) -> Properties:
    """Inputs as the provider normalizes them. Raises Refused for what helm would not have."""
    source, values = inputs["chart"], inputs.get("values") or {}
    for path, value in _leaves(values, "values"):
        if value is None:
            raise Refused(f"{path} is null, most likely an output that nothing filled", path)
    path = _find(source, inputs.get("version"))
    if path is None:
        if source.startswith((".", "/")):
            raise Refused(f'path "{source}" not found', "chart")
        if not inputs.get("version"):
            raise Refused(f"{source}: a version is required, or the newest is installed whichever it is", "version")
        if "://" not in source and not (inputs.get("repositoryOpts") or {}).get("repo"):
            raise Refused(f"{source}: no repository to take it from", "repositoryOpts")
        return inputs
    chart = _chart(path, _modified(path))
    chart.refuse(values)
    if not path.is_dir() and not contains_unknown(inputs):
        _render(path, inputs)
    return inputs | {"version": chart.about["version"]}


def install(cluster: Cluster, inputs: Properties) -> Properties:
    """Install or upgrade; return the outputs of the release. Raises Refused, and then nothing has changed."""
    namespace, name = inputs["namespace"], inputs["name"]
    id = f"{namespace}/{name}"
    old = cluster.releases.get(id)
    path = _find(inputs["chart"], inputs.get("version"))
    with cluster.transaction():
        if inputs.get("createNamespace") and Key("", "Namespace", "", namespace) not in cluster.entries:
            cluster.admit({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        if Key("", "Namespace", "", namespace) not in cluster.entries:
            raise Refused(f'namespaces "{namespace}" not found')
        release = Release(_document(inputs), _groups(inputs), [], old.revision + 1 if old else 1)
        cluster.releases[id] = release
        for obj in _render(path, inputs) if path else ():
            _set_namespace(cluster, obj, namespace)
            release.objects.append(Key.of(_apply(cluster, obj, id).live))
        for key in set(old.objects if old else ()) - set(release.objects):
            cluster.remove(key)
    about = _chart(path, _modified(path)).about if path else _pin(inputs["chart"])
    names: dict[str, list[str]] = {}
    for key in release.objects:
        kind = f"{key.kind}.{key.group}" if key.group else key.kind
        names.setdefault(f"{kind}/{cluster.entries[key].live['apiVersion']}", []).append(key.id)
    status = {
        "name": name,
        "namespace": namespace,
        "chart": Path(inputs["chart"]).name if path is None else about["name"],
        "version": inputs["version"],
        "appVersion": str(about.get("appVersion", "")),
        "revision": release.revision,
        "status": "deployed",
    }
    return {**inputs, "status": status, "resourceNames": {kind: sorted(of) for kind, of in sorted(names.items())}}


def _set_namespace(cluster: Cluster, obj: Properties, namespace: str) -> None:
    """Put what belongs to a namespace and names none into the release's."""
    if cluster.definition(obj["apiVersion"], obj["kind"]).namespaced is not False:
        obj["metadata"].setdefault("namespace", namespace)


def _apply(cluster: Cluster, obj: Properties, owner: str) -> Entry:
    key = Key.of(obj)
    there = cluster.entries.get(key)
    if there and there.owner != owner:
        raise Refused(
            f'Unable to continue with install: {key.kind} "{key.name}" in namespace "{key.namespace}" exists and '
            "cannot be imported into the current release: invalid ownership metadata"
        )
    return cluster.admit(obj, owner, replacing=bool(there))


def _document(inputs: Properties) -> Properties:
    given = {"chart": inputs["chart"], "version": inputs["version"], "values": inputs.get("values") or {}}
    if repository := (inputs.get("repositoryOpts") or {}).get("repo"):
        given["repository"] = repository
    metadata = {"name": inputs["name"], "namespace": inputs["namespace"]}
    return {"apiVersion": "helm.sh/v3", "kind": "Release", "metadata": metadata, "spec": given}


def _find(chart: str, version: str | None) -> Path | None:
    """The chart's folder or archive, if it is at hand."""
    if "://" not in chart and Path(chart).exists():
        return Path(chart)
    folder = os.environ.get(PACKAGED)
    packaged = Path(folder) / f"{chart.rstrip('/').rpartition('/')[2]}-{version}.tgz" if folder else None
    return packaged if packaged and packaged.exists() else None


@dataclass(frozen=True)
class Chart:
    """A chart at hand: its Chart.yaml, its own values, and what its schema says of values."""

    about: Properties
    values: Properties
    validator: Validator

    def refuse(self, values: Mapping[str, Any]) -> None:
        """Raise Refused for values that helm would refuse: all over the chart's own, all at once. UNKNOWN fits."""
        errors = self.validator.iter_errors(merge(self.values, values))
        found = [
            f"{'.'.join(map(str, ['values', *error.absolute_path]))}: {error.message}"
            for error in errors
            if error.instance is not UNKNOWN
        ]
        if found:
            raise Refused(f"values don't meet the chart's schema: {'; '.join(found[:5])}", "values")


def _modified(path: Path) -> int:
    return max(each.stat().st_mtime_ns for each in [path, *path.rglob("*")])


@lru_cache(maxsize=64)
def _chart(path: Path, modified: int) -> Chart:
    """A chart as its files are now; an archive's values are left to helm, whose schema may have parts elsewhere."""
    if not path.is_dir():
        return Chart(yaml.load(_helm("show", "chart", str(path)), Yaml), {}, Draft7Validator({}))
    schema = path / "values.schema.json"
    about, values = (yaml.load((path / name).read_text(), Yaml) for name in ("Chart.yaml", "values.yaml"))
    return Chart(about, values or {}, Draft7Validator(json.loads(schema.read_text()) if schema.exists() else {}))


def merge(base: Any, over: Any) -> Any:
    """`over` laid over `base`, mapping by mapping."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**base, **{key: merge(base.get(key), value) for key, value in over.items()}}
    return over


def _render(path: Path, inputs: Properties) -> list[Properties]:
    """The objects of a chart as helm renders it, hooks left out."""
    values = json.dumps(inputs.get("values") or {}, sort_keys=True)
    options = ("--skip-crds",) if inputs.get("skipCrds") else ("--include-crds",)
    text = _template(str(path), _modified(path), inputs["name"], inputs["namespace"], values, options)
    if renderer := inputs.get("postrender"):
        if not Path(renderer).exists():
            raise Refused(f"unable to find binary at {renderer}", "postrender")
        text = _run([str(Path(renderer).resolve())], text)
    return [obj for obj in yaml.load_all(text, Yaml) if obj]


@lru_cache(maxsize=512)
def _template(chart: str, modified: int, name: str, namespace: str, values: str, options: tuple[str, ...]) -> str:
    where = ("--namespace", namespace, "--kube-version", f"{VERSION}.0")
    command = ("template", name, chart, *where, "--values", "-", "--no-hooks", *options)
    try:
        return _helm(*command, given=values)
    except Refused as refusal:
        # A schema with parts on a web site, which the sandbox does not go to: what it says cannot be asked.
        if "failing loading" not in refusal.reason:
            raise
        return _helm(*command, "--skip-schema-validation", given=values)


def _helm(*arguments: str, given: str = "") -> str:
    return _run([str(ensure("helm")), *arguments], given)


def _run(command: list[str], given: str) -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=HELM_SECONDS)
    if done.returncode:
        raise Refused(done.stderr.strip().removeprefix("Error: "), "values")
    return done.stdout


@lru_cache(maxsize=4)
def _pins(path: str) -> dict[str, Any]:
    return yaml.safe_load(Path(path).read_text()) if Path(path).exists() else {}


def _pin(chart: str) -> dict[str, Any]:
    """What the list of pins says about a chart, which may be referred to by name, OCI address or archive."""
    base = chart.rstrip("/").rpartition("/")[2]
    for key, pin in _pins(os.environ.get(PINS, "charts/versions.yaml")).items():
        name = pin.get("chart", key)
        if base in (name, f"{name}-{pin['version']}.tgz"):
            return pin
    return {}


def _groups(inputs: Properties) -> list[str]:
    """The API groups whose CRDs a chart brings with these values."""
    pin = _pin(inputs["chart"])
    for switch, default in (pin.get("crdsSwitch") or {}).items():
        value: Any = inputs.get("values") or {}
        for step in switch.split("."):
            value = value.get(step, default) if isinstance(value, Mapping) else value
        if not value:
            return []
    return [] if inputs.get("skipCrds") and "crdsSwitch" not in pin else list(pin.get("crds", ()))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    match value:
        case Mapping():
            for key, item in value.items():
                yield from _leaves(item, f"{path}.{key}")
        case list():
            for index, item in enumerate(value):
                yield from _leaves(item, f"{path}[{index}]")
        case _:
            yield path, value
