"""What AWS makes for parts inside the cluster is theirs alone, and goes when they go."""

from __future__ import annotations

import json

import pulumi
import pytest

from components.cloud.aws import Aws
from tests.recorder import Recorder, run


def build(protect: bool = False) -> Recorder:
    def program() -> None:
        cloud = Aws("shop", "us-east-1", protect=protect)
        cloud.bucket("logs", pulumi.ResourceOptions())
        cloud.log_group("pods", 30, pulumi.ResourceOptions())

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


def test_a_log_group_forgets():
    group = build().one("aws:cloudwatch/logGroup:LogGroup")
    assert (group["name"], group["retentionInDays"]) == ("/groundwork/shop/pods", 30)
