"""What Flux may do: deliver workloads to the services' namespaces, as somebody who may do nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.rbac.v1 import ClusterRole, PolicyRuleArgs, RoleBinding, RoleRefArgs, SubjectArgs

from components.component import Component, name_of
from components.flux_documents import DELIVERY
from spec.gitops import Manifests

_CHANGE = ["get", "list", "watch", "create", "update", "patch", "delete"]
_SEE = ["get", "list", "watch"]


def _rule(group: str, *resources: str, verbs: Sequence[str] = _CHANGE) -> PolicyRuleArgs:
    return PolicyRuleArgs(api_groups=[group], resources=list(resources), verbs=list(verbs))


# What charts/service renders, and what a team may put beside it. Quotas, limit ranges and roles are the platform's.
_WORKLOADS = (
    _rule("", "services", "serviceaccounts", "configmaps", "persistentvolumeclaims"),
    _rule("apps", "deployments", "statefulsets"),
    _rule("batch", "jobs", "cronjobs"),
    _rule("autoscaling", "horizontalpodautoscalers"),
    _rule("policy", "poddisruptionbudgets"),
    _rule("networking.k8s.io", "ingresses", "networkpolicies"),
    _rule("monitoring.coreos.com", "servicemonitors", "podmonitors"),
    _rule("security.istio.io", "authorizationpolicies"),
    # Whether what was applied has become ready.
    _rule("", "pods", "events", verbs=_SEE),
    _rule("apps", "replicasets", verbs=_SEE),
)
# Helm keeps what it has installed in Secrets.
_HELM = _rule("", "secrets")
_RELEASES = (_rule("helm.toolkit.fluxcd.io", "helmreleases"), _rule("", "configmaps"))


class FluxRights(Component):
    """A ServiceAccount in Flux's namespace that applies the repository and, where that has HelmReleases, one in each
    service's namespace that Helm installs as."""

    def __init__(
        self,
        name: str,
        manifests: Manifests,
        destinations: Mapping[str, pulumi.Input[str]],
        *,
        namespace: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Allow what a repository of ``manifests`` needs in ``destinations``, namespaces by their names, no more."""
        super().__init__("gitops:FluxRights", name, opts)
        self._account(f"{name}-{DELIVERY}", namespace)
        workloads = self._role(f"{name}-workloads", [*_WORKLOADS, *([_HELM] if manifests == "helm" else [])])
        applied = self._role(f"{name}-releases", _RELEASES) if manifests == "helm" else workloads
        for each, destination in destinations.items():
            self._bind(f"{name}-{each}-apply", applied, destination, of=namespace)
            if manifests == "helm":
                self._account(f"{name}-{each}-{DELIVERY}", destination)
                self._bind(f"{name}-{each}-install", workloads, destination, of=destination)
        self.register_outputs({})

    def _account(self, logical: str, namespace: pulumi.Input[str]) -> None:
        # Flux impersonates it; no pod runs as it.
        ServiceAccount(
            logical,
            metadata={"name": DELIVERY, "namespace": namespace},
            automount_service_account_token=False,
            opts=self.child(),
        )

    def _role(self, name: str, rules: Sequence[PolicyRuleArgs]) -> ClusterRole:
        return ClusterRole(name, metadata={"name": name}, rules=list(rules), opts=self.child())

    def _bind(self, name: str, role: ClusterRole, namespace: pulumi.Input[str], *, of: pulumi.Input[str]) -> None:
        """Let the ServiceAccount in namespace ``of`` do what ``role`` says in ``namespace``."""
        RoleBinding(
            name,
            metadata={"name": name, "namespace": namespace},
            role_ref=RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=name_of(role)),
            subjects=[SubjectArgs(kind="ServiceAccount", name=DELIVERY, namespace=of)],
            opts=self.child(),
        )
