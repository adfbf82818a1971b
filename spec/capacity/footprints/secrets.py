"""What brings secrets to pods."""

from __future__ import annotations

from collections.abc import Iterator

from spec.capacity.workloads import Workload, container, rolling
from spec.platform import Platform


def external_secrets(platform: Platform) -> Iterator[Workload]:
    """The operator, its webhook, and what certifies that."""
    if platform.security.secrets != "external-secrets":
        return
    small = "10m/48Mi", "100m/128Mi"
    for name, one in {
        "external-secrets": container("external-secrets", "25m/96Mi", "250m/192Mi"),
        "external-secrets-webhook": container("webhook", *small),
        "external-secrets-cert-controller": container("cert-controller", *small),
    }.items():
        yield Workload(name, "external-secrets", [one], surge=rolling(1))


def sealed_secrets(platform: Platform) -> Iterator[Workload]:
    """The controller."""
    if platform.security.secrets == "sealed-secrets":
        controller = container("controller", "25m/64Mi", "250m/128Mi")
        yield Workload("sealed-secrets-controller", "sealed-secrets", [controller], surge=rolling(1))
