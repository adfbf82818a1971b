"""The way in on AWS: a DNS zone, a certificate, and a load balancer that hands everything to the ingress controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.http_ingress import Answer
from components.security_groups import Rule, SecurityGroup, allow_egress, allow_ingress
from components.vpc import Vpc
from spec.parts import Edge as Spec

# TLS 1.3, and 1.2 with forward secrecy and authenticated encryption alone:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"

# What requests under way get when a pod goes: less than the 30 seconds that Kubernetes gives the pod itself.
_DRAINING_SECONDS = 25


def certified(zone: str, hosts: Sequence[str]) -> list[str]:
    """Return the names a certificate needs besides the zone's own: its wildcard, and hosts too deep for that.

    A wildcard stands for one label: `*.example.com` is good for api.example.com, not for v1.api.example.com.
    """
    deeper = {host for host in hosts if host != zone and host.removesuffix(f".{zone}").count(".")}
    return [f"*.{zone}", *sorted(deeper)]


class Edge(Component):
    """The public side of the platform. Ingress controllers register with `target_group_arn`."""

    target_group_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    name_servers: pulumi.Output[Sequence[str]]
    """What the domain has to be delegated to; the certificate is issued only once it is."""
    dns_name: pulumi.Output[str]
    """The load balancer's own name."""
    hosts: list[str]

    def __init__(
        self,
        name: str,
        spec: Spec,
        hosts: Sequence[str],
        vpc: Vpc,
        *,
        targets: pulumi.Input[str],
        answer: Answer,
        instances: Mapping[str, pulumi.Input[str]] | None = None,
        protect: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Lead ``hosts``, names in the zone, to the ingress controller.

        Its pods register by address, unless ``instances`` are given: machines, by a name for each, whose node ports
        lead to it. ``targets`` is the security group of pods or machines, and ``answer`` where those take HTTP.
        ``protect`` guards the load balancer against deletion.
        """
        super().__init__("edge:Edge", name, opts)
        self._name, self._vpc = name, vpc
        self.hosts = sorted({*hosts, *spec.hosts})
        zone = aws.route53.Zone(name, name=spec.zone, force_destroy=False, opts=self.child())
        self.name_servers = zone.name_servers
        certificate_arn = self._certificate(spec.zone, zone)
        self.security_group_id = self._security_group(spec, targets, {answer.port, answer.health_port})
        balancer = aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            internal=False,
            subnets=vpc.subnets(vpc.tier("public")),
            security_groups=[self.security_group_id],
            drop_invalid_header_fields=True,
            enable_deletion_protection=protect,
            tags={"Name": name},
            opts=self.child(),
        )
        self.dns_name = balancer.dns_name
        target_group = aws.lb.TargetGroup(
            name,
            vpc_id=vpc.id,
            target_type="ip" if instances is None else "instance",
            port=answer.port,
            protocol="HTTP",
            deregistration_delay=_DRAINING_SECONDS,
            health_check={
                "path": answer.health_path,
                "port": "traffic-port" if answer.health_port == answer.port else str(answer.health_port),
                "matcher": "200",
                "interval": 10,
                "healthy_threshold": 2,
                "unhealthy_threshold": 2,
            },
            tags={"Name": name},
            opts=self.child(),
        )
        for key, instance in (instances or {}).items():
            aws.lb.TargetGroupAttachment(
                f"{name}-{key}", target_group_arn=target_group.arn, target_id=instance, opts=self.child()
            )
        listener = self._listeners(balancer, target_group, certificate_arn)
        # Known once a listener uses the group: only then are its targets checked, and pods found healthy.
        self.target_group_arn = pulumi.Output.all(target_group.arn, listener.arn).apply(lambda arns: arns[0])
        for host in self.hosts:
            self._alias(host, zone, balancer)
        self.register_outputs({"nameServers": self.name_servers, "targetGroupArn": self.target_group_arn})

    def _certificate(self, domain: str, zone: aws.route53.Zone) -> pulumi.Output[str]:
        """Return the ARN of a certificate for the zone and its hosts, known once it has been issued."""
        names = certified(domain, self.hosts)
        certificate = aws.acm.Certificate(
            self._name,
            domain_name=domain,
            subject_alternative_names=names,
            validation_method="DNS",
            tags={"Name": domain},
            # A listener uses one certificate until it has the next.
            opts=self.child(delete_before_replace=False),
        )
        # A wildcard is proved by the record of the name below it, which is there already.
        proved = [domain, *(name for name in names if not name.startswith("*."))]
        records = [self._validation_record(name, certificate, zone) for name in proved]
        return aws.acm.CertificateValidation(
            self._name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            opts=self.child(),
        ).certificate_arn

    def _validation_record(
        self, host: str, certificate: aws.acm.Certificate, zone: aws.route53.Zone
    ) -> aws.route53.Record:
        asked = certificate.domain_validation_options.apply(
            lambda options: next(option for option in options if option.domain_name == host)
        )
        return aws.route53.Record(
            f"{self._name}-proof-{host}",
            zone_id=zone.zone_id,
            name=asked.resource_record_name,
            type=asked.resource_record_type,
            records=[asked.resource_record_value],
            ttl=300,
            # A renewed certificate asks for the record that is there.
            allow_overwrite=True,
            opts=self.child(),
        )

    def _security_group(self, spec: Spec, targets: pulumi.Input[str], ports: set[int]) -> pulumi.Output[str]:
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
        for port in sorted(ports):
            out = Rule(f"targets-{port}", "Ingress controller", port, group=targets)
            allow_egress(name, group.id, out, self.child())
            into = Rule(f"balancer-{port}", "Public load balancer", port, group=group.id)
            allow_ingress(f"{self._name}-targets", targets, into, self.child())
        return group.id

    def _listeners(
        self,
        balancer: aws.lb.LoadBalancer,
        target_group: aws.lb.TargetGroup,
        certificate_arn: pulumi.Output[str],
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
            default_actions=[{"type": "forward", "target_group_arn": target_group.arn}],
            opts=self.child(),
        )

    def _alias(self, host: str, zone: aws.route53.Zone, balancer: aws.lb.LoadBalancer) -> None:
        aws.route53.Record(
            f"{self._name}-{host}",
            zone_id=zone.zone_id,
            name=host,
            type="A",
            aliases=[
                {
                    "name": balancer.dns_name,
                    "zone_id": balancer.zone_id,
                    "evaluate_target_health": True,
                }
            ],
            opts=self.child(),
        )
