"""The emulated AWS account: every type that there is a row for, from its creation to an account with nothing in it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.aws import Aws
from sandbox.aws.leftovers import LISTINGS
from sandbox.aws.rows import ROWS
from sandbox.aws.shapes import outputs_of
from sandbox.emulator import Refused, Resource
from tests.sandbox.aws_examples import EXAMPLES

pytestmark = pytest.mark.account

PROVIDER = "urn:pulumi:test::test::pulumi:providers:aws::default"


def resource(example: str) -> Resource:
    """Return the resource of an example; what follows `#` tells two of one type apart."""
    type, _, other = example.partition("#")
    name = f"test{other}"
    return Resource(type, name, f"urn:pulumi:test::test::{type}::{name}", PROVIDER)


class Lifetimes:
    """Every example, made in the order of the table and deleted in reverse, in one account."""

    def __init__(self) -> None:
        self.aws = Aws()
        self.aws.configure(PROVIDER, {"region": "us-east-1"})
        self.made: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {}
        self.failed: dict[str, str] = {}

    def filled(self, value: Any) -> Any:
        """Return inputs in which each `@Type.output` is that output of the example it names."""
        if isinstance(value, str) and value.startswith("@"):
            example, _, output = value[1:].rpartition(".")
            if example not in self.made:
                self.make(example)
            id, _, outputs = self.made[example]
            return id if output == "id" else outputs[output]
        if isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        return [self.filled(item) for item in value] if isinstance(value, list) else value

    def make(self, example: str) -> None:
        """Create an example."""
        r = resource(example)
        inputs = self.aws.check(r, {}, self.filled(EXAMPLES[example][0]))
        id, outputs = self.aws.create(r, inputs)
        self.made[example] = id, inputs, outputs


@pytest.fixture(scope="module")
def lifetimes() -> Lifetimes:
    made = Lifetimes()
    for example in EXAMPLES:
        try:
            if example not in made.made:
                made.make(example)
        except Refused as error:
            made.failed[example] = str(error)
    return made


def test_every_type_has_an_example() -> None:
    assert {example.partition("#")[0] for example in EXAMPLES} == set(ROWS)


@pytest.mark.parametrize("example", EXAMPLES)
class TestOfEveryType:
    def test_creation_fills_every_output(self, lifetimes: Lifetimes, example: str) -> None:
        assert example not in lifetimes.failed, lifetimes.failed[example]
        id, _, outputs = lifetimes.made[example]
        assert id
        assert set(outputs_of(resource(example).type)) - set(outputs) - {"id"} == set()

    def test_what_was_made_is_found_without_drift(self, lifetimes: Lifetimes, example: str) -> None:
        id, inputs, outputs = lifetimes.made[example]
        found = lifetimes.aws.read(resource(example), id, inputs, outputs)
        assert found is not None
        assert {key: found[0].get(key) for key in inputs} == inputs

    def test_a_change_in_place_is_found(self, lifetimes: Lifetimes, example: str) -> None:
        id, inputs, outputs = lifetimes.made[example]
        change = lifetimes.filled(EXAMPLES[example][1])
        if not change:
            pytest.skip("nothing of it changes in place")
        r, news = resource(example), {**inputs, **change}
        assert lifetimes.aws.replaces(r, inputs, news) == []
        outputs = lifetimes.aws.update(r, id, inputs, news, outputs)
        found = lifetimes.aws.read(r, id, news, outputs)
        assert found is not None
        assert {key: found[0].get(key) for key in change} == change
        lifetimes.made[example] = id, news, outputs


# How a thing of each type is counted once its stack is gone, or what else goes with it.
COUNTED = {
    "aws:ec2/vpc:Vpc": "VPCs",
    "aws:ec2/subnet:Subnet": "subnets",
    "aws:ec2/internetGateway:InternetGateway": "internet gateways",
    "aws:ec2/eip:Eip": "elastic IPs",
    "aws:ec2/natGateway:NatGateway": "NAT gateways",
    "aws:ec2/routeTable:RouteTable": "route tables",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "VPC endpoints",
    "aws:ec2/flowLog:FlowLog": "flow logs",
    "aws:ec2/securityGroup:SecurityGroup": "security groups",
    "aws:ec2/instance:Instance": "instances",
    "aws:ec2/launchTemplate:LaunchTemplate": "launch templates",
    "aws:ec2/keyPair:KeyPair": "key pairs",
    "aws:ebs/volume:Volume": "volumes",
    "aws:iam/role:Role": "roles",
    "aws:iam/policy:Policy": "policies",
    "aws:iam/instanceProfile:InstanceProfile": "instance profiles",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "OIDC providers",
    "aws:kms/alias:Alias": "key aliases",
    "aws:secretsmanager/secret:Secret": "secrets",
    "aws:ssm/parameter:Parameter": "parameters",
    "aws:ssm/document:Document": "documents",
    "aws:lb/loadBalancer:LoadBalancer": "load balancers",
    "aws:lb/targetGroup:TargetGroup": "target groups",
    "aws:route53/zone:Zone": "DNS zones",
    "aws:route53/healthCheck:HealthCheck": "health checks",
    "aws:acm/certificate:Certificate": "certificates",
    "aws:cloudfront/originAccessControl:OriginAccessControl": "origin access controls",
    "aws:cloudfront/cachePolicy:CachePolicy": "cache policies",
    "aws:cloudfront/originRequestPolicy:OriginRequestPolicy": "origin request policies",
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": "response headers policies",
    "aws:cloudfront/distribution:Distribution": "distributions",
    "aws:wafv2/webAcl:WebAcl": "web ACLs",
    "aws:s3/bucket:Bucket": "buckets",
    "aws:rds/subnetGroup:SubnetGroup": "database subnet groups",
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": "database cluster parameter groups",
    "aws:rds/parameterGroup:ParameterGroup": "database parameter groups",
    "aws:rds/cluster:Cluster": "database clusters",
    "aws:rds/clusterInstance:ClusterInstance": "database instances",
    "aws:rds/instance:Instance": "database instances",
    "aws:elasticache/subnetGroup:SubnetGroup": "cache subnet groups",
    "aws:elasticache/parameterGroup:ParameterGroup": "cache parameter groups",
    "aws:elasticache/replicationGroup:ReplicationGroup": "cache clusters",
    "aws:appautoscaling/target:Target": "autoscaling targets",
    "aws:ecr/repository:Repository": "repositories",
    "aws:eks/cluster:Cluster": "EKS clusters",
    "aws:autoscaling/group:Group": "auto scaling groups",
    "aws:cloudwatch/logGroup:LogGroup": "log groups",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "alarms",
    "aws:cloudwatch/dashboard:Dashboard": "dashboards",
    "aws:cloudwatch/eventRule:EventRule": "event rules",
    "aws:sns/topic:Topic": "topics",
    "aws:sqs/queue:Queue": "queues",
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": "lifecycle policies",
    "aws:cognito/userPool:UserPool": "user pools",
}
GOES_WITH = {
    "aws:ec2/vpc:Vpc": ["aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"],
    "aws:ec2/routeTable:RouteTable": ["aws:ec2/route:Route", "aws:ec2/routeTableAssociation:RouteTableAssociation"],
    "aws:ec2/securityGroup:SecurityGroup": [
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    ],
    "aws:ebs/volume:Volume": ["aws:ec2/volumeAttachment:VolumeAttachment"],
    "aws:iam/role:Role": ["aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"],
    "aws:secretsmanager/secret:Secret": ["aws:secretsmanager/secretVersion:SecretVersion"],
    "aws:lb/loadBalancer:LoadBalancer": ["aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"],
    "aws:lb/targetGroup:TargetGroup": ["aws:lb/targetGroupAttachment:TargetGroupAttachment"],
    "aws:route53/zone:Zone": ["aws:route53/record:Record"],
    "aws:acm/certificate:Certificate": ["aws:acm/certificateValidation:CertificateValidation"],
    "aws:wafv2/webAcl:WebAcl": ["aws:wafv2/webAclAssociation:WebAclAssociation"],
    "aws:s3/bucket:Bucket": [f"aws:s3/{part[0].lower()}{part[1:]}:{part}" for part in (
        "BucketObjectv2", "BucketVersioning", "BucketPublicAccessBlock", "BucketServerSideEncryptionConfiguration",
        "BucketLifecycleConfiguration", "BucketPolicy", "BucketOwnershipControls", "BucketCorsConfiguration",
    )],
    "aws:appautoscaling/target:Target": ["aws:appautoscaling/policy:Policy"],
    "aws:ecr/repository:Repository": [
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
    ],
    "aws:eks/cluster:Cluster": [f"aws:eks/{part[0].lower()}{part[1:]}:{part}" for part in (
        "NodeGroup", "Addon", "AccessEntry", "AccessPolicyAssociation", "PodIdentityAssociation",
    )],
    "aws:autoscaling/group:Group": ["aws:autoscaling/tag:Tag"],
    "aws:cloudwatch/eventRule:EventRule": ["aws:cloudwatch/eventTarget:EventTarget"],
    "aws:sns/topic:Topic": ["aws:sns/topicSubscription:TopicSubscription"],
    "aws:sqs/queue:Queue": ["aws:sqs/queuePolicy:QueuePolicy"],
    "aws:cognito/userPool:UserPool": [
        "aws:cognito/userPoolDomain:UserPoolDomain",
        "aws:cognito/userPoolClient:UserPoolClient",
    ],
}  # fmt: skip
# AWS deletes a key a week later at the earliest.
WAITS = {"aws:kms/key:Key"}


def test_every_type_is_counted_as_what_is_left_or_goes_with_one_that_is() -> None:
    parts = [part for parts in GOES_WITH.values() for part in parts]
    assert GOES_WITH.keys() <= COUNTED.keys()
    assert sorted([*COUNTED, *parts, *WAITS]) == sorted(ROWS)
    assert set(COUNTED.values()) <= {listing.kind for listing in LISTINGS}


def test_what_is_left_is_counted_by_every_kind(lifetimes: Lifetimes) -> None:
    assert lifetimes.aws.holds().keys() >= set(COUNTED.values())


def test_another_account_takes_over_what_this_one_held(lifetimes: Lifetimes) -> None:
    held = lifetimes.aws.holds()
    snapshot = lifetimes.aws.snapshot()
    lifetimes.aws = Aws()
    assert lifetimes.aws.holds() == {}
    lifetimes.aws.restore(snapshot)
    lifetimes.aws.configure(PROVIDER, {"region": "us-east-1"})
    assert held
    assert lifetimes.aws.holds() == held


def test_deletion_in_reverse_leaves_nothing(lifetimes: Lifetimes) -> None:
    for example in reversed(lifetimes.made):
        id, inputs, outputs = lifetimes.made[example]
        lifetimes.aws.delete(resource(example), id, outputs)
        assert lifetimes.aws.read(resource(example), id, inputs, outputs) is None, example
    assert lifetimes.aws.holds() == {}


def test_a_web_acl_of_cloudfront_is_counted_once_whichever_regions_have_others() -> None:
    account, acl = Lifetimes(), "aws:wafv2/webAcl:WebAcl"
    account.make(acl)
    _, inputs, _ = account.made[acl]
    for region, scope in (("ap-northeast-2", "REGIONAL"), ("us-east-1", "CLOUDFRONT")):
        account.aws.create(resource(acl), {**inputs, "name": scope.lower(), "scope": scope, "region": region})
    assert account.aws.holds() == {"web ACLs": 2, "web ACLs of CloudFront": 1}


class TestRefusals:
    def test_a_subnet_outside_its_network(self) -> None:
        account = Lifetimes()
        account.make("aws:ec2/vpc:Vpc")
        vpc = account.made["aws:ec2/vpc:Vpc"][0]
        with pytest.raises(Refused, match=r"InvalidSubnet\.Range|192\.168"):
            account.aws.create(
                resource("aws:ec2/subnet:Subnet"), {"vpcId": vpc, "cidrBlock": "192.168.0.0/24", "tags": {}}
            )

    def test_a_policy_that_is_not_json(self) -> None:
        with pytest.raises(Refused, match=r"(?i)malformed|policy"):
            Lifetimes().aws.create(resource("aws:iam/policy:Policy"), {"name": "p", "policy": "{"})

    def test_a_property_that_the_type_does_not_have(self) -> None:
        with pytest.raises(Refused, match="cidrBlok"):
            Lifetimes().aws.check(resource("aws:ec2/vpc:Vpc"), {}, {"cidrBlok": "10.0.0.0/16"})

    def test_a_name_that_has_no_room_for_what_pulumi_adds(self) -> None:
        group = Resource("aws:lb/targetGroup:TargetGroup", "shop-recommendations-by-age", "urn:group", PROVIDER)
        with pytest.raises(Refused, match="plus 7 random chars is longer than maximum length 32"):
            Lifetimes().aws.check(group, {}, {"port": 80})
        assert Lifetimes().aws.check(group, {}, {"port": 80, "name": "short"})["name"] == "short"

    def test_a_type_that_there_is_no_row_for_by_its_name(self) -> None:
        with pytest.raises(Refused, match="aws:braket/thing:Thing"):
            Lifetimes().aws.check(resource("aws:braket/thing:Thing"), {}, {})

    def test_a_function_that_there_is_no_answer_to_by_its_name(self) -> None:
        with pytest.raises(Refused, match="getNothing"):
            Lifetimes().aws.invoke("aws:index/getNothing:getNothing", {}, PROVIDER)


def test_the_providers_default_tags_are_on_what_can_be_tagged() -> None:
    account = Lifetimes()
    account.aws.configure(PROVIDER, {"region": "us-east-1", "defaultTags": '{"tags": {"platform": "shop"}}'})
    account.make("aws:ec2/vpc:Vpc")
    id, _, outputs = account.made["aws:ec2/vpc:Vpc"]
    assert outputs["tagsAll"] == {"platform": "shop", "team": "a"}
    found = account.aws.account.client("ec2", "us-east-1").describe_vpcs(VpcIds=[id])["Vpcs"][0]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == outputs["tagsAll"]
