"""The emulated account's network, asked back through boto3: who reaches whom, by which routes, on which machines."""

# botocore has no types.
# pyright: basic

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, Final, NamedTuple

from sandbox.aws.account import Account
from sandbox.aws.leftovers import regions

_GZIP: Final = b"\x1f\x8b"
_NODE_LABELS: Final = re.compile(r"^\s*NODE_LABELS='?([^'\n]*)'?$", re.MULTILINE)

INTERNET: Final = "0.0.0.0/0"


class Ports(NamedTuple):
    """A range of ports of one protocol; ``-1`` is all of them."""

    protocol: str
    first: int
    last: int

    def common(self, other: Ports) -> Ports | None:
        """The ports that are in both, if any are."""
        if "-1" in (self.protocol, other.protocol):
            return other if self.protocol == "-1" else self
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Ports(self.protocol, first, last) if self.protocol == other.protocol and first <= last else None

    def __str__(self) -> str:
        if self.protocol == "-1":
            return "all"
        span = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return span if self.protocol == "tcp" else f"{span}/{self.protocol}"


Matrix = Mapping[tuple[str, str], frozenset[Ports]]


def reachability(account: Account, region: str) -> Matrix:
    """Return what may be opened from whom to whom, where anything may.

    Parties are security groups, by their tag Name or else their own name, and networks outside, by their CIDR. Between two groups both have to
    agree: the rules out of the one, and those into the other.
    """
    ec2 = account.client("ec2", region)
    networks = {vpc["VpcId"]: IPv4Network(vpc["CidrBlock"]) for vpc in ec2.describe_vpcs()["Vpcs"]}
    groups = [group for group in ec2.describe_security_groups()["SecurityGroups"] if group["GroupName"] != "default"]
    found: dict[tuple[str, str], frozenset[Ports]] = {}
    for to in groups:
        inside = networks[to["VpcId"]]
        for cidr in _outside(to["IpPermissions"], inside):
            found[cidr, _name(to)] = frozenset(_open(to["IpPermissions"], cidr=cidr))
        for cidr in _outside(to["IpPermissionsEgress"], inside):
            found[_name(to), cidr] = frozenset(_open(to["IpPermissionsEgress"], cidr=cidr))
        for by in (group for group in groups if group["VpcId"] == to["VpcId"]):
            out = list(_open(by["IpPermissionsEgress"], group=to["GroupId"], inside=inside))
            into = list(_open(to["IpPermissions"], group=by["GroupId"], inside=inside))
            if both := {common for a in out for b in into if (common := a.common(b))}:
                found[_name(by), _name(to)] = frozenset(both)
    return found


def _name(group: Mapping[str, Any]) -> str:
    tags = _tags(group)
    # EKS gives the group that it makes for a cluster no Name.
    cluster = tags.get("aws:eks:cluster-name")
    return tags.get("Name") or (f"{cluster}-pods" if cluster else group["GroupName"])


def _open(
    permissions: Iterable[Mapping[str, Any]], *, group: str = "", cidr: str = "", inside: IPv4Network | None = None
) -> Iterator[Ports]:
    """Yield the ports that rules open to a group, or to a network; what is open to all of the VPC is to its groups."""
    for rule in permissions:
        ranges = [found["CidrIp"] for found in rule.get("IpRanges", ())]
        groups = [found["GroupId"] for found in rule.get("UserIdGroupPairs", ())]
        covered = inside is not None and any(inside.subnet_of(IPv4Network(each)) for each in ranges)
        if group in groups or cidr in ranges or covered:
            yield Ports(rule["IpProtocol"], int(rule.get("FromPort", -1)), int(rule.get("ToPort", -1)))


def _outside(permissions: Iterable[Mapping[str, Any]], inside: IPv4Network) -> set[str]:
    ranges = {found["CidrIp"] for rule in permissions for found in rule.get("IpRanges", ())}
    return {cidr for cidr in ranges if not IPv4Network(cidr).subnet_of(inside)}


def routes(account: Account, region: str) -> list[dict[str, str]]:
    """Return every route table that somebody named: whose it is, and where it leads."""
    ec2 = account.client("ec2", region)
    subnets = {subnet["SubnetId"]: subnet for subnet in ec2.describe_subnets()["Subnets"]}
    rows = []
    for table in ec2.describe_route_tables()["RouteTables"]:
        tags = _tags(table)
        served = [subnets[found["SubnetId"]] for found in table["Associations"] if found.get("SubnetId") in subnets]
        if "Name" not in tags:
            continue
        leads = {
            route.get("DestinationCidrBlock") or route.get("DestinationPrefixListId"): _target(route)
            for route in table["Routes"]
        }
        rows.append(
            {
                "name": tags["Name"],
                "subnets": ", ".join(sorted(subnet["CidrBlock"] for subnet in served)),
                "routes": ", ".join(f"{destination} {target}" for destination, target in leads.items()),
            }
        )
    return sorted(rows, key=lambda row: row["name"])


def _target(route: Mapping[str, Any]) -> str:
    keys = ("NatGatewayId", "GatewayId", "VpcPeeringConnectionId", "TransitGatewayId")
    return next((route[key] for key in keys if route.get(key)), "?")


def machines(account: Account, region: str) -> list[dict[str, str]]:
    """Return instances, and the node groups whose instances EKS makes.

    Labels are those of the nodes that they become, where it is known: an instance's kubelet is told them by user data.
    """
    ec2 = account.client("ec2", region)
    there = ec2.describe_subnets()["Subnets"]
    subnets = {each["SubnetId"]: _tags(each).get("Name") or each["SubnetId"] for each in there}
    running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    rows = []
    for found in (
        each
        for reservation in ec2.describe_instances(Filters=running)["Reservations"]
        for each in reservation["Instances"]
    ):
        rows.append(
            {
                "name": _tags(found).get("Name", found["InstanceId"]),
                "type": found["InstanceType"],
                "count": "1",
                "zone": found["Placement"]["AvailabilityZone"],
                "subnet": subnets.get(found.get("SubnetId", ""), ""),
                "address": found.get("PrivateIpAddress", ""),
                "profile": found.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2],
                "labels": _labels(ec2, found["InstanceId"]),
            }
        )
    eks = account.client("eks", region)
    for cluster in eks.list_clusters()["clusters"]:
        for name in eks.list_nodegroups(clusterName=cluster)["nodegroups"]:
            group = eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
            size = group["scalingConfig"]
            zones = ec2.describe_subnets(SubnetIds=group["subnets"])["Subnets"]
            labels = group.get("labels", {})
            rows.append(
                {
                    "name": name,
                    "type": ", ".join(group["instanceTypes"]),
                    "count": f"{size['minSize']}-{size['maxSize']} {group.get('capacityType', '').lower()}".strip(),
                    "zone": ", ".join(sorted(subnet["AvailabilityZone"] for subnet in zones)),
                    "subnet": ", ".join(sorted(subnets[each] for each in group["subnets"])),
                    "address": "",
                    "profile": "",
                    "labels": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
                }
            )
    return sorted(rows, key=lambda row: row["name"])


def _tags(thing: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", ())}


def _labels(ec2: Any, instance: str) -> str:
    """Return the labels that an instance's user data has for its kubelet, as --node-labels takes them; none if none."""
    given = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")["UserData"].get("Value", "")
    if not (data := base64.b64decode(given)).startswith(_GZIP):
        return ""
    found = _NODE_LABELS.search(gzip.decompress(data).decode())
    return found[1] if found else ""


def matrix(found: Matrix) -> list[dict[str, str]]:
    """Return a row for each party that comes from somewhere, and a column for each that it may come to."""
    targets = sorted({to for _, to in found})
    return [
        {"from": by, **{to: ", ".join(sorted(map(str, found.get((by, to), ())))) for to in targets}}
        for by in sorted({by for by, _ in found})
    ]


def tables(account: Account) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield a title and rows for each table there is something for, region by region."""
    for region in sorted(regions(account).get("ec2", ())):
        yield f"{region}: who reaches whom", matrix(reachability(account, region))
        yield f"{region}: route tables", routes(account, region)
        yield f"{region}: machines", machines(account, region)
