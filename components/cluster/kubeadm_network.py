"""Who may talk to the machines of a kubeadm cluster, and where its API server is reached."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.security_groups import Rule, SecurityGroup, allow_egress, allow_ingress
from components.vpc import ANYWHERE, Vpc

API_PORT = 6443


class Firewall(Component):
    """Three security groups: the API's load balancers, the control plane, and every machine."""

    api: pulumi.Output[str]
    control_plane: pulumi.Output[str]
    nodes: pulumi.Output[str]
    """Group of every machine, those of the control plane included."""

    def __init__(self, name: str, vpc: Vpc, api_access_cidrs: Sequence[str], opts: pulumi.ResourceOptions) -> None:
        """Admit the VPC and ``api_access_cidrs`` to the API, and nobody from outside to anything else.

        Ports: https://kubernetes.io/docs/reference/networking/ports-and-protocols/ and
        https://docs.tigera.io/calico/latest/getting-started/kubernetes/requirements#network-requirements
        """
        super().__init__("cluster:Firewall", name, opts)
        admitted = [Rule("vpc", "Kubernetes API from the VPC", API_PORT, cidr=vpc.cidr)]
        admitted += [
            Rule(cidr.replace("/", "-"), "Kubernetes API from outside", API_PORT, cidr=cidr)
            for cidr in api_access_cidrs
        ]
        out = Rule("out", "Packages, images, AWS; what pods may reach is for network policies to say", cidr=ANYWHERE)
        self.api = SecurityGroup(
            f"{name}-api", "Load balancers of the Kubernetes API", vpc.id, ingress=admitted, opts=self.child()
        ).id
        self.nodes = SecurityGroup(
            f"{name}-nodes", "Machines of the Kubernetes cluster", vpc.id, egress=[out], opts=self.child()
        ).id
        self.control_plane = SecurityGroup(
            f"{name}-control-plane",
            "Control plane of the Kubernetes cluster",
            vpc.id,
            ingress=[
                Rule("api", "API server, from its load balancers", API_PORT, group=self.api),
                # Pods reach the API server through its Service, which leads past the load balancer.
                Rule("api-from-nodes", "API server, from pods", API_PORT, group=self.nodes),
                Rule("etcd-metrics", "Metrics of etcd", 2381, group=self.nodes),
                Rule("controller-manager", "Metrics of the controller manager", 10257, group=self.nodes),
                Rule("scheduler", "Metrics of the scheduler", 10259, group=self.nodes),
            ],
            opts=self.child(),
        ).id
        # Prometheus scrapes from a pod, whose traffic to another machine leaves with the address of its own.
        among_nodes = (
            Rule("kubelet", "Kubelet: logs, exec, metrics", 10250, group=self.nodes),
            Rule("node-exporter", "Metrics of node-exporter", 9100, group=self.nodes),
            Rule("typha", "Calico Typha", 5473, group=self.nodes),
            Rule(
                "vxlan", "Calico VXLAN, which carries all traffic between pods", 4789, group=self.nodes, protocol="udp"
            ),
        )
        for rule in among_nodes:
            allow_ingress(f"{name}-nodes", self.nodes, rule, self.child())
        etcd = Rule("etcd", "etcd, among its members", (2379, 2380), group=self.control_plane)
        allow_ingress(f"{name}-control-plane", self.control_plane, etcd, self.child())
        to_servers = Rule("to-servers", "API servers and their health", API_PORT, group=self.control_plane)
        allow_egress(f"{name}-api", self.api, to_servers, self.child())
        self.register_outputs({"api": self.api, "controlPlane": self.control_plane, "nodes": self.nodes})


class ApiLoadBalancer(Component):
    """A Network Load Balancer before the API servers: one address, however many there are and whichever they are."""

    host: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        vpc: Vpc,
        tier: str,
        security_group: pulumi.Input[str],
        *,
        internal: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Stand in every subnet of ``tier``; ``internal`` answers with private addresses, else with public ones."""
        super().__init__("cluster:ApiLoadBalancer", name, opts)
        self._name = name
        balancer = aws.lb.LoadBalancer(
            name,
            load_balancer_type="network",
            internal=internal,
            subnets=vpc.subnets(tier),
            security_groups=[security_group],
            # With fewer API servers than zones, the addresses in the other zones would lead nowhere.
            enable_cross_zone_load_balancing=True,
            tags={"Name": name},
            opts=self.child(depends_on=None if internal else vpc.internet_gateway),
        )
        self._targets = aws.lb.TargetGroup(
            name,
            vpc_id=vpc.id,
            protocol="TCP",
            port=API_PORT,
            target_type="instance",
            # Machines of the control plane reach themselves through it. With the client's address kept, such a
            # connection times out: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
            preserve_client_ip="false",
            deregistration_delay=30,
            health_check={
                "protocol": "HTTPS",
                "path": "/readyz",
                "interval": 10,
                "healthy_threshold": 2,
                "unhealthy_threshold": 2,
            },
            tags={"Name": name},
            opts=self.child(),
        )
        aws.lb.Listener(
            name,
            load_balancer_arn=balancer.arn,
            protocol="TCP",
            port=API_PORT,
            default_actions=[{"type": "forward", "target_group_arn": self._targets.arn}],
            opts=self.child(),
        )
        self.host = balancer.dns_name
        self.register_outputs({"host": self.host})

    def attach(self, name: str, instance_id: pulumi.Input[str]) -> aws.lb.TargetGroupAttachment:
        """Lead to a machine of the control plane, as soon as its API server is ready."""
        return aws.lb.TargetGroupAttachment(
            f"{self._name}-{name}",
            target_group_arn=self._targets.arn,
            target_id=instance_id,
            port=API_PORT,
            opts=self.child(),
        )
