"""The emulated AWS account: every type that there is a row for, from its creation to an account with nothing in it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.aws import Aws
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


def test_what_would_be_left_behind_by_itself_is_counted(lifetimes: Lifetimes) -> None:
    held = lifetimes.aws.holds()
    assert held["database parameter groups"] == 2
    alone = {"cache subnet groups", "cache parameter groups", "scalable targets", "lifecycle policies", "key pairs"}
    assert {*alone, "dashboards", "event rules"} <= held.keys()


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
