"""The provider of the package: names, defaults and replacements as pulumi-kubernetes has them."""

from __future__ import annotations

import copy
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import yaml

from sandbox.emulator import UNKNOWN, Emulator, Properties, Refused, Resource, Secret
from sandbox.kubernetes import release, schema
from sandbox.kubernetes.cluster import Cluster, Key, refuse

RELEASE: Final = "kubernetes:helm.sh/v3:Release"
_AUTONAMED: Final = "pulumi.com/autonamed"
_IDENTITY: Final = ("metadata.name", "metadata.namespace")

# What cannot be changed in place, from the table of pulumi-kubernetes v4 (provider/pkg/provider/diff.go).
_FORCE_NEW: Final = {
    "/PersistentVolume": tuple(f"spec.{source}" for source in ("csi", "hostPath", "local", "nfs")),
    "/PersistentVolumeClaim": tuple(
        f"spec.{field}" for field in ("accessModes", "selector", "storageClassName", "volumeName")
    ),
    "/Pod": ("spec",),
    "/ResourceQuota": ("spec.scopes",),
    "/Secret": ("type", "stringData", "data"),
    "/ConfigMap": ("binaryData", "data"),
    "/Service": ("spec.clusterIP",),
    "apps/DaemonSet": ("spec.selector",),
    "apps/Deployment": ("spec.selector",),
    "apps/StatefulSet": tuple(
        f"spec.{field}"
        for field in ("podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates")
    ),
    "batch/Job": tuple(f"spec.{field}" for field in ("completions", "parallelism", "selector", "template")),
    "rbac.authorization.k8s.io/ClusterRoleBinding": ("roleRef",),
    "rbac.authorization.k8s.io/RoleBinding": ("roleRef",),
    "storage.k8s.io/StorageClass": ("parameters", "provisioner"),
}
# Provider options that allow a change of the data in place.
_MUTABLE: Final = {"/Secret": "enableSecretMutable", "/ConfigMap": "enableConfigMapMutable"}


class Kubernetes(Emulator):
    """Clusters by their identifier, so that two providers of one cluster see the same objects."""

    package = "kubernetes"

    def __init__(self) -> None:
        self._clusters: dict[str, Cluster] = {}
        self._configs: dict[str, Properties] = {}

    def configure(self, provider: str, config: Properties) -> None:
        self._configs[provider] = config

    def replaces_provider(self, olds: Properties, news: Properties) -> list[str]:
        return [] if _identifier(olds) == _identifier(news) else ["kubeconfig"]

    def cluster(self, provider: str) -> Cluster:
        """The cluster that a provider instance is configured for. Raises Refused while it is not known."""
        name = _identifier(self._configs.get(provider, {}))
        if name is UNKNOWN:
            raise Refused("configured Kubernetes cluster is unreachable: the kubeconfig is not known")
        return self._clusters.setdefault(name, Cluster(name))

    def check(self, r: Resource, olds: Properties, news: Properties) -> Properties:
        inputs = copy.deepcopy(news)
        default = {"namespace": self._configs.get(r.provider, {}).get("namespace") or "default"}
        if r.type == RELEASE:
            return release.check({"name": olds.get("name") or _autoname(r), **default, **inputs})
        missing = [key for key in ("apiVersion", "kind") if not isinstance(inputs.get(key), str)]
        if missing or r.type.endswith("List"):
            raise Refused(f"the sandbox does not have the resource {r.type}")
        metadata = inputs.setdefault("metadata", {})
        if "name" not in metadata:
            if _is_patch(r):
                raise Refused("a patch needs the name of what it patches", "metadata.name")
            metadata["name"] = olds.get("metadata", {}).get("name") or _autoname(r)
            metadata["annotations"] = {**(metadata.get("annotations") or {}), _AUTONAMED: "true"}
        definition = self._known(r, inputs)
        if definition and definition.namespaced:
            inputs["metadata"] = default | metadata
        refuse(inputs, definition, _is_patch(r))
        return inputs

    def replaces(self, r: Resource, olds: Properties, news: Properties) -> list[str]:
        if r.type == RELEASE:
            return [key for key in ("name", "namespace") if olds.get(key) != news.get(key)]
        kind = f"{schema.group_of(news['apiVersion'])}/{news['kind']}"
        fields = _FORCE_NEW.get(kind, ())
        if not news.get("immutable") and self._configs.get(r.provider, {}).get(_MUTABLE.get(kind, "")) in (
            True,
            "true",
        ):
            fields = tuple(field for field in fields if field == "type")
        return [path for path in (*_IDENTITY, *fields) if _at(olds, path) != _at(news, path)]

    def never_settles(self, r: Resource, news: Properties) -> list[str]:
        """An API server keeps no empty map in metadata. The provider knows that of Kubernetes' own kinds alone."""
        if r.type == RELEASE or schema.is_published(schema.group_of(news["apiVersion"])):
            return []
        empty = any(news["metadata"].get(key) == {} for key in ("annotations", "labels"))
        return ["metadata"] if empty else []

    def delete_before_replace(self, r: Resource, news: Properties) -> bool:
        annotations = _at(news, "metadata.annotations") or {}
        return r.type != RELEASE and _AUTONAMED not in annotations

    def preview(self, r: Resource, inputs: Properties) -> Properties:
        known = {**inputs, "status": UNKNOWN}
        if r.type == RELEASE:
            return known | {"resourceNames": UNKNOWN}
        known["metadata"] = {**inputs["metadata"], "uid": UNKNOWN, "resourceVersion": UNKNOWN}
        if inputs["kind"] == "Service" and isinstance(inputs.get("spec"), dict):
            known["spec"] = {"clusterIP": UNKNOWN, **inputs["spec"]}
        return known

    def create(self, r: Resource, inputs: Properties) -> tuple[str, Properties]:
        cluster = self.cluster(r.provider)
        if r.type == RELEASE:
            id = f"{inputs['namespace']}/{inputs['name']}"
            if id in cluster.releases:
                raise Refused("cannot re-use a name that is still in use")
            return id, release.install(cluster, inputs)
        key = Key.of(inputs)
        if _is_patch(r):
            return key.id, self._patch(cluster, inputs)
        return key.id, _outputs(inputs, cluster.admit(inputs).live)

    def read(
        self, r: Resource, id: str, inputs: Properties, outputs: Properties
    ) -> tuple[Properties, Properties] | None:
        cluster = self.cluster(r.provider)
        if r.type == RELEASE:
            return (inputs, outputs) if id in cluster.releases else None
        namespace, _, name = id.rpartition("/")
        api_version, kind = inputs.get("apiVersion") or r.type.split(":")[1], inputs.get("kind") or r.type.split(":")[2]
        group = schema.group_of(api_version.removeprefix("core/"))
        entry = cluster.entries.get(Key(group, kind.removesuffix("Patch"), namespace, name))
        if entry is None:
            return None
        return (_drifted(inputs, entry.live) if inputs else entry.applied), _outputs(inputs, entry.live)

    def update(self, r: Resource, id: str, olds: Properties, news: Properties, outputs: Properties) -> Properties:
        cluster = self.cluster(r.provider)
        if r.type == RELEASE:
            return release.install(cluster, news)
        if _is_patch(r):
            return self._patch(cluster, news)
        return _outputs(news, cluster.admit(news, replacing=True).live)

    def delete(self, r: Resource, id: str, outputs: Properties) -> None:
        cluster = self.cluster(r.provider)
        if r.type == RELEASE:
            cluster.uninstall(id)
        elif outputs.get("kind"):
            key = Key.of(outputs)
            entry = cluster.entries.get(key)
            if not _is_patch(r) or (entry and entry.owner == "patch"):
                cluster.remove(key)

    def holds(self) -> Mapping[str, int]:
        return sum((cluster.holds() for cluster in self._clusters.values()), Counter())

    def snapshot(self) -> dict[str, Cluster]:
        return self._clusters

    def restore(self, snapshot: dict[str, Cluster]) -> None:
        self._clusters = snapshot

    def _known(self, r: Resource, inputs: Properties) -> schema.Definition | None:
        """The kind, as far as it is known before the cluster is: what brings a custom one may be yet to come."""
        api_version, kind = inputs["apiVersion"], inputs["kind"]
        group = schema.group_of(api_version)
        crds = schema.crds(group)
        found = schema.published(api_version, kind) or schema.served(crds, api_version, kind)
        if found is None and (crds or schema.is_published(group)):
            raise Refused(f'no matches for kind "{kind}" in version "{api_version}"')
        return found

    def _patch(self, cluster: Cluster, inputs: Properties) -> Properties:
        """Lay a patch over what is there; what the cluster itself brought along is not known and begins with it."""
        there = cluster.entries.get(Key.of(inputs))
        merged = release.merge(there.applied or there.live, inputs) if there else inputs
        return _outputs(inputs, cluster.admit(merged, "" if there else "patch", replacing=True, partial=True).live)


def _identifier(config: Properties) -> Any:
    """What tells one cluster from another: the provider's `clusterIdentifier`, else the API server's address.

    A kubeconfig that is a path stands for itself: the sandbox needs no file for an existing cluster.
    """
    kubeconfig = config.get("clusterIdentifier") or config.get("kubeconfig", "default")
    if isinstance(kubeconfig, str):
        kubeconfig = yaml.safe_load(kubeconfig)
    if not isinstance(kubeconfig, Mapping):
        return kubeconfig
    context = config.get("context") or kubeconfig.get("current-context")
    chosen = {each["name"]: each["context"]["cluster"] for each in kubeconfig.get("contexts") or ()}.get(context)
    return {each["name"]: each["cluster"]["server"] for each in kubeconfig["clusters"]}[chosen]


def _autoname(r: Resource) -> str:
    return f"{r.name}-{secrets.token_hex(4)}"


def _is_patch(r: Resource) -> bool:
    return r.type.endswith("Patch")


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _outputs(inputs: Properties, live: Properties) -> Properties:
    outputs = {**inputs, **copy.deepcopy(live)}
    if live["kind"] == "Secret":
        outputs |= {key: Secret(outputs[key]) for key in ("data", "stringData") if key in outputs}
    return outputs


def _drifted(inputs: Any, live: Any) -> Any:
    """Inputs with what somebody changed about the object they describe."""
    if isinstance(inputs, Mapping) and isinstance(live, Mapping):
        return {key: _drifted(value, live[key]) if key in live else value for key, value in inputs.items()}
    return live
