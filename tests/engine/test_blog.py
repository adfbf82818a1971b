"""The cloud-native reference on EKS, from nothing to nothing, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.lifecycle import Change, Lifecycle

pytestmark = pytest.mark.engine

STACK = "blog"


class TestBlog(Lifecycle):
    """How often Git is compared, the log of the control plane: each touches itself alone; an image touches nothing."""

    CHANGES = [
        # What runs is the repository's to say.
        Change("services.1.image", {"repository": "ghcr.io/stefanprodan/podinfo", "tag": "6.9.1"}),
        Change("gitops.reconciliation", "5m", updated={"Release::argocd"}),
        Change("cluster.logRetentionDays", 30, updated={"LogGroup::blog-control-plane"}),
    ]
