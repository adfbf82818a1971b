"""The documents of a repository that lead an engine of GitOps to the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.argocd_documents import API_VERSION, FINALIZER, WAVE, application, below
from components.flux_documents import HELM, SOURCE
from gitops.layout import Layout
from gitops.program import Release

Document = dict[str, Any]

_VERSION_LABEL = "app.kubernetes.io/version"
# Flux looks at what a release has in the cluster this often, and puts right what differs.
_INTERVAL = "10m"
# Longer than the program itself would wait for a service.
_TIMEOUT = "10m"


def child(release: Release, layout: Layout, wave: int) -> Document:
    """Return the Application of a service in the App of Apps, which starts once those of lower waves are healthy."""
    spec = application(
        url=layout.url,
        revision=layout.revision,
        path=layout.path,
        manifests=layout.manifests,
        service=release.name,
        namespace=release.namespace,
    )
    metadata = {
        "name": release.name,
        "namespace": layout.namespace,
        "annotations": {WAVE: str(wave)},
        "finalizers": [FINALIZER],
    }
    return {"apiVersion": API_VERSION, "kind": "Application", "metadata": metadata, "spec": spec}


def helm_release(release: Release, used: Sequence[Release], layout: Layout) -> Document:
    """Return the HelmRelease of a service, installed after those that it uses."""
    remediation = {"retries": 3}
    spec: Document = {
        "interval": _INTERVAL,
        "timeout": _TIMEOUT,
        "releaseName": release.name,
        "chart": {
            "spec": {
                "chart": f"./{below(layout.path, 'charts/service')}",
                "interval": _INTERVAL,
                "sourceRef": {"kind": "GitRepository", "name": SOURCE, "namespace": layout.namespace},
            }
        },
        "valuesFrom": [{"kind": "ConfigMap", "name": values_name(release)}],
        "install": {"remediation": remediation},
        # What does not become ready is rolled back to what was there before.
        "upgrade": {"remediation": {**remediation, "remediateLastFailure": True}, "cleanupOnFail": True},
        "driftDetection": {"mode": "enabled"},
    }
    if used:
        spec["dependsOn"] = [{"name": each.name, "namespace": each.namespace} for each in used]
    return {
        "apiVersion": HELM,
        "kind": "HelmRelease",
        "metadata": {"name": release.name, "namespace": release.namespace},
        "spec": spec,
    }


def values_name(release: Release) -> str:
    """Return the name of the ConfigMap that Kustomize makes of a service's values.yaml."""
    return f"{release.name}-values"


def kustomization(**fields: Any) -> Document:
    """Return a kustomization.yaml."""
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **fields}


def flux_service(release: Release) -> Document:
    """Return the kustomization of a service's HelmRelease and of its values."""
    return kustomization(
        resources=["release.yaml"],
        configMapGenerator=[
            {"name": values_name(release), "namespace": release.namespace, "files": ["values.yaml"]},
        ],
        generatorOptions={
            "disableNameSuffixHash": True,
            # Has a release upgraded when its values change, and not at the next interval.
            # https://fluxcd.io/flux/components/helm/helmreleases/#values-references
            "labels": {"reconcile.fluxcd.io/watch": "Enabled"},
        },
    )


def plain_service(image: str, tag: str, objects: Sequence[Mapping[str, Any]]) -> Document:
    """Return the kustomization that sets a service's image, and the version in its labels with it."""
    deployment = {"kind": "Deployment"}
    targets = [
        {"select": {"kind": each["kind"], "name": each["metadata"]["name"]}, "fieldPaths": _labels(each)}
        for each in objects
    ]
    # The tag is what follows the last colon; a registry may have a port.
    tag_of = {**deployment, "fieldPath": "spec.template.spec.containers.0.image"}
    options = {"options": {"delimiter": ":", "index": image.count(":") + 1}}
    return kustomization(
        resources=["manifests.yaml"],
        images=[{"name": image, "newTag": tag}],
        replacements=[{"source": tag_of | options, "targets": targets}],
    )


def _labels(of: Mapping[str, Any]) -> list[str]:
    """Return the places of an object that say which version it is."""
    places = [f"metadata.labels.[{_VERSION_LABEL}]"]
    return [*places, f"spec.template.metadata.labels.[{_VERSION_LABEL}]"] if of["kind"] == "Deployment" else places
