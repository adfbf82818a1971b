"""What the policies refuse, and that none of the platforms' graphs has any of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from policies.rules import RULES, STACK_RULES, UNKNOWN, Resource
from spec.load import ROOT, stacks

PROVIDER = {"defaultTags": '{"tags": {"platform": "shop", "managed-by": "pulumi"}}'}
BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BLOCKED: dict[str, Any] = dict.fromkeys(
    ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
)
BOUNDED = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}


@cache
def graph(stack: str) -> list[Resource]:
    """Return a stack's graph as it is kept, as the policies see it."""
    nodes: dict[str, Any] = json.loads((ROOT / "tests" / "golden" / f"{stack}.json").read_text())
    given = next((node["inputs"] for node in nodes.values() if node["type"] == "pulumi:providers:aws"), {})

    def known(reference: str) -> tuple[str, str]:
        return nodes[reference]["type"] if reference in nodes else "", reference.partition("::")[2]

    return [
        Resource(
            node["type"],
            path.partition("::")[2],
            node.get("inputs") or {},
            frozenset(known(each) for each in node.get("dependsOn") or ()),
            given if node["type"].startswith("aws:") else {},
        )
        for path, node in nodes.items()
    ]


def found(*resources: Resource) -> dict[str, list[str]]:
    """Return every problem by the name of its rule."""
    problems: dict[str, list[str]] = {}
    for rule in RULES:
        for each in resources:
            problems.setdefault(rule.name, []).extend(rule.check(each))
    for rule in STACK_RULES:
        problems.setdefault(rule.name, []).extend(problem for _, problem in rule.check(resources))
    return {name: list(told) for name, told in problems.items() if told}


def of_aws(type: str, **props: Any) -> Resource:
    return Resource(type, "it", props, provider=PROVIDER)


def deployment(*containers: dict[str, Any], **pod: Any) -> Resource:
    spec = {"template": {"spec": {"containers": list(containers), **pod}}}
    return Resource("kubernetes:apps/v1:Deployment", "it", {"spec": spec})


@pytest.mark.parametrize("stack", stacks())
def test_no_graph_of_a_platform_breaks_a_policy(stack: str) -> None:
    assert found(*graph(stack)) == {}


def test_the_graphs_have_what_the_policies_are_about() -> None:
    types = {each.type for each in [*graph("prod"), *graph("sesacthon")]}
    assert {BUCKET, BLOCK, ENCRYPTION, INGRESS, "aws:rds/cluster:Cluster", "aws:ec2/instance:Instance"} <= types


def test_a_bucket_without_a_block_or_encryption_is_refused() -> None:
    bucket = of_aws(BUCKET)
    assert found(bucket)["buckets-closed"] == ["has no block of public access", "has no encryption at rest"]
    covered = frozenset({(BUCKET, "it")})
    others = [Resource(type, "it", BLOCKED, covered, PROVIDER) for type in (BLOCK, ENCRYPTION)]
    assert found(bucket, *others) == {}


@pytest.mark.parametrize(
    ("resource", "problem"),
    [
        (of_aws(BLOCK, **BLOCKED | {"blockPublicPolicy": False}), "blockPublicPolicy is not true"),
        (of_aws("aws:s3/bucketAcl:BucketAcl", acl="public-read"), "acl is public-read"),
        (
            of_aws(
                "aws:s3/bucketPolicy:BucketPolicy",
                policy=json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}}]}),
            ),
            "its policy lets everybody in",
        ),
    ],
)
def test_a_public_bucket_is_refused(resource: Resource, problem: str) -> None:
    assert found(resource)["no-public-bucket"] == [problem]


@pytest.mark.parametrize(
    "rule",
    [
        {"cidrIpv4": "0.0.0.0/0", "fromPort": 22, "toPort": 22, "ipProtocol": "tcp"},
        {"cidrIpv6": "::/0", "fromPort": 0, "toPort": 1024, "ipProtocol": "tcp"},
        {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"},
    ],
)
def test_a_shell_that_is_open_to_the_internet_is_refused(rule: dict[str, Any]) -> None:
    assert "lets the whole internet reach port 22" in found(of_aws(INGRESS, **rule))["no-open-shell"]
    assert "no-open-shell" not in found(of_aws(INGRESS, **rule | {"cidrIpv4": "10.0.0.0/8", "cidrIpv6": None}))


def test_rules_inside_of_a_group_are_looked_at_too() -> None:
    inside = {"cidrBlocks": ["0.0.0.0/0"], "fromPort": 22, "toPort": 22, "protocol": "tcp"}
    assert "no-open-shell" in found(of_aws("aws:ec2/securityGroup:SecurityGroup", ingress=[inside]))


def test_what_nobody_tagged_is_refused() -> None:
    [problem] = found(Resource("aws:kms/key:Key", "it", {"enableKeyRotation": True}))["everything-tagged"]
    assert problem.startswith("is not tagged with platform, managed-by")


@pytest.mark.parametrize(
    ("type", "sound", "broken", "problem"),
    [
        ("aws:kms/key:Key", {"enableKeyRotation": True}, {"enableKeyRotation": False}, "is never rotated"),
        (
            "aws:rds/cluster:Cluster",
            {"storageEncrypted": True, "skipFinalSnapshot": False, "backupRetentionPeriod": 7},
            {"backupRetentionPeriod": 1},
            "keeps backups for less than seven days",
        ),
        (
            "aws:ec2/instance:Instance",
            {"rootBlockDevice": {"encrypted": True}, "metadataOptions": {"httpTokens": "required"}},
            {"metadataOptions": {"httpTokens": "optional"}},
            "gives its credentials without a token",
        ),
        (
            "aws:ec2/launchTemplate:LaunchTemplate",
            {
                "blockDeviceMappings": [{"ebs": {"encrypted": "true"}}],
                "metadataOptions": {"httpTokens": "required"},
            },
            {"blockDeviceMappings": [{"ebs": {"encrypted": "true"}}, {"ebs": {}}]},
            "makes volumes that are not encrypted",
        ),
    ],
)
def test_what_holds_data_is_refused_unprotected(
    type: str, sound: dict[str, Any], broken: dict[str, Any], problem: str
) -> None:
    assert found(of_aws(type, **sound)) == {}
    assert found(of_aws(type, **sound | broken)) == {"data-protected": [problem]}


def test_what_is_not_known_yet_is_no_mistake() -> None:
    assert found(of_aws("aws:kms/key:Key", enableKeyRotation=UNKNOWN)) == {}
    assert found(deployment({"name": "web", "resources": UNKNOWN, "image": UNKNOWN})) == {}


def test_a_container_without_limits_is_refused_also_one_that_runs_first() -> None:
    image = "ghcr.io/example/web:1.0"
    bounded = {"name": "web", "image": image, "resources": BOUNDED}
    assert found(deployment(bounded)) == {}
    first = {"name": "first", "image": image, "resources": {"requests": BOUNDED["requests"]}}
    problems = found(deployment(bounded, initContainers=[first]))
    assert problems == {"containers-bounded": ["container first has no limits of cpu and memory"]}


def test_what_an_operator_makes_pods_of_is_looked_at_too() -> None:
    cluster = Resource("kubernetes:postgresql.cnpg.io/v1:Cluster", "postgres", {"spec": {}})
    assert len(found(cluster)["containers-bounded"]) == 2


@pytest.mark.parametrize("image", ["nginx", "nginx:latest", "localhost:5000/nginx"])
def test_an_image_that_moves_is_refused(image: str) -> None:
    assert "images-fixed" in found(deployment({"name": "web", "image": image, "resources": BOUNDED}))


def blurred(value: Any) -> Iterator[Any]:
    """Yield a value with each of its parts in turn not known yet."""
    yield UNKNOWN
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: each} for each in blurred(item))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from ([*value[:position], each, *value[position + 1 :]] for each in blurred(item))


RULE = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"], "ipv6CidrBlocks": []}
CONTAINER = {"name": "app", "image": "app:1", "resources": BOUNDED}


@pytest.mark.parametrize(
    "known",
    [
        of_aws("aws:ec2/securityGroup:SecurityGroup", ingress=[RULE], tags={"a": "b"}),
        of_aws(INGRESS, cidrIpv4="10.0.0.0/8", fromPort=22, toPort=22, ipProtocol="tcp"),
        of_aws("aws:s3/bucketPolicy:BucketPolicy", policy='{"Statement": []}'),
        of_aws(
            "aws:ec2/launchTemplate:LaunchTemplate",
            blockDeviceMappings=[{"ebs": {"encrypted": True}}],
            metadataOptions={"httpTokens": "required"},
        ),
        deployment(CONTAINER, initContainers=[CONTAINER]),
        Resource("kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster", "it", {"spec": {"resources": BOUNDED}}),
    ],
    ids=lambda resource: resource.type,
)
def test_what_is_not_known_yet_is_no_mistake_wherever_it_is(known: Resource) -> None:
    for props in blurred(dict(known.props)):
        if isinstance(props, dict):
            assert found(replace(known, props=props)) == {}


def test_default_tags_that_are_not_known_yet_are_no_mistake() -> None:
    for provider in ({"defaultTags": UNKNOWN}, {"defaultTags": {"tags": UNKNOWN}}):
        assert found(replace(of_aws("aws:ec2/vpc:Vpc"), provider=provider)) == {}
