"""One emulated cluster: the objects in it, and what its API server and controllers make of them."""

from __future__ import annotations

import base64
import copy
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any, Final, NamedTuple

from sandbox.emulator import Properties, Refused
from sandbox.kubernetes import quota, schema
from sandbox.kubernetes.schema import Definition

_NODE_PORTS: Final = range(30000, 32768)


class Key(NamedTuple):
    """What no two objects have in common. `namespace` is empty for what belongs to the whole cluster."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def id(self) -> str:
        """As Pulumi has it."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Key:
        metadata = obj["metadata"]
        return cls(schema.group_of(obj["apiVersion"]), obj["kind"], metadata.get("namespace", ""), metadata["name"])


@dataclass
class Entry:
    """An object: as it was applied, as it is now, what it takes of a quota, and the release it is part of."""

    applied: Properties
    live: Properties
    demand: quota.Demand
    owner: str = ""


@dataclass
class Release:
    """A Helm release: the document of it, the API groups it brings and the objects that are known of it."""

    document: Properties
    groups: list[str]
    objects: list[Key]
    revision: int = 1


@dataclass
class Cluster:
    """A cluster by the name of its API server."""

    name: str
    entries: dict[Key, Entry] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    version: int = 1

    def __post_init__(self) -> None:
        for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            self.entries.setdefault(Key.of(namespace), Entry({}, namespace, {}, owner="kubernetes"))

    def of_kind(self, kind: str, namespace: str = "") -> list[Properties]:
        """The live objects of one of Kubernetes' own kinds, in a namespace or in all."""
        return [
            entry.live
            for key, entry in self.entries.items()
            if key.kind == kind and namespace in ("", key.namespace) and schema.is_published(key.group)
        ]

    def definition(self, api_version: str, kind: str) -> Definition:
        """What is known of a kind. Raises Refused where the API server has no such kind."""
        group = schema.group_of(api_version)
        if found := schema.published(api_version, kind):
            return found
        brought = any(group in release.groups for release in self.releases.values())
        crds = [crd for crd in self.of_kind("CustomResourceDefinition") if crd["spec"]["group"] == group]
        crds += schema.crds(group) if brought else []
        if found := schema.served(crds, api_version, kind):
            return found
        if brought and not crds:
            return Definition(None, None)
        hint = "" if crds or schema.is_published(group) else ": install the chart that brings it first"
        raise Refused(f'no matches for kind "{kind}" in version "{api_version}"{hint}')

    def admit(self, obj: Properties, owner: str = "", *, replacing: bool = False, partial: bool = False) -> Entry:
        """Take an object in, or in place of the one of its name. Raises Refused as the API server would."""
        key = Key.of(obj)
        old = self.entries.get(key)
        definition = self.definition(obj["apiVersion"], obj["kind"])
        if old and not replacing:
            raise Refused(f'{_resource(key)} "{key.name}" already exists')
        if definition.namespaced is False and key.namespace:
            raise Refused(f"{key.kind} {key.name} belongs to no namespace", "metadata.namespace")
        if key.namespace and Key("", "Namespace", "", key.namespace) not in self.entries:
            raise Refused(f'namespaces "{key.namespace}" not found')
        refuse(obj, definition, partial)
        if key.kind == "LimitRange" and schema.is_published(key.group) and not partial:
            quota.refuse_limits(obj)
        limit_ranges = self.of_kind("LimitRange", key.namespace) if key.namespace else []
        wanted = quota.demand(obj, limit_ranges) if schema.is_published(key.group) else {}
        if quotas := key.namespace and self.of_kind("ResourceQuota", key.namespace):
            quota.check(obj, wanted, self._used(key), quotas)
        if key.kind == "Job":
            wanted = {}  # its pods are gone once it has succeeded
        self.version += 1
        entry = Entry(copy.deepcopy(obj), self._live(key, obj, old), wanted, owner or (old.owner if old else ""))
        self.entries[key] = entry
        return entry

    def remove(self, key: Key) -> None:
        """Delete an object; a namespace with everything in it."""
        self.entries.pop(key, None)
        if key.kind == "Namespace" and not key.group:
            for held in [held for held in self.entries if held.namespace == key.name]:
                del self.entries[held]
            for name in [name for name in self.releases if name.startswith(f"{key.name}/")]:
                self.uninstall(name)

    def uninstall(self, name: str) -> None:
        """Delete a release (`namespace/name`) and its objects, save those that Helm is told to keep."""
        for key in self.releases.pop(name).objects if name in self.releases else ():
            entry = self.entries.get(key)
            if entry and _annotations(entry.applied).get("helm.sh/resource-policy") != "keep":
                self.remove(key)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        entries, releases = dict(self.entries), dict(self.releases)
        try:
            yield
        except Refused:
            self.entries, self.releases = entries, releases
            raise

    def _used(self, but: Key) -> quota.Demand:
        used: quota.Demand = {}
        for key, entry in self.entries.items():
            if key.namespace == but.namespace and key != but:
                for name, amount in entry.demand.items():
                    used[name] = used.get(name, Decimal(0)) + amount
        return used

    def _live(self, key: Key, obj: Properties, old: Entry | None) -> Properties:
        live = copy.deepcopy(obj)
        before = old.live["metadata"] if old else {}
        live["metadata"] |= {
            "uid": before.get("uid") or str(uuid.uuid4()),
            "resourceVersion": str(self.version),
            "creationTimestamp": before.get("creationTimestamp") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "generation": before.get("generation", 0) + 1,
        }
        if schema.is_published(key.group):
            if key.kind == "Service":
                self._expose(key, live, old.live["spec"] if old else {})
            elif key.kind == "Secret":
                text = (live.pop("stringData", None) or {}).items()
                coded = {name: base64.b64encode(value.encode()).decode() for name, value in text}
                live["data"] = (live.get("data") or {}) | coded
                live.setdefault("type", "Opaque")
            if status := _STATUS.get(key.kind):
                live["status"] = status(live, self)
        return live

    def _expose(self, key: Key, live: Properties, before: Properties) -> None:
        spec = live["spec"]
        type = spec.setdefault("type", "ClusterIP")
        if type != "ExternalName" and "clusterIP" not in spec:
            spec["clusterIP"] = before.get("clusterIP") or f"10.96.{self.version // 250 % 250}.{self.version % 250 + 1}"
            spec["clusterIPs"] = [spec["clusterIP"]]
        if type not in ("NodePort", "LoadBalancer"):
            return
        others = [each for each in self.of_kind("Service") if Key.of(each) != key]
        taken = {port.get("nodePort") for each in others for port in each["spec"].get("ports") or ()}
        assigned = {port["port"]: port.get("nodePort") for port in before.get("ports") or ()}
        free = (port for port in count(_NODE_PORTS[100]) if port not in taken)
        for port in spec.get("ports") or ():
            port["nodePort"] = port.get("nodePort") or assigned.get(port["port"]) or next(free)
            if port["nodePort"] not in _NODE_PORTS:
                raise Refused(f"provided port is not in the valid range 30000-32767: {port['nodePort']}")
            if port["nodePort"] in taken:
                raise Refused(f"spec.ports: Invalid value: {port['nodePort']}: provided port is already allocated")
            taken.add(port["nodePort"])

    def holds(self) -> Counter[str]:
        """How many objects and releases there are, without what every cluster has."""
        kinds = Counter(key.kind for key, entry in self.entries.items() if entry.owner != "kubernetes")
        return kinds + Counter({"Release": len(self.releases)})


def refuse(obj: Properties, definition: Definition | None, partial: bool = False) -> None:
    """Raise Refused with everything that is wrong with an object by itself."""
    found = list(schema.mistakes(obj, definition, partial))
    if found:
        what = f"{obj['kind']} {obj['metadata'].get('name', '')}".strip()
        raise Refused(f"{what} is invalid: " + "; ".join(map(str, found[:5])), found[0].path)


def _annotations(obj: Properties) -> Properties:
    return obj["metadata"].get("annotations") or {}


def _resource(key: Key) -> str:
    return f"{key.kind.lower()}s" + (f".{key.group}" if key.group else "")


def _replicas(live: Properties, _: Cluster) -> Properties:
    number, generation = live["spec"].get("replicas", 1), live["metadata"]["generation"]
    counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), number)
    return counts | {"observedGeneration": generation, "conditions": [{"type": "Available", "status": "True"}]}


def _job(live: Properties, _: Cluster) -> Properties:
    at = live["metadata"]["creationTimestamp"]
    conditions = [{"type": "Complete", "status": "True", "lastTransitionTime": at}]
    pods = live["spec"].get("completions", 1)
    return {"succeeded": pods, "startTime": at, "completionTime": at, "conditions": conditions}


def _balancer(live: Properties, cluster: Cluster) -> Properties:
    if live["kind"] == "Service" and live["spec"].get("type") != "LoadBalancer":
        return {"loadBalancer": {}}
    uid = live["metadata"]["uid"].replace("-", "")
    at = {"hostname": f"{uid}.elb.amazonaws.com"} if "amazonaws" in cluster.name else {"ip": "172.18.0.2"}
    return {"loadBalancer": {"ingress": [at]}}


_STATUS: Final = {
    "Namespace": lambda live, _: {"phase": "Active"},
    "PersistentVolumeClaim": lambda live, _: {"phase": "Bound"},
    "Deployment": _replicas,
    "StatefulSet": _replicas,
    "DaemonSet": lambda live, _: (
        dict.fromkeys(("currentNumberScheduled", "desiredNumberScheduled", "numberAvailable", "numberReady"), 1)
        | {"numberMisscheduled": 0}
    ),
    "Job": _job,
    "Service": _balancer,
    "Ingress": _balancer,
}
