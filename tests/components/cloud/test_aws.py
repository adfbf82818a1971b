"""What AWS makes for parts inside the cluster is theirs alone, and goes when they go."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.cloud.aws import Aws, PrivateBucket
from tests.recorder import Recorder, run


def build(protect: bool = False) -> Recorder:
    def program() -> None:
        cloud = Aws("shop", "us-east-1", protect=protect)
        cloud.bucket("logs", pulumi.ResourceOptions())
        cloud.log_group("pods", 30, pulumi.ResourceOptions())
        cloud.user_pool("sign-in", ["https://a.shop.io/b"], pulumi.ResourceOptions(), mfa=True)

    return run(program)


def test_a_bucket_is_private_encrypted_and_reached_over_tls_alone():
    made = build()
    block = made.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(block[switch] for switch in switches)
    assert made.one("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
    (statement,) = json.loads(made.one("aws:s3/bucketPolicy:BucketPolicy")["policy"])["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("protect", [False, True])
def test_a_bucket_is_deleted_with_what_is_in_it_unless_it_is_protected(protect: bool):
    bucket = build(protect).one("aws:s3/bucket:Bucket")
    assert bucket["forceDestroy"] is not protect
    assert bucket.options.get("protect", False) is protect


def lifecycle(**settings: Any) -> dict[str, dict[str, Any]]:
    """Return the lifecycle rules of a bucket, by their ids."""
    made = run(lambda: PrivateBucket("files", protect=False, opts=pulumi.ResourceOptions(), **settings))
    rules = made.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")["rules"]
    assert all(rule["status"] == "Enabled" for rule in rules)
    return {rule["id"]: rule for rule in rules}


def test_what_is_left_of_uploads_goes_from_every_bucket():
    assert list(lifecycle()) == ["unfinished-uploads"]


def test_objects_expire_by_the_prefix_of_their_key():
    rule = lifecycle(expire_days={"etcd/": 14})["expire-etcd"]
    assert (rule["filter"], rule["expiration"]) == ({"prefix": "etcd/"}, {"days": 14})


def test_objects_move_to_glacier():
    assert lifecycle(archive_days=90)["archive"]["transitions"] == [{"days": 90, "storageClass": "GLACIER"}]


def test_old_versions_are_kept_for_a_while():
    made = run(lambda: PrivateBucket("files", versions_days=30, protect=False, opts=pulumi.ResourceOptions()))
    versioning = made.one("aws:s3/bucketVersioning:BucketVersioning")
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    rules = made.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    assert rules["rules.1.noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert versioning.urn in rules.dependencies


def test_a_bucket_may_have_a_name_of_its_own():
    made = run(lambda: PrivateBucket("files", bucket_name="shop-files", protect=False, opts=pulumi.ResourceOptions()))
    assert made.one("aws:s3/bucket:Bucket")["bucket"] == "shop-files"


def test_a_log_group_forgets():
    group = build().one("aws:cloudwatch/logGroup:LogGroup")
    assert (group["name"], group["retentionInDays"]) == ("/groundwork/shop/pods", 30)


def test_an_administrator_alone_adds_people_and_each_needs_a_second_factor():
    pool = build().one("aws:cognito/userPool:UserPool")
    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": True}
    assert (pool["mfaConfiguration"], pool["softwareTokenMfaConfiguration"]) == ("ON", {"enabled": True})


@pytest.mark.parametrize(("protect", "deletion"), [(False, "INACTIVE"), (True, "ACTIVE")])
def test_people_are_not_deleted_by_accident(protect: bool, deletion: str):
    pool = build(protect).one("aws:cognito/userPool:UserPool")
    assert (pool["deletionProtection"], pool.options.get("protect", False)) == (deletion, protect)


def test_a_client_sends_people_back_to_where_they_came_from_and_nowhere_else():
    made = build()
    client = made.one("aws:cognito/userPoolClient:UserPoolClient")
    assert client["callbackUrls"] == ["https://a.shop.io/b"]
    assert client["allowedOauthFlows"] == ["code"]
    assert set(client.options["additionalSecretOutputs"]) == {"clientSecret"}
    assert made.one("aws:cognito/userPoolDomain:UserPoolDomain")["userPoolId"] == "shop-sign-in-id"
