"""Look-ups of the aws package: `getRegion` and its like, answered from the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.aws.account import Account
from sandbox.emulator import Properties, Refused

# Owner of Ubuntu's images: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
_CANONICAL: Final = "099720109477"
_PUBLISHED: Final = "/aws/service/canonical/ubuntu/"

_CLOUDFRONT: Final = "com.amazonaws.global.cloudfront.origin-facing"
_CLOUDFRONT_NETWORKS: Final = ("13.124.199.0/24", "64.252.64.0/18", "130.176.0.0/17")
"""Some of https://ip-ranges.amazonaws.com/ip-ranges.json"""


def call(token: str, args: Properties, region: str, account: Account) -> Properties:
    """Answer a function with every output that it has. Raises Refused for one that there is no answer to."""
    answer = _ANSWERS.get(token)
    if answer is None:
        raise Refused(f"the sandbox does not have the function {token}")
    return answer(args, region, account)


def _identity(args: Properties, region: str, account: Account) -> Properties:
    who = account.client("sts", region).get_caller_identity()
    return {"id": who["Account"], "accountId": who["Account"], "arn": who["Arn"], "userId": who["UserId"]}


def _region(args: Properties, region: str, account: Account) -> Properties:
    endpoint = f"ec2.{region}.amazonaws.com"
    return {"id": region, "name": region, "region": region, "description": region, "endpoint": endpoint}


def _partition(args: Properties, region: str, account: Account) -> Properties:
    suffixes = {"dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}
    return {"id": "aws", "partition": "aws", **suffixes}


def _zones(args: Properties, region: str, account: Account) -> Properties:
    zones = account.client("ec2", region).describe_availability_zones()["AvailabilityZones"]
    return {
        **args,
        "id": region,
        "region": region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": [region],
    }


def _parameter(args: Properties, region: str, account: Account) -> Properties:
    """A parameter of the account, or one of those that Ubuntu publishes for its newest images."""
    name = args["name"]
    if name.startswith(_PUBLISHED):
        value, kind, arn = _newest_ubuntu(name, region, account), "String", f"arn:aws:ssm:{region}::parameter{name}"
    else:
        client = account.client("ssm", region)
        try:
            found = client.get_parameter(Name=name, WithDecryption=args.get("withDecryption", True))["Parameter"]
        except client.exceptions.ParameterNotFound:
            raise Refused(f"ssm parameter {name} does not exist in {region}") from None
        value, kind, arn = found["Value"], found["Type"], found["ARN"]
    return {
        **args,
        "id": name,
        "region": region,
        "arn": arn,
        "type": kind,
        "value": value,
        "insecureValue": value,
        "version": 1,
    }


def _newest_ubuntu(name: str, region: str, account: Account) -> str:
    if "/arm64/" in name:  # Of these moto has no image of Ubuntu; an instance of another has the architecture too.
        asked = {"Filters": [{"Name": "architecture", "Values": ["arm64"]}]}
    else:  # Without the name moto renders hundreds of images first.
        asked = {"Owners": [_CANONICAL], "Filters": [{"Name": "name", "Values": ["*ubuntu*"]}]}
    images = account.client("ec2", region).describe_images(**asked)["Images"]
    return max(images, key=lambda image: image["CreationDate"])["ImageId"]


def _prefix_list(args: Properties, region: str, account: Account) -> Properties:
    """A list of networks that AWS keeps: a few of those that CloudFront asks origins from."""
    if args.get("name") != _CLOUDFRONT:
        raise Refused(f"the sandbox has no prefix list {args.get('name')}")
    id = "pl-3b927c52"
    return {
        **args,
        "id": id,
        "arn": f"arn:aws:ec2:{region}:aws:prefix-list/{id}",
        "addressFamily": "IPv4",
        "entries": [{"cidr": cidr, "description": ""} for cidr in _CLOUDFRONT_NETWORKS],
        "maxEntries": len(_CLOUDFRONT_NETWORKS),
        "ownerId": "AWS",
        "region": region,
        "tags": {},
        "version": 1,
    }


_ANSWERS: Final[dict[str, Callable[[Properties, str, Account], Properties]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:ssm/getParameter:getParameter": _parameter,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _prefix_list,
}
