"""Fourteen EC2 instances that become a cluster, from nothing to nothing, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.lifecycle import Change, Lifecycle

pytestmark = pytest.mark.engine

STACK = "sesacthon"
POOLS = "auth my scan character location info chat storage ai postgresql redis rabbitmq monitoring"
MACHINES = ["control-plane-0", "scan-1", "scan-2", *(f"{pool}-0" for pool in POOLS.split())]


class TestSesacthon(Lifecycle):
    """Machines more, the database's memory, a release of Kubernetes: each touches itself alone; an image nothing."""

    CHANGES = [
        Change(
            "nodePools.2.size",
            {"min": 2, "max": 2},
            created={"Instance::sesacthon-scan-1", "TargetGroupAttachment::sesacthon-edge-scan-1"},
        ),
        Change(
            "nodePools.2.size",
            {"min": 3, "max": 3},
            created={"Instance::sesacthon-scan-2", "TargetGroupAttachment::sesacthon-edge-scan-2"},
        ),
        # What runs is the repository's to say.
        Change("services.2.image", {"repository": "ghcr.io/stefanprodan/podinfo", "tag": "6.9.1"}),
        Change("data.postgres.memory", "2Gi", updated={"Cluster::postgresql"}),
        Change("cluster.calicoVersion", "v3.32.2", updated={"Release::calico-crds", "Release::tigera-operator"}),
        # A tag of every machine, which upgrade_nodes.py on the control plane acts on; no machine is made anew.
        Change("cluster.kubernetesVersion", "1.35.4", updated={f"Instance::sesacthon-{name}" for name in MACHINES}),
    ]
