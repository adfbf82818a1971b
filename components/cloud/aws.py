"""AWS, as parts inside the cluster ask it for things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.cloud.cognito import UserPool
from components.cloud.contract import Bucket, CloudSecret, LogGroup, OidcClient
from components.component import Component, known_after
from components.policy import documents

# What is left of an upload that was given up is paid for and never seen.
_UNFINISHED_DAYS = 7


class PrivateBucket(Component):
    """An S3 bucket without public access, encrypted with S3's own keys, reached over TLS alone."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        bucket_name: str | None = None,
        expire_days: Mapping[str, int] | None = None,
        archive_days: int | None = None,
        versions_days: int | None = None,
        protect: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make a bucket called ``bucket_name``, or by a generated name; unprotected, it goes with what is in it.

        ``expire_days``: prefix of keys -> days after which such objects go. ``archive_days``: days after which objects
        move to Glacier. ``versions_days``: how long what was overwritten or deleted is kept; None for not at all.
        """
        super().__init__("cloud:PrivateBucket", name, opts)
        self._name = name
        self._bucket = aws.s3.Bucket(
            name,
            bucket=bucket_name,
            force_destroy=not protect,
            tags={"Name": name},
            opts=self.child(protect=protect),
        )
        self.arn = self._bucket.arn
        self._blocked = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=self._bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=self._bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self.child(),
        )
        versioning = []
        if versions_days is not None:
            versioned = aws.s3.BucketVersioning(
                name,
                bucket=self._bucket.bucket,
                versioning_configuration={"status": "Enabled"},
                opts=self.child(),
            )
            versioning.append(versioned)
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=self._bucket.bucket,
            rules=_lifecycle(expire_days or {}, archive_days, versions_days),
            # Rules for old versions say nothing before there are versions:
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html
            opts=self.child(depends_on=versioning),
        )
        self._close()
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _close(self) -> None:
        """Make the bucket's policy."""
        policy = self._policy()
        # Known once the bucket is as private as it is going to be.
        self.name = known_after(self._bucket.bucket, policy.id)

    def _policy(self, *statements: Mapping[str, Any]) -> aws.s3.BucketPolicy:
        tls_alone = {
            "Sid": "TlsAlone",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [self.arn, pulumi.Output.concat(self.arn, "/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return aws.s3.BucketPolicy(
            self._name,
            bucket=self._bucket.bucket,
            policy=documents(tls_alone, *statements),
            # S3 refuses two changes of a bucket's policies at once.
            opts=self.child(depends_on=[self._blocked]),
        )


class OriginBucket(PrivateBucket):
    """A private bucket that CloudFront reads from."""

    domain: pulumi.Output[str]
    """The bucket's own name in its region: requests by the global one are redirected while a bucket is new."""

    def _close(self) -> None:
        # A bucket has one policy, and here that names distributions, which name the bucket: `admit` makes it.
        self.name, self.domain = self._bucket.bucket, self._bucket.bucket_regional_domain_name

    def admit(self, distribution_arns: Sequence[pulumi.Input[str]]) -> None:
        """Let these distributions read, and nobody else; to be called once.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
        """
        reads = {
            "Sid": "CloudFront",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": pulumi.Output.concat(self.arn, "/*"),
            "Condition": {"StringEquals": {"AWS:SourceArn": list(distribution_arns)}},
        }
        self._policy(reads)


def _lifecycle(expire_days: Mapping[str, int], archive_days: int | None, versions_days: int | None) -> list[Any]:
    """Return the rules of a bucket's lifecycle; one is always there."""
    rules: list[tuple[str, str, dict[str, Any]]] = [
        ("unfinished-uploads", "", {"abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_DAYS}})
    ]
    rules += [
        (f"expire-{prefix.strip('/') or 'all'}", prefix, {"expiration": {"days": days}})
        for prefix, days in expire_days.items()
    ]
    if archive_days is not None:
        rules.append(("archive", "", {"transitions": [{"days": archive_days, "storage_class": "GLACIER"}]}))
    if versions_days is not None:
        rules.append(
            ("old-versions", "", {"noncurrent_version_expiration": {"noncurrent_days": versions_days}}),
        )
    return [{"id": id, "status": "Enabled", "filter": {"prefix": prefix}, **what} for id, prefix, what in rules]


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
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=self._protect)),
        )
        return LogGroup(group.name, group.arn)

    @property
    def secrets_arn(self) -> str:
        # Whatever the account: a role reaches those of its own alone, unless another account says otherwise.
        return f"arn:aws:secretsmanager:{self._region}:*:secret:{self._platform}/*"

    def secret_name(self, path: str) -> str:
        return f"{self._platform}/{path}"

    def secret(
        self, name: str, path: pulumi.Input[str], content: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> CloudSecret:
        secret = aws.secretsmanager.Secret(
            name,
            name=pulumi.Output.from_input(path).apply(self.secret_name),
            # The program can make it again from its state; kept back, it would be in the way of the next `up`.
            recovery_window_in_days=0,
            tags={"Name": name},
            opts=opts,
        )
        version = aws.secretsmanager.SecretVersion(
            name, secret_id=secret.id, secret_string=pulumi.Output.secret(content), opts=opts
        )
        # Known once there is something in it.
        return CloudSecret(known_after(secret.name, version.id), version.version_id)

    def user_pool(self, name: str, callbacks: Sequence[str], opts: pulumi.ResourceOptions, *, mfa: bool) -> OidcClient:
        return UserPool(
            f"{self._platform}-{name}",
            region=self._region,
            callbacks=callbacks,
            mfa=mfa,
            protect=self._protect,
            opts=opts,
        ).client
