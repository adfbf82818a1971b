"""What has Argo CD deliver the services of a repository, and nothing but those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.argocd_documents import (
    API_VERSION,
    CLUSTER,
    FINALIZER,
    PROJECT,
    SYNC_POLICY,
    application,
    below,
    folder,
)
from components.component import Component
from spec.base import seconds
from spec.gitops import ArgoCdSource

# A service's repository makes workloads. What bounds them, and who may do what, is the platform's to say; secrets in
# clear do not belong in Git at all.
_NOT_FROM_GIT = (
    ("", "ResourceQuota"),
    ("", "LimitRange"),
    ("", "Secret"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("security.istio.io", "PeerAuthentication"),
)


class Applications(Component):
    """AppProjects, and either an ApplicationSet over the services' folders or the root of an App of Apps."""

    def __init__(
        self,
        name: str,
        repository: ArgoCdSource,
        destinations: Sequence[pulumi.Input[str]],
        *,
        namespace: pulumi.Input[str],
        reconciliation: str,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Deliver the services of ``repository`` to the namespaces ``destinations``.

        ``namespace`` is Argo CD's own; ``reconciliation`` is how often folders are looked for; ``after`` is Argo CD,
        whose CRDs these are and who takes their finalizers off, and what the services stand on.
        """
        super().__init__("gitops:Applications", name, opts)
        self._namespace = namespace
        self._after = list(after)
        services = self._custom(
            f"{name}-services-project",
            "AppProject",
            PROJECT,
            {
                "description": "The services: workloads, in the namespaces that the platform has made for them.",
                "sourceRepos": [repository.url],
                "destinations": [{"server": CLUSTER, "namespace": each} for each in destinations],
                "clusterResourceWhitelist": [],
                "namespaceResourceBlacklist": [{"group": group, "kind": kind} for group, kind in _NOT_FROM_GIT],
            },
        )
        if repository.layout == "applicationSet":
            self._application_set(name, repository, reconciliation, services)
        else:
            self._app_of_apps(name, repository, services)
        self.register_outputs({})

    def _application_set(
        self, name: str, repository: ArgoCdSource, reconciliation: str, project: CustomResource
    ) -> None:
        """One Application for every folder ``services/<namespace>/<service>``."""
        position = len(list(filter(None, folder(repository.path).split("/")))) + 1
        generator = {
            "repoURL": repository.url,
            "revision": repository.revision,
            "directories": [{"path": below(repository.path, "services/*/*")}],
            "requeueAfterSeconds": seconds(reconciliation),
        }
        spec = application(
            url=repository.url,
            revision=repository.revision,
            path=repository.path,
            manifests=repository.manifests,
            service="{{.path.basename}}",
            namespace=f"{{{{index .path.segments {position}}}}}",
        )
        self._custom(
            f"{name}-services",
            "ApplicationSet",
            "services",
            {
                "goTemplate": True,
                "goTemplateOptions": ["missingkey=error"],
                "generators": [{"git": generator}],
                "template": {"metadata": {"name": "{{.path.basename}}", "finalizers": [FINALIZER]}, "spec": spec},
            },
            # Gone only once its Applications are, for which Argo CD has to be there still.
            annotations={"pulumi.com/deletionPropagationPolicy": "foreground"},
            depends_on=[project],
        )

    def _app_of_apps(self, name: str, repository: ArgoCdSource, services: CustomResource) -> None:
        """One Application that applies those in the repository's folder ``apps``, and may apply nothing else."""
        project = self._custom(
            f"{name}-apps-project",
            "AppProject",
            "apps",
            {
                "description": "The App of Apps: Applications, in Argo CD's own namespace.",
                "sourceRepos": [repository.url],
                "destinations": [{"server": CLUSTER, "namespace": self._namespace}],
                "clusterResourceWhitelist": [],
                "namespaceResourceWhitelist": [{"group": API_VERSION.partition("/")[0], "kind": "Application"}],
            },
        )
        self._custom(
            f"{name}-apps",
            "Application",
            "apps",
            {
                "project": "apps",
                "destination": {"server": CLUSTER, "namespace": self._namespace},
                "source": {
                    "repoURL": repository.url,
                    "targetRevision": repository.revision,
                    "path": below(repository.path, "apps"),
                },
                "syncPolicy": dict(SYNC_POLICY),
            },
            finalizers=[FINALIZER],
            depends_on=[project, services],
        )

    def _custom(
        self,
        logical: str,
        kind: str,
        name: str,
        spec: Mapping[str, Any],
        *,
        annotations: Mapping[str, str] | None = None,
        finalizers: Sequence[str] = (),
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> CustomResource:
        metadata: dict[str, Any] = {"name": name, "namespace": self._namespace}
        metadata |= {"annotations": annotations} if annotations else {}
        metadata |= {"finalizers": list(finalizers)} if finalizers else {}
        return CustomResource(
            logical,
            api_version=API_VERSION,
            kind=kind,
            metadata=metadata,
            spec=spec,
            opts=self.child(depends_on=[*self._after, *depends_on]),
        )
