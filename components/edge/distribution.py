"""CloudFront in front of buckets and of a load balancer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.edge.routing import patterns

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
_ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
_SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
_TLS_POLICY = "TLSv1.2_2021"

_READS = ("GET", "HEAD")
_READS_AND_PREFLIGHT = ("GET", "HEAD", "OPTIONS")
_ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

# What an answer of an API may depend on, beside its path, query and cookies: with these in the key nobody gets what was
# meant for somebody else.
_API_KEY_HEADERS = ("Accept", "Accept-Language", "Authorization", "Host", "Origin")

_DAY_SECONDS = 86_400
_YEAR_SECONDS = 365 * _DAY_SECONDS


@dataclass(frozen=True)
class BucketOrigin:
    """A private bucket, which CloudFront signs its requests to."""

    name: str
    domain: pulumi.Input[str]
    """Of the bucket, in its region."""

    def arguments(self, access_control_id: pulumi.Input[str]) -> dict[str, Any]:
        """Return the origin as a distribution takes it."""
        return {
            "origin_id": self.name,
            "domain_name": self.domain,
            "origin_access_control_id": access_control_id,
        }


@dataclass(frozen=True)
class HostOrigin:
    """A host that answers over TLS, and knows by a header that it is CloudFront who asks."""

    name: str
    domain: pulumi.Input[str]
    header: str
    secret: pulumi.Input[str]

    def arguments(self) -> dict[str, Any]:
        """Return the origin as a distribution takes it."""
        return {
            "origin_id": self.name,
            "domain_name": self.domain,
            "custom_headers": [{"name": self.header, "value": self.secret}],
            "custom_origin_config": {
                "http_port": 80,
                "https_port": 443,
                "origin_protocol_policy": "https-only",
                "origin_ssl_protocols": ["TLSv1.2"],
                # CloudFront drops a connection before the load balancer does, so that none is used that is gone.
                "origin_keepalive_timeout": 30,
                "origin_read_timeout": 60,
            },
        }


class Distribution(Component):
    """A distribution for hosts of a zone: what one origin answers, and the paths that others do."""

    id: pulumi.Output[str]
    arn: pulumi.Output[str]
    domain_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        hosts: Sequence[str],
        origin: BucketOrigin | HostOrigin,
        *,
        certificate_arn: pulumi.Input[str],
        zone_id: pulumi.Input[str],
        default_ttl: int,
        buckets: Mapping[str, BucketOrigin] | None = None,
        uncached: Sequence[str] = (),
        single_page: bool = False,
        web_acl_arn: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Serve ``hosts``, names in a zone, from ``origin``.

        ``default_ttl``: seconds for which an answer is cached that does not say. ``buckets``: path -> the bucket that
        answers it. ``uncached``: paths whose every request goes to the origin, such as those of WebSockets.
        ``single_page``: what a bucket does not have is answered with index.html. The certificate and the web ACL have
        to be in us-east-1.
        """
        super().__init__("edge:Distribution", name, opts)
        self._name = name
        buckets = buckets or {}
        origins = {each.name: each for each in (origin, *buckets.values())}
        static = isinstance(origin, BucketOrigin)
        key = self._access_control() if static or buckets else ""
        files = self._static_policy(default_ttl if static else _DAY_SECONDS) if static or buckets else ""
        if isinstance(origin, BucketOrigin):
            default = _files(origin, files)
        else:
            default = _api(origin, self._api_policy(default_ttl))
        paths = [(path, _files(bucket, files)) for path, bucket in buckets.items()]
        paths += [(path, _api(origin, _CACHING_DISABLED)) for path in uncached]
        made = aws.cloudfront.Distribution(
            name,
            comment=", ".join(hosts),
            enabled=True,
            aliases=list(hosts),
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class="PriceClass_All",
            default_root_object="index.html" if static else None,
            origins=[
                each.arguments(key) if isinstance(each, BucketOrigin) else each.arguments() for each in origins.values()
            ],  # pyright: ignore[reportArgumentType]
            default_cache_behavior=default,
            ordered_cache_behaviors=_ordered(paths),
            # S3 answers 403 for what is not there to whoever may not list, and CloudFront may only read.
            custom_error_responses=[_page(code) for code in (403, 404)] if single_page else [],
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate={
                "acm_certificate_arn": certificate_arn,
                "ssl_support_method": "sni-only",
                "minimum_protocol_version": _TLS_POLICY,
            },
            web_acl_id=web_acl_arn,
            tags={"Name": name},
            opts=self.child(),
        )
        self.id, self.arn, self.domain_name = made.id, made.arn, made.domain_name
        for host in hosts:
            for kind in ("A", "AAAA"):
                self._alias(host, kind, zone_id, made)
        self.register_outputs({"domainName": self.domain_name})

    def _access_control(self) -> pulumi.Output[str]:
        return aws.cloudfront.OriginAccessControl(
            self._name,
            description="Signs what is asked of buckets",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self.child(),
        ).id

    def _static_policy(self, default_ttl: int) -> pulumi.Output[str]:
        """Return the policy for files, which are the same for everybody."""
        return aws.cloudfront.CachePolicy(
            f"{self._name}-files",
            comment="Files: the same for everybody",
            min_ttl=0,
            default_ttl=default_ttl,
            max_ttl=_YEAR_SECONDS,
            parameters_in_cache_key_and_forwarded_to_origin={
                "cookies_config": {"cookie_behavior": "none"},
                "headers_config": {"header_behavior": "none"},
                "query_strings_config": {"query_string_behavior": "none"},
                "enable_accept_encoding_brotli": True,
                "enable_accept_encoding_gzip": True,
            },
            opts=self.child(),
        ).id

    def _api_policy(self, default_ttl: int) -> pulumi.Output[str]:
        """Return the policy for answers, which may be meant for one person alone."""
        return aws.cloudfront.CachePolicy(
            f"{self._name}-api",
            comment="Answers of an API: by who asks",
            # What says that it must not be cached is not.
            min_ttl=0,
            default_ttl=default_ttl,
            max_ttl=_DAY_SECONDS,
            parameters_in_cache_key_and_forwarded_to_origin={
                "cookies_config": {"cookie_behavior": "all"},
                "headers_config": {"header_behavior": "whitelist", "headers": {"items": list(_API_KEY_HEADERS)}},
                "query_strings_config": {"query_string_behavior": "all"},
                "enable_accept_encoding_brotli": True,
                "enable_accept_encoding_gzip": True,
            },
            opts=self.child(),
        ).id

    def _alias(
        self, host: str, kind: str, zone_id: pulumi.Input[str], distribution: aws.cloudfront.Distribution
    ) -> None:
        aws.route53.Record(
            f"{self._name}-{host}-{kind.lower()}",
            zone_id=zone_id,
            name=host,
            type=kind,
            aliases=[
                {
                    "name": distribution.domain_name,
                    "zone_id": distribution.hosted_zone_id,
                    # CloudFront is not checked: https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
                    "evaluate_target_health": False,
                }
            ],
            opts=self.child(),
        )


def _ordered(paths: Sequence[tuple[str, Any]]) -> list[Any]:
    """Return the behaviors of paths, and of everything below them, in the order in which CloudFront tries them.

    CloudFront takes each pattern once, whichever of its hosts that is for: the first behavior of a path counts.
    """
    by_pattern: dict[str, Any] = {}
    for path, behavior in paths:
        for pattern in patterns(path):
            by_pattern.setdefault(pattern, behavior | {"path_pattern": pattern})
    return list(by_pattern.values())


def _files(origin: BucketOrigin, cache_policy_id: pulumi.Input[str]) -> Any:
    return {
        "target_origin_id": origin.name,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": list(_READS_AND_PREFLIGHT),
        "cached_methods": list(_READS),
        "compress": True,
        "cache_policy_id": cache_policy_id,
        "response_headers_policy_id": _SECURITY_HEADERS,
    }


def _api(origin: BucketOrigin | HostOrigin, cache_policy_id: pulumi.Input[str]) -> Any:
    return {
        "target_origin_id": origin.name,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": list(_ALL_METHODS),
        "cached_methods": list(_READS),
        "compress": True,
        "cache_policy_id": cache_policy_id,
        # Everything, the host that was asked for and the headers of WebSocket included.
        "origin_request_policy_id": _ALL_VIEWER,
    }


def _page(code: int) -> Any:
    return {"error_code": code, "response_code": 200, "response_page_path": "/index.html", "error_caching_min_ttl": 10}
