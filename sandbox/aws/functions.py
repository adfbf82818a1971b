"""Look-ups of the aws package: `getRegion` and its like, answered from the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.aws.account import Account
from sandbox.emulator import Properties, Refused

# Owner of Ubuntu's images: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
_CANONICAL: Final = "099720109477"
_PUBLISHED: Final = "/aws/service/canonical/ubuntu/"


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
        value, kind, arn = _newest_ubuntu(region, account), "String", f"arn:aws:ssm:{region}::parameter{name}"
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


def _newest_ubuntu(region: str, account: Account) -> str:
    only = [{"Name": "name", "Values": ["*ubuntu*"]}]  # Without it moto renders hundreds of images first.
    images = account.client("ec2", region).describe_images(Owners=[_CANONICAL], Filters=only)["Images"]
    return max(images, key=lambda image: image["CreationDate"])["ImageId"]


_ANSWERS: Final[dict[str, Callable[[Properties, str, Account], Properties]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:ssm/getParameter:getParameter": _parameter,
}
