"""An API on a cluster that somebody else runs, from nothing to nothing, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.lifecycle import Change, Lifecycle

pytestmark = pytest.mark.engine

STACK = "tacklebox"


class TestTacklebox(Lifecycle):
    """The delivered branch, a quota, the dashboards' disk: each touches itself alone; an image touches nothing."""

    CHANGES = [
        # What runs is the repository's to say.
        Change("services.0.image", {"repository": "ghcr.io/stefanprodan/podinfo", "tag": "6.9.1"}),
        Change("gitops.repository.revision", "release", updated={"GitRepository::flux-source"}),
        Change(
            "security.quota.persistentVolumeClaims",
            8,
            updated={"ResourceQuota::backend-quota", "ResourceQuota::data-quota", "ResourceQuota::monitoring-quota"},
        ),
        Change("observability.grafana.storage", "4Gi", updated={"Release::kps"}),
    ]
