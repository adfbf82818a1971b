"""Fourteen EC2 instances that become a cluster, from nothing to nothing, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.lifecycle import Change, Lifecycle

pytestmark = pytest.mark.engine

STACK = "sesacthon"


class TestSesacthon(Lifecycle):
    """A machine more, a service's image, the database's memory: each touches itself alone."""

    CHANGES = [
        Change(
            "nodePools.2.size",
            {"min": 2, "max": 2},
            created={"Instance::sesacthon-scan-1", "TargetGroupAttachment::sesacthon-edge-scan-1"},
        ),
        Change(
            "services.2.image",
            {"repository": "ghcr.io/stefanprodan/podinfo", "tag": "6.9.1"},
            updated={"Release::scan"},
        ),
        Change("data.postgres.memory", "1536Mi", updated={"Cluster::postgresql"}),
    ]
