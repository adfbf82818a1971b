"""Operations that moto lacks, answered from the account's records in the same place: behind boto3.

botocore has checked the parameters by the time they come here, and whoever asks cannot tell the difference:
`describe_addon` in another process finds what `create_addon` of this one made.
"""

from __future__ import annotations

import secrets
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
from moto.backends import get_backend

ACCOUNT = "123456789012"
"""The account's number: the one that AWS itself uses in its examples, and moto's default."""

Records = dict[str, dict[tuple[str, ...], dict[str, Any]]]
Answer = tuple[Any, dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """A kind of thing that moto does not have.

    operations: of the API, in the order of `_VERBS`, "-" where there is none. keys: parameters that name one.
    wrap: member of an answer that holds the thing; empty if its members are the answer. listed: member of
    the list's answer, `names` if that holds only the last key; after a dot, a member of that with each thing in `wrap`.
    id: prefix of the last key where AWS chooses it.
    """

    service: str
    operations: str
    keys: tuple[str, ...]
    wrap: str
    listed: str
    names: bool = False
    id: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)


_VERBS = ("create", "read", "list", "update", "delete")
_EKS = "arn:aws:eks:{region}:" + ACCOUNT
KINDS = (
    Kind("eks", "CreateAddon DescribeAddon ListAddons UpdateAddon DeleteAddon",
         ("clusterName", "addonName"), "addon", "addons", names=True,
         defaults={"status": "ACTIVE", "addonVersion": "v1.0.0-eksbuild.1", "addonArn": _EKS + ":addon/{name}"}),
    Kind("eks", "CreateAccessEntry DescribeAccessEntry ListAccessEntries UpdateAccessEntry DeleteAccessEntry",
         ("clusterName", "principalArn"), "accessEntry", "accessEntries", names=True,
         defaults={"type": "STANDARD", "username": "{principalArn}", "kubernetesGroups": [],
                   "accessEntryArn": _EKS + ":access-entry/{name}"}),
    Kind("eks", "AssociateAccessPolicy - ListAssociatedAccessPolicies - DisassociateAccessPolicy",
         ("clusterName", "principalArn", "policyArn"), "associatedAccessPolicy", "associatedAccessPolicies"),
    Kind("eks", "CreatePodIdentityAssociation DescribePodIdentityAssociation ListPodIdentityAssociations "
         "UpdatePodIdentityAssociation DeletePodIdentityAssociation",
         ("clusterName", "associationId"), "association", "associations", id="a-",
         defaults={"associationArn": _EKS + ":podidentityassociation/{name}"}),
    Kind("dlm", "CreateLifecyclePolicy GetLifecyclePolicy GetLifecyclePolicies UpdateLifecyclePolicy "
         "DeleteLifecyclePolicy", ("PolicyId",), "Policy", "Policies", id="policy-",
         defaults={"State": "ENABLED", "PolicyArn": "arn:aws:dlm:{region}:" + ACCOUNT + ":policy/{name}"}),
    *(Kind("cloudfront", f"Create{noun} Get{noun} List{noun[:-1]}ies Update{noun} Delete{noun}", ("Id",), noun,
           f"{noun}List.Items", id="0")
      for noun in ("CachePolicy", "OriginRequestPolicy", "ResponseHeadersPolicy")),
    Kind("elasticache", "CreateCacheParameterGroup - DescribeCacheParameterGroups ModifyCacheParameterGroup "
         "DeleteCacheParameterGroup", ("CacheParameterGroupName",), "CacheParameterGroup", "CacheParameterGroups"),
)  # fmt: skip


def answer(session: boto3.Session, records: Records) -> None:
    """Answer the operations of `KINDS` for every client of a session from (and into) `records`."""
    events = session.events
    for service in {kind.service for kind in KINDS}:
        events.register(f"before-parameter-build.{service}", _remember)
    for kind in KINDS:
        for verb, operation in zip(_VERBS, kind.operations.split(), strict=True):
            if operation != "-":
                events.register(f"before-call.{kind.service}.{operation}", _handler(kind, verb, records))
    events.register("before-call.elasticache.DeleteCacheSubnetGroup", _delete_subnet_group)
    events.register("after-call.elasticache.DeleteReplicationGroup", _deleted_replication_group)
    for operation in ("TagResource", "UntagResource"):
        events.register(f"before-call.eks.{operation}", _tagging(records))
    events.register("before-call.eks.UpdateClusterVersion", _upgrade)


def _remember(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["parameters"] = dict(params)


def _handler(kind: Kind, verb: str, records: Records) -> Callable[..., Answer]:
    def handle(model: Any, context: dict[str, Any], **_: Any) -> Answer:
        given, region = context["parameters"], context["client_region"]
        things = records.setdefault(f"{region} {kind.service} {kind.operations.split()[0]}", {})
        if verb == "list":
            given_keys = {k: given[k] for k in kind.keys if k in given}
            found = [key for key, thing in things.items() if given_keys.items() <= thing.items()]
            member, *inner = kind.listed.split(".")
            if inner:
                return _ok({member: {inner[0]: [{kind.wrap: things[key]} for key in found]}})
            return _ok({member: [key[-1] if kind.names else things[key] for key in found]})
        if kind.service == "eks" and given["clusterName"] not in _clusters(region):
            return _error("ResourceNotFoundException", f"No cluster found for name: {given['clusterName']}.")
        if verb == "create" and kind.id:
            given[kind.keys[-1]] = kind.id + secrets.token_hex(9)[:17]
        key = tuple(given[k] for k in kind.keys)
        if verb == "create":
            if key in things:
                return _error("ResourceInUseException", f"{key[-1]} already exists")
            place = {"region": region, "name": "/".join((*key, str(uuid.uuid4()))), **given}
            things[key] = {k: v.format(**place) if isinstance(v, str) else v for k, v in kind.defaults.items()}
            things[key] |= {"createdAt": datetime.now(UTC)} | given
        elif key not in things:
            return _error("ResourceNotFoundException", f"{'/'.join(key)} does not exist")
        elif verb == "update":
            things[key] |= given
        thing = things.pop(key) if verb == "delete" else things[key]
        members = model.output_shape.members if model.output_shape else {}
        version = {"ETag": f"E{zlib.crc32(repr(thing).encode()):X}"} if "ETag" in members else {}
        whole = {kind.wrap: thing} if kind.wrap in members else {k: v for k, v in thing.items() if k in members}
        return _ok(whole | version)

    return handle


def _tagging(records: Records) -> Callable[..., Answer | None]:
    def handle(context: dict[str, Any], **_: Any) -> Answer | None:
        given = context["parameters"]
        for thing in (thing for things in records.values() for thing in things.values()):
            if given["resourceArn"] in (v for v in thing.values() if isinstance(v, str)):
                kept = {k: v for k, v in thing.get("tags", {}).items() if k not in given.get("tagKeys", ())}
                thing["tags"] = kept | given.get("tags", {})
                return _ok({})
        return None

    return handle


def _upgrade(context: dict[str, Any], **_: Any) -> Answer:
    given, clusters = context["parameters"], _clusters(context["client_region"])
    if given["name"] not in clusters:
        return _error("ResourceNotFoundException", f"No cluster found for name: {given['name']}.")
    clusters[given["name"]].version = given["version"]
    return _ok({"update": {"id": str(uuid.uuid4()), "status": "Successful", "type": "VersionUpdate"}})


def _delete_subnet_group(context: dict[str, Any], **_: Any) -> Answer:
    groups = get_backend("elasticache")[ACCOUNT][context["client_region"]].cache_subnet_groups
    name = context["parameters"]["CacheSubnetGroupName"]
    if groups.pop(name, None) is None:
        return _error("CacheSubnetGroupNotFoundFault", f"{name} does not exist")
    return _ok({})


def _deleted_replication_group(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """moto leaves a group at `deleting` for good, its name taken."""
    if "ReplicationGroup" in parsed:
        groups = get_backend("elasticache")[ACCOUNT][context["client_region"]].replication_groups
        groups.pop(parsed["ReplicationGroup"]["ReplicationGroupId"], None)


def _clusters(region: str) -> dict[str, Any]:
    return get_backend("eks")[ACCOUNT][region].clusters


def _ok(body: dict[str, Any]) -> Answer:
    return SimpleNamespace(status_code=200), {"ResponseMetadata": {}, **body}


def _error(code: str, message: str) -> Answer:
    return SimpleNamespace(status_code=404), {"Error": {"Code": code, "Message": message}}
