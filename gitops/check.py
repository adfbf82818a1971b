"""Checks a repository before an engine of GitOps reads it: every path exists, Kustomize builds, Helm renders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from components.argocd_documents import folder
from gitops import render
from gitops.tree import CHART, KUSTOMIZATION, VALUES

Object = Mapping[str, Any]

# What pods may ask of Istio's injection that a namespace of nothing but mutual TLS does not bear.
# https://istio.io/latest/docs/reference/config/annotations/
_OPT_OUTS = {
    "sidecar.istio.io/inject": "without a proxy it is neither let in by others nor kept from anybody",
    "sidecar.istio.io/rewriteAppHTTPProbers": "probes come without mutual TLS, and pods would never be ready",
}
_NO = {"false", "f", "0", "no", "n", "off"}


@dataclass
class Report:
    """What a repository delivers, and what is wrong with it."""

    objects: dict[tuple[str, str], list[Object]] = field(default_factory=dict)
    """By namespace and service: what an engine would apply."""
    problems: list[str] = field(default_factory=list)


def check(root: Path, path: str = "/") -> Report:
    """Return what the tree at ``root`` delivers; ``path`` is where the repository has it."""
    report = Report()
    services = [each for each in sorted(root.glob("services/*/*")) if each.is_dir()]
    if not services:
        report.problems.append("services: holds no folder <namespace>/<service>")
    # Each waits for a program of its own.
    with ThreadPoolExecutor() as pool:
        for each, made in zip(services, pool.map(lambda service: _service(root, service), services), strict=True):
            if isinstance(made, str):
                report.problems.append(f"{each.relative_to(root)}: {made}")
            else:
                report.objects[each.parent.name, each.name] = made
                report.problems += _placed(each.parent.name, made)
    report.problems += _outside_the_mesh(root, report)
    report.problems += [*_applications(root, folder(path), services), *_flux(root, folder(path), services)]
    return report


def _service(root: Path, service: Path) -> list[Object] | str:
    """Return the objects of a service's folder, or what is wrong with it."""
    try:
        if (service / VALUES).is_file():
            return list(render.helm(root / CHART, service.name, service.parent.name, service / VALUES))
        if (service / KUSTOMIZATION).is_file():
            return list(render.kustomize(service))
    except render.NotRendered as error:
        return str(error)
    return f"has neither {VALUES} nor {KUSTOMIZATION}"


def _placed(namespace: str, objects: Sequence[Object]) -> Iterator[str]:
    """Whatever a service's folder holds belongs to the folder's namespace."""
    for each in objects:
        has = each["metadata"].get("namespace")
        if has != namespace:
            yield f"{each['kind']} {each['metadata']['name']}: is in namespace {has}, in the folder of {namespace}"


def _outside_the_mesh(root: Path, report: Report) -> Iterator[str]:
    """In a mesh, pods keep the proxy that lets callers in, and that hands the kubelet's probes on."""
    objects = [(place, each) for place, found in report.objects.items() for each in found]
    if not any(each["kind"] == "AuthorizationPolicy" for _, each in objects):
        return
    for (namespace, service), each in objects:
        template = (each.get("spec") or {}).get("template") or {}
        metadata = template.get("metadata") or {}
        for key, consequence in _OPT_OUTS.items():
            said = {str((metadata.get(part) or {}).get(key, "")).lower() for part in ("labels", "annotations")}
            if said & _NO:
                place = _where(root / "services" / namespace / service, key).relative_to(root)
                yield f"{place}: {each['kind']} {each['metadata']['name']} has {key} off: {consequence}; remove it"


def _where(folder: Path, key: str) -> Path:
    """Return the file of a folder that has a key off; the folder where none says so."""
    off = re.compile(rf"""{re.escape(key)}["']?\s*:\s*["']?({"|".join(_NO)})\b""", re.IGNORECASE)
    return next((file for file in sorted(folder.rglob("*.yaml")) if off.search(file.read_text())), folder)


def _applications(root: Path, prefix: str, services: Sequence[Path]) -> Iterator[str]:
    """An App of Apps has an Application for each service, and each leads to folders and files that exist."""
    found = sorted(root.glob("apps/*.yaml"))
    if not found:
        return
    named = set()
    for file in found:
        name = file.relative_to(root)
        try:
            application = yaml.safe_load(file.read_text())
            source = application["spec"]["source"]
            named.add((application["spec"]["destination"]["namespace"], application["metadata"]["name"]))
            led = [source["path"], *((source.get("helm") or {}).get("valueFiles") or ())]
        except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            yield f"{name}: is no Application with a destination and a source: {error!r}"
            continue
        for led_to in led:
            if not _leads_somewhere(root, prefix, led_to):
                yield f"{name}: leads to {led_to}, which does not exist"
    for service in services:
        if (service.parent.name, service.name) not in named:
            yield f"{service.relative_to(root)}: no Application in apps delivers it"


def _leads_somewhere(root: Path, prefix: str, led_to: str) -> bool:
    """Return whether a path of the repository exists in the tree that stands in its folder ``prefix``."""
    path = PurePosixPath(led_to.strip("/"))
    return path.is_relative_to(prefix) and (root / path.relative_to(prefix)).exists()


def _flux(root: Path, prefix: str, services: Sequence[Path]) -> Iterator[str]:
    """Flux builds one tree; its releases name a chart, values and other releases that are in it."""
    if not (root / "services" / KUSTOMIZATION).is_file():
        return
    try:
        objects = render.kustomize(root / "services")
    except render.NotRendered as error:
        yield f"services: {error}"
        return
    known = {(each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]): each for each in objects}
    delivered = {(namespace, name) for _, namespace, name in known}
    for service in services:
        if (service.parent.name, service.name) not in delivered:
            yield f"{service.relative_to(root)}: services/{KUSTOMIZATION} does not list it"
    for (kind, namespace, name), each in known.items():
        if kind != "HelmRelease":
            continue
        spec = each["spec"]
        if not _leads_somewhere(root, prefix, spec["chart"]["spec"]["chart"].removeprefix("./")):
            yield f"HelmRelease {name}: leads to {spec['chart']['spec']['chart']}, which does not exist"
        for values in spec.get("valuesFrom") or ():
            there = known.get((values["kind"], namespace, values["name"]))
            if there is None or VALUES not in there.get("data", {}):
                yield f"HelmRelease {name}: has values from {values['name']}, which does not exist"
        for other in spec.get("dependsOn") or ():
            if ("HelmRelease", other.get("namespace", namespace), other["name"]) not in known:
                yield f"HelmRelease {name}: waits for {other['name']}, which does not exist"
