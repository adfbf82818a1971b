"""The rules, about resources as the engine has them, with inputs by their names in camelCase.

They know nothing of the SDK that a policy pack is made with, so tests ask them about the graphs that are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Props = Mapping[str, Any]

ANYWHERE = {"0.0.0.0/0", "::/0"}
# Shells: SSH, and RDP for good measure.
SHELLS = (22, 3389)
TAGS = ("platform", "managed-by")


class Unknown:
    """Stands for an input that only an `up` reveals: no rule takes it for a mistake."""


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Resource:
    """A resource, and what it hangs on."""

    type: str
    name: str
    props: Props
    dependencies: frozenset[tuple[str, str]] = frozenset()
    """Types and names of what its inputs come from."""
    provider: Props = field(default_factory=dict)
    """Inputs of its provider."""


@dataclass(frozen=True)
class Rule:
    """A rule about each resource for itself."""

    name: str
    description: str
    check: Callable[[Resource], Iterator[str]]


@dataclass(frozen=True)
class StackRule:
    """A rule about resources together: yields those that break it."""

    name: str
    description: str
    check: Callable[[Sequence[Resource]], Iterator[tuple[Resource, str]]]


# Buckets

_BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_BLOCKED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _private_bucket(resource: Resource) -> Iterator[str]:
    props = resource.props
    if resource.type == _BLOCK:
        yield from (f"{each} is not true" for each in _BLOCKED if props.get(each) not in (True, UNKNOWN))
    if resource.type.startswith("aws:s3/bucket") and str(props.get("acl", "")).startswith("public-"):
        yield f"acl is {props['acl']}"
    if resource.type == "aws:s3/bucketPolicy:BucketPolicy" and isinstance(props.get("policy"), str):
        for statement in _statements(props["policy"]):
            allows = statement.get("Effect") == "Allow" and not statement.get("Condition")
            if allows and _everybody(statement.get("Principal")):
                yield "its policy lets everybody in"


def _statements(policy: str) -> list[Props]:
    try:
        found = json.loads(policy).get("Statement", [])
    except ValueError:
        return []  # It has parts that are not known yet.
    return found if isinstance(found, list) else [found]


def _everybody(principal: Any) -> bool:
    return principal == "*" or (isinstance(principal, Mapping) and "*" in _listed(principal.get("AWS")))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _closed_buckets(resources: Sequence[Resource]) -> Iterator[tuple[Resource, str]]:
    for type, lacks in ((_BLOCK, "has no block of public access"), (_ENCRYPTION, "has no encryption at rest")):
        covered = {bucket for each in resources if each.type == type for bucket in each.dependencies}
        for bucket in (each for each in resources if each.type in _BUCKETS):
            if (bucket.type, bucket.name) not in covered:
                yield bucket, lacks


# Networks


def _no_open_shell(resource: Resource) -> Iterator[str]:
    for cidrs, first, last, protocol in _ways_in(resource):
        for port in SHELLS:
            if ANYWHERE & cidrs and (protocol == "-1" or _within(port, first, last)):
                yield f"lets the whole internet reach port {port}"


def _ways_in(resource: Resource) -> Iterator[tuple[set[str], Any, Any, str]]:
    props = resource.props
    match resource.type:
        case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
            cidrs = {props.get("cidrIpv4"), props.get("cidrIpv6")}
            yield _texts(cidrs), props.get("fromPort"), props.get("toPort"), str(props.get("ipProtocol"))
        case "aws:ec2/securityGroupRule:SecurityGroupRule" if props.get("type") == "ingress":
            yield _inline(props)
        case "aws:ec2/securityGroup:SecurityGroup" | "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":
            for rule in _items(props.get("ingress")):
                yield _inline(_mapping(rule))


def _inline(rule: Props) -> tuple[set[str], Any, Any, str]:
    cidrs = [*_items(rule.get("cidrBlocks")), *_items(rule.get("ipv6CidrBlocks"))]
    return _texts(cidrs), rule.get("fromPort"), rule.get("toPort"), str(rule.get("protocol"))


def _texts(values: Any) -> set[str]:
    return {value for value in values if isinstance(value, str)}


def _within(port: int, first: Any, last: Any) -> bool:
    return isinstance(first, int | float) and isinstance(last, int | float) and first <= port <= last


# Tags


def _tagged(resource: Resource) -> Iterator[str]:
    if not resource.type.startswith("aws:"):
        return
    default = resource.provider.get("defaultTags")
    given = json.loads(default) if isinstance(default, str) else default
    tagged = [resource.props.get("tags"), given, _mapping(given).get("tags")]
    if UNKNOWN in tagged:
        return
    own, _, of_provider = map(_mapping, tagged)
    missing = [tag for tag in TAGS if tag not in {**of_provider, **own}]
    if missing:
        yield f"is not tagged with {', '.join(missing)}, and its provider has no such default tags"


def _mapping(value: Any) -> Props:
    """Return ``value``; an empty mapping for what is none, such as an input that is not given or not known yet."""
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> Sequence[Any]:
    """Return ``value``; an empty list for what is none, such as an input that is not given or not known yet."""
    return value if isinstance(value, list | tuple) else ()


# Data


def _is(expected: bool) -> Callable[[Any], bool]:
    return lambda value: value in (expected, str(expected).lower())


def _at_least(number: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | float) and value >= number


# By type: inputs by their paths, `*` for each of a list, what they have to be, and what is said if they are not.
_PROTECTED: Mapping[str, Sequence[tuple[str, Callable[[Any], bool], str]]] = {
    "aws:rds/cluster:Cluster": (
        ("storageEncrypted", _is(True), "is not encrypted at rest"),
        ("skipFinalSnapshot", _is(False), "leaves no snapshot when it is deleted"),
        ("backupRetentionPeriod", _at_least(7), "keeps backups for less than seven days"),
    ),
    "aws:rds/clusterInstance:ClusterInstance": (("publiclyAccessible", _is(False), "has a public address"),),
    "aws:rds/instance:Instance": (
        ("storageEncrypted", _is(True), "is not encrypted at rest"),
        ("publiclyAccessible", _is(False), "has a public address"),
        ("skipFinalSnapshot", _is(False), "leaves no snapshot when it is deleted"),
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        ("atRestEncryptionEnabled", _is(True), "is not encrypted at rest"),
        ("transitEncryptionEnabled", _is(True), "is not encrypted in transit"),
    ),
    "aws:kms/key:Key": (("enableKeyRotation", _is(True), "is never rotated"),),
    "aws:eks/cluster:Cluster": (("encryptionConfig", bool, "keeps Secrets unencrypted"),),
    "aws:ebs/volume:Volume": (("encrypted", _is(True), "is not encrypted"),),
    "aws:efs/fileSystem:FileSystem": (("encrypted", _is(True), "is not encrypted"),),
    "aws:ec2/instance:Instance": (
        ("rootBlockDevice.encrypted", _is(True), "has a volume that is not encrypted"),
        ("metadataOptions.httpTokens", lambda value: value == "required", "gives its credentials without a token"),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": (
        ("blockDeviceMappings.*.ebs.encrypted", _is(True), "makes volumes that are not encrypted"),
        ("metadataOptions.httpTokens", lambda value: value == "required", "makes machines that give credentials away"),
    ),
}


def _protected(resource: Resource) -> Iterator[str]:
    for path, fits, problem in _PROTECTED.get(resource.type, ()):
        if not all(value is UNKNOWN or fits(value) for value in _at(resource.props, path.split("."))):
            yield problem


def _at(value: Any, path: Sequence[str]) -> list[Any]:
    """Return what is at a path; one None where nothing is."""
    if not path or value is UNKNOWN:
        return [value]
    if path[0] == "*":
        return [found for each in value or [None] for found in _at(each, path[1:])]
    return _at(value.get(path[0]) if isinstance(value, Mapping) else None, path[1:])


# Pods

_TEMPLATES = ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet")
# Kinds of operators that make pods of what a resource says, and where it says it.
_OPERATED = {"Cluster": "resources", "RabbitmqCluster": "resources", "KafkaNodePool": "resources"}


def _bounded(resource: Resource) -> Iterator[str]:
    for container in _containers(resource):
        resources = _mapping(container.get("resources"))
        for kind in ("requests", "limits"):
            asked = resources.get(kind)
            lacking = [what for what in ("cpu", "memory") if asked is not UNKNOWN and not _mapping(asked).get(what)]
            if lacking and container.get("resources") is not UNKNOWN:
                yield f"container {container.get('name')} has no {kind} of {' and '.join(lacking)}"


def _fixed_images(resource: Resource) -> Iterator[str]:
    for container in _containers(resource):
        image = container.get("image")
        if isinstance(image, str) and "@" not in image:
            tag = image.rpartition("/")[2].partition(":")[2]
            if tag in ("", "latest"):
                yield f"container {container.get('name')} runs whatever {image} is tomorrow"


def _containers(resource: Resource) -> Iterator[Props]:
    if not resource.type.startswith("kubernetes:"):
        return
    if resource.props.get("spec") is UNKNOWN:
        return
    kind, spec = resource.type.rpartition(":")[2], _mapping(resource.props.get("spec"))
    if kind in _OPERATED and not resource.type.startswith(("kubernetes:apps", "kubernetes:batch", "kubernetes:core")):
        yield {"name": kind, "resources": spec.get(_OPERATED[kind])}
    pod = spec if kind == "Pod" else {}
    if kind == "CronJob":
        spec = _mapping(_mapping(spec.get("jobTemplate")).get("spec"))
    if kind in (*_TEMPLATES, "CronJob"):
        pod = _mapping(_mapping(spec.get("template")).get("spec"))
    for key in ("containers", "initContainers"):
        yield from (each for each in _items(pod.get(key)) if isinstance(each, Mapping))


RULES: Sequence[Rule] = (
    Rule("no-public-bucket", "Nobody outside of the account reads or writes a bucket.", _private_bucket),
    Rule("no-open-shell", "No machine answers the whole internet on a port of a shell.", _no_open_shell),
    Rule("everything-tagged", f"Everything in AWS says whose it is: {', '.join(TAGS)}.", _tagged),
    Rule("data-protected", "What holds data is encrypted, backed up and not public.", _protected),
    Rule("containers-bounded", "Every container says what it needs, and the most it may take.", _bounded),
    Rule("images-fixed", "Every container runs the image that was reviewed.", _fixed_images),
)
STACK_RULES: Sequence[StackRule] = (
    StackRule("buckets-closed", "Every bucket has its public access blocked, and is encrypted.", _closed_buckets),
)
