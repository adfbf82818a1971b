"""Where External Secrets takes secrets from: the cloud's store, or a namespace that nobody else reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from components.cloud.contract import Cloud
from components.cluster.contract import Cluster, Identity
from components.component import name_of
from components.namespaces import Namespaces
from components.policy import documents, statement
from components.secrets.contract import Data

NAMESPACE = "secret-store"


@dataclass(frozen=True)
class Stored:
    """A secret in a vault."""

    key: pulumi.Input[str]
    version: pulumi.Input[str] | None = None
    """Names this content of the secret; None where another content has another key."""


class Vault(Protocol):
    """A place for secrets outside of the namespaces that they are for."""

    def provider(self, reader: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
        """Return `spec.provider` of a ClusterSecretStore; ``reader`` is the operator's service account."""
        ...

    def identity(
        self, cluster: Cluster, namespace: pulumi.Input[str], account: str, opts: pulumi.ResourceOptions
    ) -> Identity:
        """Let the operator's service account read the platform's secrets, and nothing else."""
        ...

    def store(self, logical: str, data: Data, path: pulumi.Output[str], opts: pulumi.ResourceOptions) -> Stored:
        """Keep ``data`` and return where; ``path`` is a name that no other secret of the platform has."""
        ...

    def key(self, path: str) -> str:
        """Return the vault's name of a secret that people keep for the platform under ``path``."""
        ...


class CloudVault:
    """The store of the cloud: Secrets Manager."""

    def __init__(self, cloud: Cloud) -> None:
        """Keep secrets among the platform's in ``cloud``."""
        self._cloud = cloud

    def provider(self, reader: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
        # As whom: the operator's own service account.
        return {"aws": {"service": "SecretsManager", "region": self._cloud.region}}

    def identity(
        self, cluster: Cluster, namespace: pulumi.Input[str], account: str, opts: pulumi.ResourceOptions
    ) -> Identity:
        reads = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        policy = documents(statement(reads, [self._cloud.secrets_arn]))
        return cluster.identity_for("external-secrets", namespace, account, policy, opts)

    def store(self, logical: str, data: Data, path: pulumi.Output[str], opts: pulumi.ResourceOptions) -> Stored:
        made = self._cloud.secret(logical, path, pulumi.Output.json_dumps(dict(data)), opts)
        return Stored(made.name, made.version)

    def key(self, path: str) -> str:
        return self._cloud.secret_name(path)


class NamespaceVault:
    """A namespace of the same cluster, for where there is no cloud: whoever may read others still can't read this."""

    def __init__(self, namespaces: Namespaces) -> None:
        """Keep secrets in a namespace of their own, which ``namespaces`` makes."""
        self._namespace = namespaces.ensure(NAMESPACE)

    def provider(self, reader: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
        authority = {"type": "ConfigMap", "name": "kube-root-ca.crt", "key": "ca.crt", "namespace": reader["namespace"]}
        return {
            "kubernetes": {
                "remoteNamespace": self._namespace,
                "server": {"caProvider": authority},
                "auth": {"serviceAccount": dict(reader)},
            }
        }

    def identity(
        self, cluster: Cluster, namespace: pulumi.Input[str], account: str, opts: pulumi.ResourceOptions
    ) -> Identity:
        return Identity()

    def store(self, logical: str, data: Data, path: pulumi.Output[str], opts: pulumi.ResourceOptions) -> Stored:
        # Immutable and named by Pulumi: what changes has another name, which the operator sees at once.
        made = Secret(
            f"{logical}-stored",
            metadata={"namespace": self._namespace, "annotations": {"groundwork/for": path}},
            string_data=dict(data),
            immutable=True,
            opts=opts,
        )
        return Stored(name_of(made))

    def key(self, path: str) -> str:
        return path
