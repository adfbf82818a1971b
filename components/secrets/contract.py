"""The contract of a mechanism for secrets, and the one that needs nothing: Kubernetes' own Secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from components.component import name_of, object_metadata

Data = Mapping[str, pulumi.Input[str]]


class Secrets(Protocol):
    """Brings secret material to pods: always as a Kubernetes Secret, whichever mechanism makes it."""

    def keep(
        self,
        logical: str,
        data: Data,
        *,
        namespace: pulumi.Input[str],
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        type: str | None = None,
        opts: pulumi.ResourceOptions,
    ) -> pulumi.Output[str]:
        """Return the name of a Secret in ``namespace`` that holds ``data``, known once it is there.

        Without a ``name`` the Secret gets a generated one and is immutable: other data makes another Secret, so that
        the pods that refer to it are made anew. ``logical`` is the logical name of what is made, and ``opts`` are the
        owner's for a child.
        """
        ...

    def fetch(
        self,
        logical: str,
        path: str,
        keys: Sequence[str],
        *,
        namespace: pulumi.Input[str],
        name: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the Secret ``name`` in ``namespace`` with ``keys`` of what people keep under ``path`` in the vault.

        `up` fails if they are not there, unless the cluster has no operators that answer. Raises NotImplementedError
        where there is no vault.
        """
        ...


class KubernetesSecrets:
    """Secrets that the program writes itself; Pulumi's state has them encrypted."""

    def keep(
        self,
        logical: str,
        data: Data,
        *,
        namespace: pulumi.Input[str],
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        type: str | None = None,
        opts: pulumi.ResourceOptions,
    ) -> pulumi.Output[str]:
        """Return the name of a Secret that the program makes."""
        made = Secret(
            logical,
            metadata=object_metadata(namespace, name, labels=labels),
            type=type,
            string_data=dict(data),
            immutable=True if name is None else None,
            opts=opts,
        )
        return name_of(made)

    def fetch(
        self,
        logical: str,
        path: str,
        keys: Sequence[str],
        *,
        namespace: pulumi.Input[str],
        name: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Raise NotImplementedError: there is no vault beside the cluster."""
        raise NotImplementedError("Kubernetes' own Secrets are fetched from nowhere")


IN_CLUSTER = KubernetesSecrets()
