"""What Pulumi prints, read; and the comment that is made of it."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from delivery import comment
from delivery.errors import Refused
from delivery.preview import Change, Preview, read
from spec.load import ROOT, stacks

# The engine's own events, of stack prod whose database had another name, shortened to what changes.
DATABASE = (Path(__file__).parent / "previews" / "replaced_database.jsonl").read_text()


# Types in the stacks that nobody misses once an `up` has made them again.
HOLD_NOTHING = (
    "groundwork:*", "pulumi:providers:*",
    "aws:acm/*", "aws:appautoscaling/*", "aws:autoscaling/tag:Tag", "aws:cloudfront/*", "aws:dlm/*", "aws:iam/*",
    "aws:cloudwatch/dashboard:Dashboard", "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:cognito/userPoolClient:UserPoolClient", "aws:cognito/userPoolDomain:UserPoolDomain",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "aws:ec2/eip:Eip", "aws:ec2/flowLog:FlowLog",
    "aws:ec2/internetGateway:InternetGateway", "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/natGateway:NatGateway", "aws:ec2/route:Route", "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation", "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet", "aws:ec2/vpc:Vpc", "aws:ec2/vpcEndpoint:VpcEndpoint",
    # Those whose disks count are protected.
    "aws:ec2/instance:Instance", "kubernetes:helm.sh/v3:Release",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:eks/accessEntry:AccessEntry", "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "aws:eks/addon:Addon", "aws:eks/nodeGroup:NodeGroup",
    "aws:elasticache/parameterGroup:ParameterGroup", "aws:elasticache/subnetGroup:SubnetGroup",
    "aws:lb/*", "aws:rds/clusterParameterGroup:ClusterParameterGroup", "aws:rds/subnetGroup:SubnetGroup",
    "aws:route53/healthCheck:HealthCheck", "aws:route53/record:Record",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:sns/topic:Topic", "aws:sns/topicSubscription:TopicSubscription", "aws:vpc/*", "aws:wafv2/*",
    "cloudflare:index/dnsRecord:DnsRecord", "cloudflare:index/pagesDomain:PagesDomain",
    "cloudflare:index/ruleset:Ruleset", "cloudflare:index/zoneSetting:ZoneSetting",
    "kubernetes:argoproj.io/*", "kubernetes:barmancloud.cnpg.io/*", "kubernetes:batch/v1:*",
    "kubernetes:cert-manager.io/*", "kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:LimitRange",
    "kubernetes:core/v1:ResourceQuota", "kubernetes:core/v1:Secret", "kubernetes:core/v1:Service",
    "kubernetes:core/v1:ServiceAccount", "kubernetes:elbv2.k8s.aws/*", "kubernetes:external-secrets.io/*",
    "kubernetes:externaldns.k8s.io/*", "kubernetes:k8s.nginx.org/*", "kubernetes:kafka.strimzi.io/*:KafkaUser",
    "kubernetes:kustomize.toolkit.fluxcd.io/*", "kubernetes:monitoring.coreos.com/*",
    "kubernetes:networking.k8s.io/*", "kubernetes:notification.toolkit.fluxcd.io/*",
    # One that goes leaves the database itself where it is.
    "kubernetes:postgresql.cnpg.io/*:Database",
    "kubernetes:postgresql.cnpg.io/*:DatabaseRole", "kubernetes:postgresql.cnpg.io/*:Pooler",
    "kubernetes:postgresql.cnpg.io/*:ScheduledBackup", "kubernetes:rbac.authorization.k8s.io/*",
    "kubernetes:security.istio.io/*", "kubernetes:source.toolkit.fluxcd.io/*",
    "kubernetes:storage.k8s.io/v1:StorageClass",
    "tls:index/certRequest:CertRequest", "tls:index/locallySignedCert:LocallySignedCert",
    "tls:index/selfSignedCert:SelfSignedCert",
)  # fmt: skip


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:prod::groundwork::groundwork:data:X${kind}::{name}"


def step(op: str, kind: str = "aws:ec2/vpc:Vpc", name: str = "main", **more: Any) -> dict[str, Any]:
    return {"op": op, "urn": urn(kind, name), **more}


def document(*steps: dict[str, Any]) -> Preview:
    return read(json.dumps({"steps": steps, "changeSummary": {"same": 7}}))


def events(*lines: dict[str, Any]) -> Preview:
    return read("\n".join(json.dumps({"sequence": n, **line}) for n, line in enumerate(lines)))


def before(metadata: dict[str, Any]) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": metadata}}


def test_a_replaced_database_is_on_top_with_the_reason() -> None:
    text = comment.render("prod", read(DATABASE), failed="the preview")
    lines = [line for line in text.splitlines() if line]
    assert lines[0] == "### `prod`: the preview failed: 1 replaced, 8 updated, 450 unchanged"
    stake = lines.index("> [!CAUTION]")
    assert lines[stake + 1] == "> **This takes away what no later `up` brings back.**"
    assert lines[stake + 2] == (
        "> - `rds/cluster:Cluster` `tiketi-postgres` would be **replaced**: a database, because `databaseName` changed."
        " It is protected: the update will be refused"
    )
    assert "`databaseName`: `tiketi` → `tickets` (forces the replacement)" in text
    assert stake < lines.index("**Replaced**") < lines.index("<details><summary>8 updated</summary>")


def test_the_steps_of_a_replacement_are_one_change() -> None:
    preview = document(step("create-replacement"), step("replace"), step("delete-replaced"), step("same", name="b"))
    assert [(change.kind, change.name) for change in preview.changes] == [("replace", "main")]
    assert preview.unchanged == 7


def test_both_forms_say_the_same() -> None:
    inputs: Any = {"old": {"inputs": {"size": 1}}, "new": {"inputs": {"size": 2}}}
    old_new: Any = {"oldState": inputs["old"], "newState": inputs["new"]}
    diff: Any = {"detailedDiff": {"size": {"kind": "update"}}}
    one = document(step("update", **old_new, **diff), step("create", name="b"))
    other = events(
        before(step("update", **inputs, **diff)),
        before(step("create", name="b")),
        {"summaryEvent": {"resourceChanges": {"same": 7}}},
    )
    assert (one.changes, one.unchanged) == (other.changes, other.unchanged)
    assert comment.summary(one) == "1 updated, 1 created, 7 unchanged"


@pytest.mark.parametrize("path", ["masterPassword", "stringData.key", "env.API_TOKEN", "userData"])
def test_what_sounds_private_is_not_shown(path: str) -> None:
    old: dict[str, Any] = {}
    place = old
    *parents, last = path.split(".")
    for part in parents:
        place = place.setdefault(part, {})
    place[last] = "canary"
    preview = document(step("update", oldState={"inputs": old}, newState={"inputs": {}}, detailedDiff={path: {}}))
    text = comment.render("prod", preview)
    assert "canary" not in text
    assert f"`{path}`: another value, not shown" in text


def test_what_the_engine_blinded_is_said_to_be_not_shown() -> None:
    state: Any = {"oldState": {"inputs": {"x": "[secret]"}}, "newState": {"inputs": {"x": "[secret]"}}}
    assert "`x`: another value, not shown" in comment.render(
        "prod", document(step("update", **state, diffReasons=["x"]))
    )


def test_text_from_outside_is_no_markup() -> None:
    evil = "a`b|c\n# @everyone <img src=x>"
    preview = document(
        step("update", name=evil, oldState={"inputs": {"x": evil[:8]}}, newState={"inputs": {}}, diffReasons=["x"])
    )
    preview.violations.extend(events({"policyEvent": _policy(message="**[click](http://x)** @ada | <b>")}).violations)
    text = comment.render("prod", preview)
    assert "a'b\\|c # @everyone <img src=x>`" in text
    assert "a`b" not in text
    assert "@ada" not in text
    assert "\\*\\*\\[click\\](http://x)\\*\\*" in text


def _policy(**changes: str) -> dict[str, str]:
    return {
        "policyPackName": "groundwork",
        "policyName": "no-public-buckets",
        "enforcementLevel": "mandatory",
        "message": "<{%fg 1%}>a bucket<{%reset%}> is public",
        "resourceUrn": urn("aws:s3/bucket:Bucket", "images"),
        **changes,
    }


def test_policies_are_told_mandatory_ones_first_and_without_colours() -> None:
    preview = events(
        {"policyEvent": _policy(policyName="tags", enforcementLevel="advisory", message="no owner")},
        {"policyEvent": _policy()},
        {"summaryEvent": {"resourceChanges": {"same": 1}, "PolicyPacks": {"groundwork": "v1"}}},
    )
    rows = [line for line in comment.render("prod", preview).splitlines() if line.startswith("| ")]
    assert rows[1] == "| mandatory | `groundwork: no-public-buckets` | `images` | a bucket is public |"
    assert rows[2].startswith("| advisory | `groundwork: tags`")


def test_policies_that_passed_are_named() -> None:
    preview = events({"summaryEvent": {"resourceChanges": {"same": 1}, "PolicyPacks": {"groundwork": "v1"}}})
    assert "**Policies**: `groundwork v1` passed" in comment.render("prod", preview)


def test_a_protected_resource_is_said_to_be_refused() -> None:
    kind = "aws:rds/cluster:Cluster"
    preview = document(step("delete", kind, oldState={"protect": True, "inputs": {}}))
    assert "It is protected: the update will be refused" in comment.render("prod", preview)


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("kubernetes:postgresql.cnpg.io/v1:Cluster", True),
        ("kubernetes:core/v1:PersistentVolumeClaim", True),
        ("kubernetes:kafka.strimzi.io/v1:KafkaNodePool", True),
        ("kubernetes:kafka.strimzi.io/v1:KafkaTopic", True),
        ("kubernetes:kafka.strimzi.io/v1:KafkaUser", False),
        ("aws:elasticache/replicationGroup:ReplicationGroup", True),
        ("aws:elasticache/subnetGroup:SubnetGroup", False),
        ("aws:cognito/userPool:UserPool", True),
        ("aws:s3/bucket:Bucket", True),
        ("aws:route53/zone:Zone", True),
        ("kubernetes:core/v1:ConfigMap", False),
        ("aws:ec2/subnet:Subnet", False),
    ],
)
def test_what_holds_data_is_known(kind: str, holds: bool) -> None:
    text = comment.render("prod", document(step("delete", kind)))
    assert ("[!CAUTION]" in text) is holds


def test_what_the_stack_protects_is_at_stake_whatever_its_type() -> None:
    kept = step("delete", "kubernetes:helm.sh/v3:Release", "redis", oldState={"protect": True, "inputs": {}})
    assert "would be **deleted**: what the stack protects. It is protected" in comment.render("prod", document(kept))


@pytest.mark.parametrize("stack", stacks())
def test_of_every_type_in_a_stack_it_is_known_whether_it_holds_data(stack: str) -> None:
    """A new type belongs into delivery.preview or, where what it makes is made again without loss, in here."""
    graph = json.loads((ROOT / "tests" / "golden" / f"{stack}.json").read_text())
    types = {node["type"] for node in graph.values()}
    unknown = {
        kind
        for kind in types
        if not Change(urn(kind, "x"), "delete").holds and not any(fnmatchcase(kind, each) for each in HOLD_NOTHING)
    }
    assert unknown == set()


@pytest.mark.parametrize("pattern", HOLD_NOTHING)
def test_what_is_said_to_hold_nothing_is_not_said_to_hold_something(pattern: str) -> None:
    assert not Change(urn(pattern.replace("*", "x"), "x"), "delete").holds


def test_the_stack_itself_and_reads_are_no_changes() -> None:
    preview = document(step("update", "pulumi:pulumi:Stack"), step("read"), step("refresh"))
    assert comment.render("prod", preview) == "### `prod`: no changes, 7 unchanged\n"


def test_a_refresh_tells_what_it_found_by_the_outputs() -> None:
    found = step(
        "update", old={"outputs": {"size": 1}}, new={"outputs": {"size": 3}}, detailedDiff={"size": {}}, name="pool"
    )
    preview = events(
        before(step("refresh", name="pool")),
        before(step("refresh", name="same")),
        {"resOutputsEvent": {"metadata": found}},
        {"resOutputsEvent": {"metadata": step("refresh", name="same")}},
    )
    (change,) = preview.changes
    assert (change.kind, change.differences[0].before, change.differences[0].after) == ("update", "1", "3")


def test_what_the_engine_says_of_a_refresh_is_understood() -> None:
    """Its own events, of two log groups one of which was changed by hand, shortened to those."""
    preview = read((Path(__file__).parent / "previews" / "refresh.jsonl").read_text())
    assert [(change.kind, change.name) for change in preview.changes] == [("update", "tiketi-control-plane")]
    assert "| updated | `retentionInDays`: `30` → `90` |" in comment.drift("prod", preview)


def test_an_update_that_ends_is_not_counted_twice() -> None:
    preview = events(before(step("update")), {"resOutputsEvent": {"metadata": step("update")}})
    assert len(preview.changes) == 1


def test_a_failed_preview_shows_what_the_engine_said() -> None:
    preview = events({"diagnosticEvent": {"severity": "error", "message": "Pulumi.prod.yaml has 2 mistakes ```"}})
    text = comment.render("prod", preview, failed="the preview", cost="$10 as before")
    assert text.startswith("### `prod`: the preview failed\n")
    assert "Pulumi.prod.yaml has 2 mistakes '''" in text


def test_what_a_failed_preview_got_to_is_counted_and_has_no_cost() -> None:
    text = comment.render("prod", document(step("create")), failed="the preview", cost="$10 as before")
    assert text.startswith("### `prod`: the preview failed: 1 created, 7 unchanged\n")
    assert "Cost" not in text


def test_what_changes_in_the_reviewed_graph_is_folded_away() -> None:
    text = comment.render(
        "prod", document(), graph=document(step("delete"), step("create", name="b")), log="https://log"
    )
    head = "<details><summary>In the reviewed graph: 1 deleted, 1 created, 7 unchanged</summary>"
    assert text.index(head) < text.index("| deleted | `ec2/vpc:Vpc` `main` |") < text.index("[The whole log]")
    assert "reviewed graph" not in comment.render("prod", document(), graph=document())


def test_a_large_change_of_the_reviewed_graph_leaves_room_for_the_preview() -> None:
    many = document(*(step("create", name=f"{'x' * 200}{n}") for n in range(500)))
    text = comment.render("prod", document(), graph=many)
    assert len(text) < comment.GRAPH_LIMIT + 1000
    shown = text.count("| created |")
    assert 0 < shown < 500
    assert f"_{500 - shown} more are in the summary of the run._" in text


def test_cost_reasons_and_the_log_are_told() -> None:
    text = comment.render("prod", document(), reasons=["it runs a_b.py"], cost="$10 more", log="https://log")
    assert "**Cost**: $10 more" in text
    assert "Previewed because it runs a\\_b.py." in text
    assert "[The whole log](https://log)" in text


def test_a_comment_fits_and_says_what_it_lacks() -> None:
    many = [step("create", name=f"{'x' * 200}{n}") for n in range(500)]
    stake = step("delete", "aws:rds/cluster:Cluster", "db")
    text = comment.render("prod", document(*many, stake), log="https://log")
    assert len(text) <= 65_536
    assert "More than fits into a comment: see [the log](https://log)" in text
    assert "`db` would be **deleted**" in text


@pytest.mark.parametrize("text", ["", "\n", "error: no stack", "[]"])
def test_what_is_no_preview_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is not what `pulumi preview --json` prints"):
        read(text)


def test_a_run_that_was_killed_in_the_middle_of_an_event_is_told_by_those_before() -> None:
    event = {"summaryEvent": {"resourceChanges": {"same": 4}}}
    assert read(f'{json.dumps(event)}\n{{"sequence": 2, "resourcePre').unchanged == 4


def test_lines_between_the_events_are_passed_over() -> None:
    assert read(f"warning: hello\n{json.dumps({'sequence': 1, **before(step('create'))})}\n").changes
