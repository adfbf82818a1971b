"""The network on AWS: one VPC, its tiers, and how each tier reaches the internet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.policy import assume_role, document
from components.security_groups import Rule, SecurityGroup
from spec.network import FlowLogs, Network, Routing, Subnet

ANYWHERE = "0.0.0.0/0"

# Tags by which load balancer controllers find subnets:
# https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html
_ROLE_TAGS: dict[Routing, dict[str, str]] = {
    "public": {"kubernetes.io/role/elb": "1"},
    "private": {"kubernetes.io/role/internal-elb": "1"},
    "isolated": {},
}


@dataclass(frozen=True)
class _Made:
    """A subnet of the spec, and what became of it."""

    spec: Subnet
    id: pulumi.Output[str]


class Vpc(Component):
    """A VPC with a subnet of every tier in every availability zone."""

    id: pulumi.Output[str]
    cidr: str
    region: str
    zones: list[str]
    internet_gateway: aws.ec2.InternetGateway | None
    """None without a public tier. Load balancers with public addresses wait for it: AWS refuses them in a VPC without
    one, and does not detach it from under them.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html#gatewayattachment"""

    def __init__(self, name: str, spec: Network, opts: pulumi.ResourceOptions, *, protect: bool = False) -> None:
        """Make the network that ``spec`` describes, with ``name`` in front of every name in it.

        ``protect`` guards the record of its traffic against deletion.
        """
        super().__init__("network:Vpc", name, opts)
        self._name, self._spec = name, spec
        self.cidr, self.region, self.zones = spec.cidr, spec.region, spec.availability_zones
        self._vpc = aws.ec2.Vpc(
            name,
            cidr_block=spec.cidr,
            enable_dns_support=True,
            # Interface endpoints answer under the services' own names only in a VPC that has host names.
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=self.child(),
        )
        self.id = self._vpc.id
        # Without rules in the group that AWS puts things in by default, nothing is reachable by forgetting its group.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default", vpc_id=self.id, tags={"Name": f"{name}-default-unused"}, opts=self.child()
        )
        self._made = [self._subnet(subnet) for subnet in spec.subnets()]
        self._route_tables = self._routing()
        self._endpoints()
        if spec.flow_logs:
            self._flow_logs(spec.flow_logs, protect)
        self.register_outputs({"id": self.id})

    def subnets(self, tier: str) -> list[pulumi.Output[str]]:
        """Return the ids of a tier's subnets, in the order of `zones`."""
        return [made.id for made in self._of(tier)]

    def cidrs(self, tier: str) -> list[str]:
        """Return the networks of a tier's subnets, in the order of `zones`."""
        return [made.spec.cidr for made in self._of(tier)]

    def tier(self, routing: Routing) -> str:
        """Return the name of the first tier that is routed so. Raises LookupError where there is none."""
        for tier in self._spec.tiers:
            if tier.routing == routing:
                return tier.name
        raise LookupError(f"the network has no {routing} tier")

    def is_public(self, tier: str) -> bool:
        """Return whether a tier's machines reach the internet by addresses of their own."""
        return any(made.spec.routing == "public" for made in self._of(tier))

    def _of(self, tier: str) -> list[_Made]:
        found = [made for made in self._made if made.spec.tier == tier]
        if not found:
            raise LookupError(f"the network has no tier {tier}")
        return found

    def _routed(self, routing: Routing) -> list[_Made]:
        return [made for made in self._made if made.spec.routing == routing]

    def _subnet(self, spec: Subnet) -> _Made:
        name = f"{self._name}-{spec.tier}-{spec.zone}"
        subnet = aws.ec2.Subnet(
            name,
            vpc_id=self.id,
            cidr_block=spec.cidr,
            availability_zone=spec.zone,
            # What needs a public address asks for one.
            map_public_ip_on_launch=False,
            tags={"Name": name, **_ROLE_TAGS[spec.routing]},
            opts=self.child(),
        )
        return _Made(spec, subnet.id)

    def _routing(self) -> dict[str, aws.ec2.RouteTable]:
        """Give every subnet a route table; return them by name, but for that of isolated subnets.

        Private subnets have a table for each zone even when one NAT gateway serves them all, so that changing between
        one gateway and one for each zone changes routes, and moves no subnet.
        """
        tables: dict[str, aws.ec2.RouteTable] = {}
        self.internet_gateway = None
        public, private, isolated = (self._routed(kind) for kind in ("public", "private", "isolated"))
        if public:
            gateway = aws.ec2.InternetGateway(self._name, vpc_id=self.id, tags={"Name": self._name}, opts=self.child())
            self.internet_gateway = gateway
            tables["public"] = self._route_table("public", public)
            self._route("public", tables["public"], gateway_id=gateway.id)
            nat = self._nat_gateways(public, gateway)
        else:
            nat = {}
        for zone in self.zones:
            key = f"private-{zone}"
            if here := [made for made in private if made.spec.zone == zone]:
                tables[key] = self._route_table(key, here)
                if zone in nat:
                    self._route(key, tables[key], nat_gateway_id=nat[zone])
        if isolated:
            self._route_table("isolated", isolated)
        return tables

    def _nat_gateways(self, public: Iterable[_Made], gateway: aws.ec2.InternetGateway) -> dict[str, pulumi.Output[str]]:
        """Make the NAT gateways; return for each zone the one that serves it."""
        if self._spec.nat_gateways == "none":
            return {}
        in_zone = {made.spec.zone: made.id for made in reversed(list(public))}
        standing = self.zones if self._spec.nat_gateways == "perZone" else self.zones[:1]
        ids = {zone: self._nat_gateway(zone, in_zone[zone], gateway) for zone in standing}
        return {zone: ids.get(zone, ids[self.zones[0]]) for zone in self.zones}

    def _nat_gateway(
        self, zone: str, subnet_id: pulumi.Output[str], gateway: aws.ec2.InternetGateway
    ) -> pulumi.Output[str]:
        name = f"{self._name}-nat-{zone}"
        # AWS refuses an address, and breaks a NAT gateway, in a VPC whose internet gateway isn't attached yet.
        attached = self.child(depends_on=[gateway])
        address = aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=attached)
        return aws.ec2.NatGateway(
            name, allocation_id=address.id, subnet_id=subnet_id, tags={"Name": name}, opts=attached
        ).id

    def _route_table(self, key: str, subnets: Iterable[_Made]) -> aws.ec2.RouteTable:
        name = f"{self._name}-{key}"
        table = aws.ec2.RouteTable(name, vpc_id=self.id, tags={"Name": name}, opts=self.child())
        for made in subnets:
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{made.spec.tier}-{made.spec.zone}",
                subnet_id=made.id,
                route_table_id=table.id,
                opts=self.child(),
            )
        return table

    def _route(
        self,
        key: str,
        table: aws.ec2.RouteTable,
        gateway_id: pulumi.Input[str] | None = None,
        nat_gateway_id: pulumi.Input[str] | None = None,
    ) -> None:
        aws.ec2.Route(
            f"{self._name}-{key}-default",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway_id,
            nat_gateway_id=nat_gateway_id,
            opts=self.child(),
        )

    def _endpoints(self) -> None:
        """Keep traffic to AWS itself inside; the isolated tier stays without any way out."""
        for service in self._spec.gateway_endpoints:
            aws.ec2.VpcEndpoint(
                f"{self._name}-{service}",
                vpc_id=self.id,
                service_name=f"com.amazonaws.{self.region}.{service}",
                vpc_endpoint_type="Gateway",
                route_table_ids=[table.id for table in self._route_tables.values()],
                tags={"Name": f"{self._name}-{service}"},
                opts=self.child(),
            )
        if not self._spec.interface_endpoints:
            return
        group = SecurityGroup(
            f"{self._name}-endpoints",
            "What may reach the VPC's interface endpoints",
            self.id,
            ingress=[Rule("https", "HTTPS from the VPC", port=443, cidr=self.cidr)],
            opts=self.child(),
        )
        # An endpoint stands in one tier, with one network interface in each zone.
        tier = self.tier("private") if self._routed("private") else self._spec.tiers[0].name
        for service in self._spec.interface_endpoints:
            aws.ec2.VpcEndpoint(
                f"{self._name}-{service}",
                vpc_id=self.id,
                service_name=f"com.amazonaws.{self.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=self.subnets(tier),
                security_group_ids=[group.id],
                tags={"Name": f"{self._name}-{service}"},
                opts=self.child(),
            )

    def _flow_logs(self, spec: FlowLogs, protect: bool) -> None:
        name = f"{self._name}-flow-logs"
        group = aws.cloudwatch.LogGroup(name, retention_in_days=spec.retention_days, opts=self.child(protect=protect))
        role = aws.iam.Role(
            name,
            description="Lets VPC flow logs write to their log group",
            # Only flow logs of this account may take the role:
            # https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
            assume_role_policy=assume_role(
                {"Service": "vpc-flow-logs.amazonaws.com"},
                condition={"StringEquals": {"aws:SourceAccount": self._vpc.owner_id}},
            ),
            opts=self.child(),
        )
        policy = aws.iam.RolePolicy(
            name,
            role=role.id,
            # Without CreateLogGroup: a group that late records bring back after a teardown would stay behind.
            policy=document(
                ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"],
                [group.arn, pulumi.Output.concat(group.arn, ":*")],
            ),
            opts=self.child(),
        )
        aws.ec2.FlowLog(
            name,
            vpc_id=self.id,
            traffic_type=spec.traffic,
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags={"Name": name},
            # AWS checks at creation that the role may write.
            opts=self.child(depends_on=[policy]),
        )
