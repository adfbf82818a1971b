"""The ticketing platform on EKS, from nothing to nothing, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.lifecycle import Change, Lifecycle

pytestmark = pytest.mark.engine

STACK = "prod"


class TestProd(Lifecycle):
    """A reader, a service's maximum, a pool's maximum, an alert's threshold: each touches itself alone."""

    CHANGES = [
        Change("data.postgres.readers.count", 3, created={"ClusterInstance::tiketi-postgres-reader-3"}),
        Change("services.2.replicas.max", 50, updated={"Release::queue"}),
        # It uses the database, whose connections are shared out by the most pods that there can be.
        Change("services.1.replicas.max", 18, updated={"Release::event"}),
        Change("nodePools.1.size.max", 30, updated={"NodeGroup::tiketi-surge"}),
        Change("observability.alerts.NodeCPUHigh.threshold", 85, updated={"PrometheusRule::alerts-nodes"}),
    ]
