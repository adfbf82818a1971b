"""Availability zones: which letters the zones of a region have."""

from __future__ import annotations

# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html; an account may have
# fewer than these: `aws ec2 describe-availability-zones` says which.
_THREE = "abc"
_OTHERS = {
    "us-east-1": "abcdef",
    "us-west-2": "abcd",
    "ap-northeast-1": "abcd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
}


def zones(region: str) -> list[str]:
    """Return the names of the zones that a region may have."""
    return [f"{region}{letter}" for letter in _OTHERS.get(region, _THREE)]
