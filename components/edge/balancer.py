"""The load balancer: it ends TLS, hands on to the ingress controller, and to some services past it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.component import Component, known_after
from components.edge.routing import Guard, conditions
from components.http_ingress import Answer
from components.security_groups import Rule, SecurityGroup, allow_egress, allow_ingress
from components.target_groups import DRAINING_SECONDS, health_check, short_name
from components.vpc import Vpc
from spec.base import seconds
from spec.edge import Edge as Spec

# TLS 1.3, and 1.2 with forward secrecy and authenticated encryption alone:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"

# By how much requests to a direct service have to be done before Kubernetes ends the pod.
_MARGIN_SECONDS = 5
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
_LAST_PRIORITY = 50_000
_STEP = 10  # room between rules for those that somebody makes in an emergency


@dataclass(frozen=True)
class Targets:
    """The ingress controller, as the load balancer finds it."""

    group: pulumi.Input[str]
    """Security group of its pods, or of the machines that it runs on."""
    answer: Answer
    instances: Mapping[str, pulumi.Input[str]] | None = None
    """Machines whose ports lead to it, each by a name; None where its pods have addresses in the VPC."""


@dataclass(frozen=True)
class DirectService:
    """A service whose pods the load balancer reaches itself."""

    name: str
    port: int
    health_path: str
    routes: Sequence[tuple[str, str]]
    """Host and path of each."""
    grace_seconds: int
    """What Kubernetes gives a pod of it to end."""
    sticky_seconds: int | None


@dataclass(frozen=True)
class StickyService:
    """A service whose clients the load balancer brings to the same pod of the ingress controller each time."""

    name: str
    routes: Sequence[tuple[str, str]]
    """Host and path of each."""
    seconds: int
    """How long after its last request a client comes back."""


class Balancer(Component):
    """An application load balancer, and the target groups behind it."""

    target_group_arn: pulumi.Output[str]
    """The ingress controller's; known once a listener uses the group, since AWS checks no targets before that."""
    direct: Mapping[str, pulumi.Output[str]]
    """ARN of each direct service's target group, by name; known once a listener's rule uses the group."""
    sticky: Mapping[str, pulumi.Output[str]]
    """ARN of each sticky service's target group, whose targets are the ingress controller's pods; known likewise."""
    security_group_id: pulumi.Output[str]
    arn: pulumi.Output[str]
    suffix: pulumi.Output[str]
    """The load balancer's part of its ARN, which CloudWatch has as the dimension `LoadBalancer`."""
    target_suffixes: Mapping[str, pulumi.Output[str]]
    """The dimension `TargetGroup`: of the direct and the sticky services by their names, and of ``ingress``."""
    listener_arn: pulumi.Output[str]
    """The listener of HTTPS, for rules beside its own."""
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: Spec,
        vpc: Vpc,
        targets: Targets,
        *,
        certificate_arn: pulumi.Input[str],
        direct: Sequence[DirectService] = (),
        sticky: Sequence[StickyService] = (),
        guard: Guard | None = None,
        idle_seconds: int = 60,
        protect: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the load balancer in the public tier of ``vpc``; ``protect`` turns on its deletion protection.

        ``guard`` are hosts that are served to CloudFront alone; ``idle_seconds`` is the least that a connection may be
        silent for, whatever ``spec`` says.
        """
        super().__init__("edge:Balancer", name, opts)
        self._name, self._vpc, self._guard = name, vpc, guard
        self.security_group_id = self._security_group(spec, targets, direct)
        balancer = aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            internal=False,
            subnets=vpc.subnets(vpc.tier("public")),
            security_groups=[self.security_group_id],
            drop_invalid_header_fields=True,
            idle_timeout=max(seconds(spec.idle_timeout), idle_seconds),
            enable_deletion_protection=protect,
            tags={"Name": name},
            opts=self.child(depends_on=vpc.internet_gateway),
        )
        self.arn, self.dns_name, self.zone_id = balancer.arn, balancer.dns_name, balancer.zone_id
        ingress = self._ingress_group(name, targets)
        services = {service.name: self._direct_group(service) for service in direct}
        kept = {each.name: self._ingress_group(f"{name}-{each.name}", targets, each.seconds) for each in sticky}
        groups = {**services, **kept}
        self.suffix = balancer.arn_suffix
        self.target_suffixes = {key: group.arn_suffix for key, group in {"ingress": ingress, **groups}.items()}
        listener = self._listeners(balancer, ingress, certificate_arn)
        self.listener_arn = listener.arn
        rules = self._rules(listener, ingress, [*direct, *sticky], groups)
        self.target_group_arn = known_after(ingress.arn, listener.arn)
        used = {service: known_after(group.arn, *(rule.arn for rule in rules)) for service, group in groups.items()}
        self.direct = {service: used[service] for service in services}
        self.sticky = {service: used[service] for service in kept}
        self.register_outputs({"dnsName": self.dns_name, "targetGroupArn": self.target_group_arn})

    def _security_group(self, spec: Spec, targets: Targets, direct: Sequence[DirectService]) -> pulumi.Output[str]:
        """Return the load balancer's group: open to `accessCidrs`, and with a way to the targets alone."""
        name = f"{self._name}-balancer"
        admitted = [
            Rule(f"{key}-{cidr.replace('/', '-')}", description, port, cidr=cidr)
            for cidr in spec.access_cidrs
            for key, description, port in (
                ("https", "HTTPS", 443),
                ("http", "HTTP, to be sent on to HTTPS", 80),
            )
        ]
        group = SecurityGroup(name, "Public load balancer", self._vpc.id, ingress=admitted, opts=self.child())
        ports: dict[str, tuple[str, int | tuple[int, int]]] = {
            str(port): ("Ingress controller", port) for port in {targets.answer.port, targets.answer.health_port}
        }
        if spec.pod_ports:
            first, last = spec.pod_ports.first, spec.pod_ports.last
            ports[f"{first}-{last}"] = ("Services", (first, last))
        else:
            ports |= {str(service.port): (f"Service {service.name}", service.port) for service in direct}
        for key, (description, port) in sorted(ports.items()):
            out = Rule(f"targets-{key}", description, port, group=targets.group)
            allow_egress(name, group.id, out, self.child())
            into = Rule(f"balancer-{key}", "Public load balancer", port, group=group.id)
            allow_ingress(f"{self._name}-targets", targets.group, into, self.child())
        return group.id

    def _ingress_group(self, name: str, targets: Targets, sticky_seconds: int | None = None) -> aws.lb.TargetGroup:
        answer = targets.answer
        group = aws.lb.TargetGroup(
            name,
            name=short_name(name, answer.port),
            vpc_id=self._vpc.id,
            target_type="ip" if targets.instances is None else "instance",
            port=answer.port,
            protocol="HTTP",
            deregistration_delay=DRAINING_SECONDS,
            health_check=health_check(
                answer.health_path, None if answer.health_port == answer.port else answer.health_port
            ),
            stickiness=_stickiness(sticky_seconds),
            tags={"Name": name},
            opts=self.child(),
        )
        for key, instance in (targets.instances or {}).items():
            aws.lb.TargetGroupAttachment(
                f"{name}-{key}", target_group_arn=group.arn, target_id=instance, opts=self.child()
            )
        return group

    def _direct_group(self, service: DirectService) -> aws.lb.TargetGroup:
        name = f"{self._name}-{service.name}"
        return aws.lb.TargetGroup(
            name,
            name=short_name(name, service.port),
            vpc_id=self._vpc.id,
            target_type="ip",
            port=service.port,
            protocol="HTTP",
            deregistration_delay=max(service.grace_seconds - _MARGIN_SECONDS, 0),
            health_check=health_check(service.health_path),
            stickiness=_stickiness(service.sticky_seconds),
            tags={"Name": name},
            opts=self.child(),
        )

    def _listeners(
        self, balancer: aws.lb.LoadBalancer, ingress: aws.lb.TargetGroup, certificate_arn: pulumi.Input[str]
    ) -> aws.lb.Listener:
        aws.lb.Listener(
            f"{self._name}-http",
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[
                {
                    "type": "redirect",
                    "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"},
                }
            ],
            opts=self.child(),
        )
        return aws.lb.Listener(
            f"{self._name}-https",
            load_balancer_arn=balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=_TLS_POLICY,
            certificate_arn=certificate_arn,
            default_actions=[{"type": "forward", "target_group_arn": ingress.arn}],
            opts=self.child(),
        )

    def _rules(
        self,
        listener: aws.lb.Listener,
        ingress: aws.lb.TargetGroup,
        services: Sequence[DirectService | StickyService],
        groups: Mapping[str, aws.lb.TargetGroup],
    ) -> list[aws.lb.ListenerRule]:
        """Make the listener's rules, in the order they are tried.

        First those of ``services``, longer paths before shorter ones; then, for hosts of the guard, one that leads what
        came by CloudFront to the ingress controller, and one that refuses the rest. Priorities between them are free
        for rules of other components.

        A service's rule is called after its priority: when services come or go, rules stay in their places and lead
        elsewhere. One that moved to another's priority would be refused: that is taken until the end of the update.
        """
        routes = [(service.name, host, path) for service in services for host, path in service.routes]
        # What the rule in each place was called in earlier releases, after the service that it then led to.
        former = [f"{service.name}-{number}" for service in services for number, _ in enumerate(service.routes)]
        rules: list[aws.lb.ListenerRule] = []
        longest_first = sorted(routes, key=lambda route: len(route[2].rstrip("/")), reverse=True)
        for position, ((service, host, path), name) in enumerate(zip(longest_first, former, strict=True), start=1):
            priority = position * _STEP
            asked = conditions(host, path, self._guard)
            rules.append(self._rule(str(priority), listener, priority, asked, _forward(groups[service]), name))
        if self._guard:
            hosts = {"host_header": {"values": sorted(self._guard.hosts)}}
            shown = [hosts, self._guard.shown()]
            refusal = {"content_type": "text/plain", "status_code": "403", "message_body": "Forbidden"}
            refuse = {"type": "fixed-response", "fixed_response": refusal}
            rules += [
                self._rule("cloudfront", listener, _LAST_PRIORITY - _STEP, shown, _forward(ingress)),
                self._rule("past-cloudfront", listener, _LAST_PRIORITY, [hosts], refuse),
            ]
        return rules

    def _rule(
        self,
        key: str,
        listener: aws.lb.Listener,
        priority: int,
        asked: list[Any],
        action: Any,
        former: str | None = None,
    ) -> aws.lb.ListenerRule:
        return aws.lb.ListenerRule(
            f"{self._name}-{key}",
            listener_arn=listener.arn,
            priority=priority,
            conditions=asked,
            actions=[action],
            opts=self.child(aliases=[pulumi.Alias(name=f"{self._name}-{former}")] if former else None),
        )


def _forward(group: aws.lb.TargetGroup) -> Any:
    return {"type": "forward", "target_group_arn": group.arn}


def _stickiness(seconds: int | None) -> Any:
    return None if seconds is None else {"type": "lb_cookie", "enabled": True, "cookie_duration": seconds}
