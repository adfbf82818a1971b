"""The contract of all clusters: components ask its facts, and never which kind of cluster it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.cloud.contract import LogGroup
from components.component import Component
from components.data_tier.endpoint import Peer


class LoadBalancing(Enum):
    """How traffic from outside gets to a Service."""

    SERVICE = "a Service of type LoadBalancer, which the cluster answers"
    NODE_PORT = "fixed ports on every node"
    TARGET_GROUP = "a target group of the program's own load balancer, bound to the Service's pods"


@dataclass(frozen=True)
class Cni:
    """Where a node's container runtime looks for network plugins."""

    configuration: str = "/etc/cni/net.d"
    programs: str = "/opt/cni/bin"


@dataclass(frozen=True)
class Facts:
    """What differs between clusters, and matters to what runs on them."""

    managed_control_plane: bool
    """True where nobody reaches the scheduler, the controller manager and etcd: nothing may scrape or alert on them."""
    load_balancing: LoadBalancing
    metrics_server: bool
    """True where the cluster brings a metrics server of its own."""
    control_plane_cidrs: tuple[pulumi.Input[str], ...] = ()
    """Networks that the API server calls webhooks from; empty where that is a node's own address."""
    cni: Cni = Cni()
    operators_answer: bool = True
    """False where nobody has promised that operators run: what they would report is then not waited for."""
    audit_log: LogGroup | None = None
    """Where the API server's audit log is, if the cloud keeps it."""


@dataclass(frozen=True)
class Identity:
    """How pods authenticate to the cloud: annotations of their service account, and what has to exist first."""

    annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: Sequence[pulumi.Resource] = ()
    peers: Sequence[Peer] = ()
    """Where its pods get their credentials from, for a NetworkPolicy's egress."""


class Cluster(Component, ABC):
    """A Kubernetes cluster that is ready to take workloads once ``provider`` resolves: its nodes have joined."""

    provider: kubernetes.Provider
    """Has ``cluster_identifier`` set, so that a kubeconfig that changes does not replace everything in the cluster."""
    kubeconfig: pulumi.Output[str]
    """Secret; a kubeconfig document in YAML or JSON."""
    storage_class: pulumi.Input[str] | None
    """Class for volumes that hold data, once there is one; None for the cluster's default."""
    facts: Facts
    nodes: pulumi.Output[list[dict[str, Any]]]
    """The machines, for people to read: name, type, zone, pool."""

    def until(self, condition: str, seconds: int | None = None) -> dict[str, str]:
        """Return annotations of a custom resource that make Pulumi wait until its operator reports ``condition``.

        ``condition`` is written as for `kubectl wait --for`; ``seconds`` is the longest wait, else the provider's own.
        Empty on a cluster whose operators may never answer, so that nothing waits for them.
        https://www.pulumi.com/registry/packages/kubernetes/annotations/
        """
        if not self.facts.operators_answer:
            return {}
        longest = {"pulumi.com/timeoutSeconds": str(seconds)} if seconds else {}
        return {"pulumi.com/waitFor": condition, **longest}

    @abstractmethod
    def identity_for(
        self,
        name: str,
        namespace: pulumi.Input[str],
        service_account: str,
        policy: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> Identity:
        """Let a service account do what ``policy``, an IAM policy document in JSON, allows, and nothing else.

        ``name`` is the logical name of what is made for it. Raises NotImplementedError on a cluster outside AWS.
        """
