"""AWS, as parts inside the cluster ask it for things."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.cloud.contract import Bucket, LogGroup
from components.component import Component
from components.policy import VERSION

# What is left of an upload that was given up is paid for and never seen.
_UNFINISHED_DAYS = 7


class PrivateBucket(Component):
    """An S3 bucket that nobody outside the account reaches, encrypted with S3's own keys, over TLS alone."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, *, protect: bool, opts: pulumi.ResourceOptions) -> None:
        """Make a bucket with a generated name; without ``protect`` it is deleted with what is in it."""
        super().__init__("cloud:PrivateBucket", name, opts)
        bucket = aws.s3.Bucket(
            name,
            force_destroy=not protect,
            tags={"Name": name},
            opts=self.child(protect=protect),
        )
        self.arn = bucket.arn
        blocked = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self.child(),
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "unfinished-uploads",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_DAYS},
                }
            ],
            opts=self.child(),
        )
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": VERSION,
                    "Statement": [
                        {
                            "Sid": "TlsAlone",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                }
            ),
            # S3 refuses two changes of a bucket's policies at once.
            opts=self.child(depends_on=[blocked]),
        )
        # Known once the bucket is as private as it is going to be.
        self.name = pulumi.Output.all(bucket.bucket, policy.id).apply(lambda known: known[0])
        self.register_outputs({"name": self.name, "arn": self.arn})


class Aws:
    """The region of a platform in AWS."""

    def __init__(self, platform: str, region: str, *, protect: bool) -> None:
        """Make things for ``platform``, whose name is part of theirs; ``protect`` guards what holds data."""
        self._platform, self._region, self._protect = platform, region, protect

    @property
    def region(self) -> str:
        return self._region

    def bucket(self, name: str, opts: pulumi.ResourceOptions) -> Bucket:
        made = PrivateBucket(f"{self._platform}-{name}", protect=self._protect, opts=opts)
        return Bucket(made.name, made.arn)

    def log_group(self, name: str, retention_days: int, opts: pulumi.ResourceOptions) -> LogGroup:
        group = aws.cloudwatch.LogGroup(
            f"{self._platform}-{name}",
            name=f"/groundwork/{self._platform}/{name}",
            retention_in_days=retention_days,
            opts=opts,
        )
        return LogGroup(group.name, group.arn)
