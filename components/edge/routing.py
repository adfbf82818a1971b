"""How the edge leads by host and path: what rules of a load balancer and behaviors of CloudFront have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True)
class Guard:
    """Hosts that only CloudFront may ask the load balancer for: it sends a header whose value nobody else knows."""

    hosts: Sequence[str]
    header: str
    secret: pulumi.Input[str]

    def shown(self) -> dict[str, Any]:
        """Return the condition of a listener's rule that only requests from CloudFront meet."""
        return {"http_header": {"http_header_name": self.header, "values": [self.secret]}}


def patterns(path: str) -> list[str]:
    """Return the patterns of ``path``, with or without a slash at its end, and of everything below it."""
    trimmed = path.rstrip("/")
    return [trimmed, f"{trimmed}/*"] if trimmed else ["/*"]


def conditions(host: str, path: str, guard: Guard | None) -> list[Any]:
    """Return the conditions of a listener's rule for ``path`` of ``host``, and everything below it.

    For a host of ``guard``, the request must have come by CloudFront as well.
    """
    asked: list[Any] = [{"host_header": {"values": [host]}}, {"path_pattern": {"values": patterns(path)}}]
    return [*asked, guard.shown()] if guard and host in guard.hosts else asked
