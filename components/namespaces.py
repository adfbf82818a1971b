"""Namespaces: Pod Security, quotas, limit ranges, and no traffic that nobody asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import LimitRange as LimitRangeResource
from pulumi_kubernetes.core.v1 import (
    LimitRangeItemArgs,
    LimitRangeSpecArgs,
    ResourceQuota,
    ResourceQuotaSpecArgs,
)
from pulumi_kubernetes.core.v1 import Namespace as NamespaceResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.component import Component, name_of
from components.traffic import ANYWHERE, DNS
from spec.security import Egress, LimitRange, Quota, Security


class Namespaces(Component):
    """The namespaces of the spec, and those that parts of the platform need for themselves."""

    def __init__(
        self, name: str, spec: Security, opts: pulumi.ResourceOptions, *, protect: Collection[str] = ()
    ) -> None:
        """Make every namespace of ``spec`` with its quota, limit range and default-deny policies.

        Those in ``protect`` are guarded against deletion, whoever has them made: volumes go with their namespace.
        """
        super().__init__("security:Namespaces", name, opts)
        self._made: dict[str, NamespaceResource] = {}
        self._guarded = frozenset(protect)
        for namespace in spec.namespaces:
            made = self._namespace(namespace.name, namespace.pod_security)
            self._quota(made, namespace.name, namespace.quota or spec.quota)
            self._limit_range(made, namespace.name, namespace.limit_range or spec.limit_range)
            self._default_deny(made, namespace.name, namespace.egress)
        self.register_outputs({})

    def ensure(self, name: str, pod_security: str = "restricted") -> pulumi.Output[str]:
        """Return the name of a namespace that exists: the spec's, or one made for a part of the platform.

        A namespace made here has no quota, since what an operator needs is the operator's affair. But for DNS nothing
        gets in or out without a policy of the part's own. ``pod_security`` is the standard it enforces, and the caller
        says beside it why it is not ``restricted``.
        """
        if name not in self._made:
            self._default_deny(self._namespace(name, pod_security), name, "restricted")
        return name_of(self._made[name])

    def _namespace(self, name: str, pod_security: str) -> NamespaceResource:
        standards = {"enforce": pod_security, "audit": "restricted", "warn": "restricted"}
        labels = {f"pod-security.kubernetes.io/{mode}": standard for mode, standard in standards.items()}
        self._made[name] = NamespaceResource(
            name, metadata=ObjectMetaArgs(name=name, labels=labels), opts=self.child(protect=name in self._guarded)
        )
        return self._made[name]

    def _quota(self, namespace: NamespaceResource, name: str, quota: Quota) -> None:
        ResourceQuota(
            f"{name}-quota",
            metadata=_inside(namespace, "quota"),
            spec=ResourceQuotaSpecArgs(
                hard={
                    "requests.cpu": quota.requests.cpu,
                    "requests.memory": quota.requests.memory,
                    "limits.cpu": quota.limits.cpu,
                    "limits.memory": quota.limits.memory,
                    "persistentvolumeclaims": str(quota.persistent_volume_claims),
                }
            ),
            opts=self.child(),
        )

    def _limit_range(self, namespace: NamespaceResource, name: str, limits: LimitRange) -> None:
        container = LimitRangeItemArgs(
            type="Container",
            default=limits.default.model_dump(),
            default_request=limits.default_request.model_dump(),
        )
        LimitRangeResource(
            f"{name}-limits",
            metadata=_inside(namespace, "limits"),
            spec=LimitRangeSpecArgs(limits=[container]),
            opts=self.child(),
        )

    def _default_deny(self, namespace: NamespaceResource, name: str, egress: Egress) -> None:
        """Nothing comes in and, unless egress is open, only DNS goes out; services add what they need."""
        spec: Any = {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [ANYWHERE if egress == "open" else DNS],
        }
        NetworkPolicy(f"{name}-default-deny", metadata=_inside(namespace, "default-deny"), spec=spec, opts=self.child())


def _inside(namespace: NamespaceResource, name: str) -> ObjectMetaArgs:
    return ObjectMetaArgs(name=name, namespace=namespace.metadata.name)
