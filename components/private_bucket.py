"""A bucket that only this account reads, and only over TLS."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.policy import documents


class PrivateBucket(Component):
    """An S3 bucket with nothing public about it, encrypted, whose objects may expire."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, *, expire_days: Mapping[str, int], protect: bool, opts: pulumi.ResourceOptions
    ) -> None:
        """Make a bucket named after ``name``; objects go so many days after they came, by prefix of their key.

        Where it is not protected, it can be deleted with what is in it.
        """
        super().__init__("storage:PrivateBucket", name, opts)
        bucket = aws.s3.Bucket(name, force_destroy=not protect, tags={"Name": name}, opts=self.child(protect=protect))
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self.child(),
        )
        aws.s3.BucketPolicy(name, bucket=bucket.id, policy=_tls_only(bucket.arn), opts=self.child())
        if expire_days:
            aws.s3.BucketLifecycleConfiguration(
                name,
                bucket=bucket.id,
                rules=[
                    {
                        "id": prefix.strip("/") or "all",
                        "status": "Enabled",
                        "filter": {"prefix": prefix},
                        "expiration": {"days": days},
                        "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
                    }
                    for prefix, days in expire_days.items()
                ],
                opts=self.child(),
            )
        self.name, self.arn = bucket.id, bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})


def _tls_only(arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit"""
    return documents(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, pulumi.Output.concat(arn, "/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
