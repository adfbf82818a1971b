"""Services that the load balancer reaches at a port of the machines, past the ingress controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.component import Component, known_after
from components.data_tier.endpoint import Peer
from components.edge.routing import Guard, conditions
from components.namespaces import Namespaces
from components.scheduling import POOL_LABEL
from components.security_groups import Rule, allow_egress, allow_ingress
from components.target_groups import DRAINING_SECONDS, bind, health_check, short_name
from components.vpc import Vpc
from spec.services import Service
from spec.way_in import NodePorts

_DAY = 86_400
# Longer paths are asked first, whichever service they are of. A rule stays where it is when others come and go:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html has 1 to 50000.
_LONGEST_PATH = 128
_EACH_LENGTH, _EACH_SERVICE = 300, 10


@dataclass(frozen=True)
class NodePort:
    """Where the load balancer reaches a service."""

    port: int
    target_group_arn: pulumi.Input[str]
    balancer: Peer
    """The load balancer, as a NetworkPolicy lets it in."""


class NodePortRoutes(Component):
    """A target group of machines for each service, and rules of a listener that lead hosts and paths to it.

    The services' `externalTrafficPolicy` is Local: a machine without a pod of the service does not answer at its port,
    so health checks find those that have one, and pods see the load balancer's address instead of a node's.
    """

    services: Mapping[str, NodePort]
    """By the service's name."""

    def __init__(
        self,
        name: str,
        services: Sequence[Service],
        ports: NodePorts,
        vpc: Vpc,
        *,
        listener_arn: pulumi.Input[str],
        guard: Guard | None = None,
        balancer: pulumi.Input[str],
        machines: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Lead to those ``services`` that have a node port; ``balancer`` and ``machines`` are security groups.

        Requests for hosts of ``guard`` are led on only if they came by CloudFront.
        """
        super().__init__("edge:NodePortRoutes", name, opts)
        span = (ports.first, ports.last)
        out = Rule("services", "Node ports of services", span, group=machines)
        allow_egress(f"{name}-balancer", balancer, out, self.child())
        into = Rule("services", "Public load balancer, to services", span, group=balancer)
        allow_ingress(f"{name}-machines", machines, into, self.child())
        made: dict[str, NodePort] = {}
        for service in services:
            if service.node_port is None:
                continue
            group = self._target_group(name, service, service.node_port, vpc)
            rules = self._rules(name, service, service.node_port - ports.first, group, listener_arn, guard)
            # Known once a listener uses the group: a binding of one that is in no use is refused.
            arn = known_after(group.arn, *(rule.arn for rule in rules))
            made[service.name] = NodePort(
                service.node_port, arn, Peer(ports=(service.port,), cidrs=(pulumi.Output.from_input(vpc.cidr),))
            )
        self.services = made
        self.register_outputs({})

    def _target_group(self, name: str, service: Service, port: int, vpc: Vpc) -> aws.lb.TargetGroup:
        key = f"{name}-{service.name}"
        return aws.lb.TargetGroup(
            key,
            name=short_name(key, port),
            vpc_id=vpc.id,
            target_type="instance",
            port=port,
            protocol="HTTP",
            deregistration_delay=DRAINING_SECONDS,
            health_check=health_check(service.health.readiness),
            stickiness={"type": "lb_cookie", "enabled": service.traffic.sticky, "cookie_duration": _DAY},
            tags={"Name": key},
            opts=self.child(),
        )

    def _rules(
        self,
        name: str,
        service: Service,
        position: int,
        group: aws.lb.TargetGroup,
        listener_arn: pulumi.Input[str],
        guard: Guard | None,
    ) -> list[aws.lb.ListenerRule]:
        return [
            aws.lb.ListenerRule(
                f"{name}-{service.name}-{number}",
                listener_arn=listener_arn,
                priority=(_LONGEST_PATH - len(route.path)) * _EACH_LENGTH + position * _EACH_SERVICE + number + 1,
                conditions=conditions(route.host, route.path, guard),
                actions=[{"type": "forward", "target_group_arn": group.arn}],
                opts=self.child(),
            )
            for number, route in enumerate(service.routes)
        ]


class NodePortBindings(Component):
    """What has the AWS Load Balancer Controller keep each target group filled with the machines of its service."""

    def __init__(
        self,
        name: str,
        services: Sequence[Service],
        reached: Mapping[str, NodePort],
        *,
        binder: pulumi.Resource | None,
        namespaces: Namespaces,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Bind those of ``services`` that are ``reached``; ``binder`` is the controller's release."""
        super().__init__("edge:NodePortBindings", name, opts)
        for service in services:
            node_port = reached.get(service.name)
            if node_port is None:
                continue
            bind(
                f"{name}-{service.name}",
                node_port.target_group_arn,
                parent=self,
                called=service.name,
                namespace=namespaces.ensure(service.namespace),
                service=service.name,
                port=service.port,
                instances=True,
                nodes={POOL_LABEL: service.pool} if service.pool else None,
                after=[binder],
            )
        self.register_outputs({})
