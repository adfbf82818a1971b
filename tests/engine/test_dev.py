"""The laptop platform, from nothing to nothing, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.lifecycle import Change, Lifecycle

pytestmark = pytest.mark.engine

STACK = "dev"


class TestDev(Lifecycle):
    """A service's image, a service's maximum, a metric's retention: each is its own release's affair."""

    CHANGES = [
        Change(
            "services.1.image",
            {"repository": "ghcr.io/stefanprodan/podinfo", "tag": "6.9.1"},
            updated={"Release::backend"},
        ),
        Change("services.0.replicas.max", 2, updated={"Release::frontend"}),
        Change("observability.retention", "3d", updated={"Release::kps"}),
    ]
