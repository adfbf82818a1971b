"""What kinds there are, and what their objects may hold: Kubernetes' published schemas, and CRDs."""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft4Validator, Draft202012Validator
from jsonschema.protocols import Validator

from charts.kubernetes_yaml import Yaml
from sandbox.emulator import UNKNOWN

VERSION: Final = os.environ.get("GROUNDWORK_KUBERNETES", "1.35")
"""Minor version of every emulated cluster."""

CRD_FOLDER: Final = "GROUNDWORK_CRDS"
"""Environment variable that names a folder of CRDs; without it a custom resource's fields go unchecked."""

CLUSTER_SCOPED: Final = {
    *("APIService", "CSIDriver", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass"),
    *("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "Namespace"),
    *("Node", "PersistentVolume", "PriorityClass", "RuntimeClass", "StorageClass", "ValidatingAdmissionPolicy"),
    *("ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "VolumeAttributesClass"),
}

_LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_DNS_LABEL = re.compile(r"(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_PATH_SEGMENT = re.compile(r"[^/%]+")
_NAMES = {"Namespace": _DNS_LABEL, "Service": _DNS_LABEL} | dict.fromkeys(
    ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), _PATH_SEGMENT
)


@dataclass(frozen=True)
class Definition:
    """A kind. `namespaced` is None where only the cluster would know; `validator` None goes unchecked."""

    validator: Validator | None
    namespaced: bool | None


@dataclass(frozen=True)
class Mistake:
    """What is wrong with an object, and the path of it."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def group_of(api_version: str) -> str:
    """`apps/v1` -> `apps`; the core group's name is empty."""
    return api_version.rpartition("/")[0]


@cache
def _published() -> tuple[dict[str, Any], dict[tuple[str, str, str], str]]:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{VERSION}.0-local-strict"
    document = json.loads((folder / "_definitions.json").read_text())
    kinds = {
        (kind["group"], kind["version"], kind["kind"]): name
        for name, schema in document["$defs"].items()
        for kind in schema.get("x-kubernetes-group-version-kind", ())
    }
    return document, kinds


def is_published(group: str) -> bool:
    """Whether an API group is Kubernetes' own."""
    return any(known == group for known, _, _ in _published()[1])


@cache
def published(api_version: str, kind: str) -> Definition | None:
    """A kind of Kubernetes itself; None if this version of Kubernetes has none of that name."""
    document, kinds = _published()
    name = kinds.get((group_of(api_version), api_version.rpartition("/")[2], kind))
    if name is None:
        return None
    # The bundled schema allows null wherever a field is optional: so does the API server.
    validator = Draft202012Validator({**document, "$id": f"urn:{name}", "$ref": f"#/$defs/{name}"})
    return Definition(validator, kind not in CLUSTER_SCOPED)


@cache
def _folder(group: str, folder: str) -> list[dict[str, Any]]:
    texts = (path.read_text() for path in sorted(Path(folder).glob("*.y*ml")))
    documents = (yaml.load_all(text, Yaml) for text in texts if f"group: {group}" in text)
    return [crd for file in documents for crd in file if crd and crd.get("spec", {}).get("group") == group]


def crds(group: str) -> list[dict[str, Any]]:
    """The CRDs of a group in the folder that the environment names."""
    folder = os.environ.get(CRD_FOLDER)
    return _folder(group, folder) if folder else []


def served(crds: Iterable[Mapping[str, Any]], api_version: str, kind: str) -> Definition | None:
    """The kind as one of the CRDs of its group defines it, if that version is served."""
    for spec in (crd["spec"] for crd in crds if crd["spec"]["names"]["kind"] == kind):
        for version in spec["versions"]:
            if version["name"] == api_version.rpartition("/")[2] and version["served"]:
                fields = version.get("schema", {}).get("openAPIV3Schema")
                return Definition(fields and _structural(json.dumps(fields)), spec["scope"] == "Namespaced")
    return None


@lru_cache(maxsize=256)
def _structural(schema: str) -> Validator:
    closed = _closed(json.loads(schema))
    closed.setdefault("properties", {}).update({key: {} for key in ("apiVersion", "kind", "metadata")})
    return Draft4Validator(closed)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """A structural schema that refuses fields it does not name, as strict field validation does."""
    closed = copy.copy(schema)
    if properties := schema.get("properties"):
        closed["properties"] = {name: _closed(field) for name, field in properties.items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            closed.setdefault("additionalProperties", False)
            if schema.get("x-kubernetes-embedded-resource"):
                for name in ("apiVersion", "kind", "metadata"):
                    closed["properties"].setdefault(name, {})
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            closed[name] = _closed(schema[name])
    if schema.get("nullable") and "type" in schema:
        closed["type"] = [schema["type"], "null"]
    return closed


def mistakes(obj: Mapping[str, Any], definition: Definition | None, partial: bool = False) -> Iterator[Mistake]:
    """What the API server would refuse about an object by itself. UNKNOWN fits everywhere.

    partial: it is a patch, which need not have what is required.
    """
    if definition and definition.validator and obj["kind"] != "CustomResourceDefinition":
        for error in definition.validator.iter_errors(obj):
            if error.instance is UNKNOWN or (partial and error.validator == "required"):
                continue
            yield Mistake(_path(error.absolute_path), _said(error.message))
    yield from _metadata(obj["kind"], obj["metadata"], "metadata")
    template = _at(obj, "spec", "template", "metadata")
    # Only there is it a pod's: an ApplicationSet's template has placeholders for a name.
    if isinstance(template, Mapping) and group_of(obj["apiVersion"]) in ("", "apps", "batch"):
        yield from _metadata("", template, "spec.template.metadata")
        selector = _at(obj, "spec", "selector", "matchLabels") or {}
        labels = template.get("labels") or {}
        if group_of(obj["apiVersion"]) == "apps" and any(
            UNKNOWN not in (value, labels.get(key)) and labels.get(key) != value for key, value in selector.items()
        ):
            yield Mistake("spec.template.metadata.labels", f"`selector` {selector} does not match template `labels`")


def _metadata(kind: str, metadata: Mapping[str, Any], path: str) -> Iterator[Mistake]:
    name = metadata.get("name")
    if isinstance(name, str) and not _NAMES.get(kind, _SUBDOMAIN).fullmatch(name):
        yield Mistake(f"{path}.name", f"{name!r} is not a valid name: lowercase RFC 1123 expected")
    for key, value in (metadata.get("labels") or {}).items():
        if not _KEY.fullmatch(key):
            yield Mistake(f"{path}.labels", f"{key!r} is not a valid label key")
        if isinstance(value, str) and not _LABEL.fullmatch(value):
            yield Mistake(f"{path}.labels.{key}", f"{value!r} is not a valid label value")


def _at(value: Any, *path: str) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _path(steps: Any) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def _said(message: str) -> str:
    unexpected = re.fullmatch(r"Additional properties are not allowed \((.+) (?:was|were) unexpected\)", message)
    return f"unknown field {unexpected[1]}" if unexpected else message[:300]
