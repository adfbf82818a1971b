"""Types of ElastiCache nodes.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html, the current generation without
r6gd, which moves what is seldom read to its disk and has to be told so.
"""

from __future__ import annotations

from collections.abc import Mapping

_GRAVITON = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_INTEL = ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge")
_BURSTING = ("micro", "small", "medium")

_FAMILIES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("m6g", "m7g", "r6g", "r7g", "c7gn"), _GRAVITON),
    **dict.fromkeys(("m5", "r5"), _INTEL),
    **dict.fromkeys(("t3", "t4g"), _BURSTING),
}

NODE_TYPES = frozenset(f"cache.{family}.{size}" for family, sizes in _FAMILIES.items() for size in sizes)
"""The types that a cache's nodes may have."""
