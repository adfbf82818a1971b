"""Permissions of services in AWS: a role for each that asks for some, and the service account that assumes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount

from components.cluster.contract import Cluster, Identity
from components.component import Component
from components.namespaces import Namespaces
from components.policy import documents, statement
from spec.permissions import Permission
from spec.services import Service

# Before a service has permissions, its account belongs to its release or to a GitOps engine: neither deletes it once
# the program has taken it over. https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
# https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources
_KEPT = {"helm.sh/resource-policy": "keep", "argocd.argoproj.io/sync-options": "Prune=false"}


class ServiceIdentities(Component):
    """Service accounts that the program makes, annotated with how the cluster gives their pods an identity.

    Whoever delivers a service, the program or a GitOps engine, finds the account there: its role's ARN is made up by
    the cloud, and so need not be in a repository.
    """

    identities: Mapping[str, Identity]
    """By the service's name; the account is in ``depends_on``."""

    def __init__(
        self,
        name: str,
        services: Sequence[Service],
        bucket_arns: Mapping[str, pulumi.Input[str]],
        *,
        cluster: Cluster,
        namespaces: Namespaces,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Let each of ``services`` do what its `permissions` say; ``bucket_arns`` are by buckets' names."""
        super().__init__("app:ServiceIdentities", name, opts)
        self._bucket_arns, self._cluster = bucket_arns, cluster
        self.identities = {
            service.name: self._identity(service, namespaces.ensure(service.namespace))
            for service in services
            if service.permissions
        }
        self.register_outputs({})

    def _identity(self, service: Service, namespace: pulumi.Input[str]) -> Identity:
        policy = documents(*(statement(each.actions, self._resources(each)) for each in service.permissions))
        identity = self._cluster.identity_for(f"service-{service.name}", namespace, service.name, policy, self.child())
        account = ServiceAccount(
            f"service-{service.name}",
            metadata={
                "name": service.name,
                "namespace": namespace,
                "labels": {"app.kubernetes.io/name": service.name},
                "annotations": {**_KEPT, **identity.annotations},
            },
            automount_service_account_token=False,
            opts=self.child(),
        )
        return Identity(identity.annotations, [*identity.depends_on, account], identity.peers)

    def _resources(self, permission: Permission) -> list[pulumi.Input[str]]:
        buckets = [self._bucket_arns[bucket] for bucket in permission.buckets]
        return [*buckets, *(pulumi.Output.concat(arn, "/*") for arn in buckets), *permission.resources]
