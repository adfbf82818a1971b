"""The laptop platform, from nothing to nothing, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.lifecycle import Lifecycle

pytestmark = pytest.mark.engine

STACK = "dev"


class TestDev(Lifecycle):
    """One service's image, one service's maximum, one metric's retention: each touches its own release only."""

    CHANGES = [
        ("services.1.image", {"repository": "ghcr.io/stefanprodan/podinfo", "tag": "6.9.1"}, {"Release::backend"}),
        ("services.0.replicas.max", 2, {"Release::frontend"}),
        ("observability.retention", "3d", {"Release::kps"}),
    ]
