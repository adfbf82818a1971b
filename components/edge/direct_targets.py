"""Services that a load balancer reaches without the ingress controller: what fills their groups, and lets it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from components.component import Component
from components.data_tier.endpoint import Peer
from components.namespaces import Namespaces
from components.target_groups import bind
from components.traffic import allow, coming_from
from spec.services import Service


class DirectTargets(Component):
    """A TargetGroupBinding for each service, and the policy by which its pods let the load balancer in."""

    def __init__(
        self,
        name: str,
        target_group_arns: Mapping[str, pulumi.Input[str]],
        services: Sequence[Service],
        *,
        networks: Sequence[pulumi.Input[str]],
        namespaces: Namespaces,
        binder: pulumi.Resource | None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Bind each of ``services`` to its group, by its name.

        ``networks`` are those of the load balancer's subnets, ``binder`` is the release of the AWS Load Balancer
        Controller.
        """
        super().__init__("edge:DirectTargets", name, opts)
        balancer = Peer(ports=(), cidrs=tuple(networks))
        for service in services:
            namespace = namespaces.ensure(service.namespace)
            bind(
                f"{name}-{service.name}",
                target_group_arns[service.name],
                parent=self,
                called=service.name,
                namespace=namespace,
                service=service.name,
                port=service.port,
                after=[binder],
            )
            allow(
                f"{name}-{service.name}",
                namespace=namespace,
                pods={"app.kubernetes.io/name": service.name},
                ingress=coming_from([balancer], service.port),
                opts=self.child(),
            )
        self.register_outputs({})
