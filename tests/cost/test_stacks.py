"""The stacks of this repository have prices for what they are made of."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from cost.__main__ import GRAPHS, main
from cost.graph import reviewed
from cost.model import BILLED, RULES, Bill, bill
from cost.prices import usage
from spec.load import ROOT, stacks

PAGE = (ROOT / "docs" / "cost.md").read_text()

# What AWS asks nothing for, or bills with another resource of the stack: flow logs with their log group, listeners with
# their balancer, records with their zone.
FREE = (
    "aws:acm/certificate:*", "aws:acm/certificateValidation:*", "aws:appautoscaling/*", "aws:autoscaling/tag:Tag",
    "aws:cloudfront/cachePolicy:*", "aws:cloudfront/originAccessControl:*", "aws:cognito/userPoolClient:*",
    "aws:cognito/userPoolDomain:*", "aws:ec2/defaultSecurityGroup:*", "aws:ec2/flowLog:*", "aws:ec2/internetGateway:*",
    "aws:ec2/launchTemplate:*", "aws:ec2/route:*", "aws:ec2/routeTable:*", "aws:ec2/routeTableAssociation:*",
    "aws:ec2/securityGroup:*", "aws:ec2/subnet:*", "aws:ecr/lifecyclePolicy:*", "aws:eks/accessEntry:*",
    "aws:eks/accessPolicyAssociation:*", "aws:eks/addon:*", "aws:elasticache/parameterGroup:*",
    "aws:elasticache/subnetGroup:*", "aws:iam/*", "aws:lb/listener:*", "aws:lb/listenerRule:*", "aws:lb/targetGroup:*",
    "aws:lb/targetGroupAttachment:*", "aws:rds/clusterParameterGroup:*", "aws:rds/subnetGroup:*",
    "aws:route53/record:*", "aws:s3/bucketLifecycleConfiguration:*", "aws:s3/bucketPolicy:*",
    "aws:s3/bucketPublicAccessBlock:*", "aws:s3/bucketServerSideEncryptionConfiguration:*", "aws:s3/bucketVersioning:*",
    "aws:secretsmanager/secretVersion:*", "aws:sns/topicSubscription:*", "aws:vpc/securityGroup*Rule:*",
    "aws:wafv2/webAclAssociation:*",
)  # fmt: skip


def of(stack: str) -> Bill:
    return bill(reviewed(json.loads((GRAPHS / f"{stack}.json").read_text())), usage())


def on_the_page(row: str) -> list[float]:
    """Return the dollars in a row of a table of docs/cost.md."""
    found = re.search(rf"^\| {re.escape(row)} .*$", PAGE, re.MULTILINE)
    assert found, row
    return [float(amount.replace(",", "")) for amount in re.findall(r"\$([\d,]+)", found[0])]


@pytest.mark.parametrize(
    ("row", "stack", "besides"),
    [
        ("prod | Aurora: a 2xlarge and two xlarge; without a cache |", "prod", "Cache"),
        ("blog |", "blog", None),
        ("sesacthon |", "sesacthon", None),
        ("dev, tacklebox |", "dev", None),
        ("dev, tacklebox |", "tacklebox", None),
    ],
)
def test_the_page_says_what_the_command_does(row: str, stack: str, besides: str | None) -> None:
    found = of(stack)
    less = found.groups()[besides] if besides else 0
    assert on_the_page(row) == pytest.approx([found.monthly - less, found.fixed - less], rel=0.01)


def test_the_page_has_the_list_prices_of_prod() -> None:
    groups = of("prod").groups()
    cache, database = groups.pop("Cache"), groups.pop("Database")
    assert on_the_page("Redis,")[1] == pytest.approx(cache, rel=0.01)
    assert sum(on_the_page("Aurora")[1:]) == pytest.approx(database, rel=0.01)
    assert on_the_page("Everything else,")[1] == pytest.approx(sum(groups.values()), rel=0.01)


@pytest.mark.parametrize("stack", ["prod", "blog", "sesacthon"])
def test_machines_databases_and_gateways_of_a_stack_have_prices(stack: str) -> None:
    found = of(stack)
    assert not [each for each in found.unpriced if "has no price" in each.why]
    assert {"Machines", "Network", "Load balancers", "Volumes"} <= found.groups().keys()


@pytest.mark.parametrize("stack", stacks())
def test_of_every_type_in_a_stack_it_is_known_whether_it_is_billed(stack: str) -> None:
    """A new type gets a rule, is said to be not counted, or belongs into FREE."""
    types = {node["type"] for node in json.loads((GRAPHS / f"{stack}.json").read_text()).values()}
    for kind in sorted(each for each in types if each.startswith("aws:")):
        ways = [kind in RULES, bool(BILLED.match(kind)), any(fnmatchcase(kind, each) for each in FREE)]
        assert ways.count(True) == 1, kind


def test_the_database_of_prod_costs_a_writer_and_two_readers() -> None:
    instances = [line.monthly for line in of("prod").lines if "db.r6g" in line.what]
    assert sum(instances) == pytest.approx(730 * (1.038 + 2 * 0.519))


def test_the_fourteen_machines_cost_what_their_types_do() -> None:
    assert of("sesacthon").groups()["Machines"] == pytest.approx(730 * (0.104 + 7 * 0.026 + 6 * 0.013))


def test_the_command_prints_the_bill_and_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prod"]) == 0
    said = capsys.readouterr().out
    assert "3 × t3.xlarge 730 h × $0.1664" in said
    assert "prices of us-east-1 as of" in said


def test_assumptions_of_ones_own_are_reckoned_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "usage.yaml"
    path.write_text("averageNodes: {surge: 10}\n")
    assert main(["prod", "--usage", str(path)]) == 0
    assert "10 × c6i.xlarge 730 h × $0.17 × 0.4 for spot" in capsys.readouterr().out


def test_a_stack_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere"]) == 1
    assert "stacks: blog, dev" in capsys.readouterr().err


def test_the_comparison_with_eks_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sesacthon", "--summary", "--on-eks"]) == 0
    assert re.search(r"a month less than on EKS: \d+%\n$", capsys.readouterr().out)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_only_a_cluster_of_plain_machines_is_compared_with_eks(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([stack, "--summary", "--on-eks"]) == 1
    assert f"{stack} has none: leave it out" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "content"), [("--state", "{}"), ("--state", "x"), ("--preview", '{"sequence": 1')])
def test_a_file_that_is_none_of_pulumi_s_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, content: str
) -> None:
    path = tmp_path / "file.json"
    path.write_text(content)
    assert main(["prod", option, str(path)]) == 1
    assert f"error: {path} is not what Pulumi writes there" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--state", "--preview", "--usage"])
def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert main(["prod", option, "/nowhere"]) == 1
    assert "/nowhere" in capsys.readouterr().err
