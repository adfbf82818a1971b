"""What a platform stands on: a cluster and, on AWS, the network and the way in that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pulumi

from components.cloud.contract import Cloud
from components.cluster.contract import Cluster
from components.data_tier.endpoint import Consumer, Engine
from components.external_dns import Zone
from components.secrets.contract import Secrets

if TYPE_CHECKING:  # a laptop does without the SDK of a cloud
    from components.node_ports import NodePort


class ManagedData(Protocol):
    """Makes the engines of the data tier that the cloud runs."""

    def postgres(
        self, spec: Any, consumers: Sequence[Consumer], namespace: pulumi.Input[str], secrets: Secrets, /
    ) -> Engine:
        """Return the database; ``namespace`` is where its jobs run, ``secrets`` keeps its passwords."""
        ...

    def redis(self, spec: Any, consumers: Sequence[Consumer], secrets: Secrets, /) -> Engine:
        """Return the cache; ``secrets`` keeps its password."""
        ...


@dataclass(frozen=True)
class WayIn:
    """How traffic from the internet reaches the ingress controller, where the program owns that way."""

    target_groups: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Groups that the controller's pods are bound to, by their bindings' names; none where it reaches nodes."""
    binder: pulumi.Resource | None = None
    """Release of the controller that binds them."""
    address: pulumi.Input[str] | None = None
    """The load balancer's name."""
    proxies: Sequence[pulumi.Input[str]] = ()
    """Networks that its connections come from."""
    direct: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Target groups of services that it reaches past the ingress controller, by the service's name."""
    networks: Sequence[str] = ()
    """Networks that it stands in."""
    node_ports: Mapping[str, NodePort] = field(default_factory=dict)
    """Services that it reaches past the ingress controller, by name."""
    zone: Zone | None = None
    """The zone whose records somebody in the cluster writes."""


@dataclass(frozen=True)
class Ground:
    """A cluster, and what of the platform depends on where it runs."""

    cluster: Cluster
    url: Callable[[str], str]
    """The address at which people reach a host of the platform."""
    way_in: WayIn = field(default_factory=WayIn)
    managed_data: ManagedData | None = None
    cloud: Cloud | None = None
    """What the cloud around the cluster does for parts inside it."""
    bucket_arns: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Of the platform's own buckets, by their names."""
    providers: Sequence[pulumi.ProviderResource] = ()
    """The cloud's, for what parts inside the cluster make in it."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What only this ground can tell people."""
