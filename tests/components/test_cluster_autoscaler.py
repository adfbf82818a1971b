"""The autoscaler: what it may change, and how it is confined."""

from __future__ import annotations

import json

from components.cluster_autoscaler import ClusterAutoscaler
from tests.components.around import RELEASE, Around
from tests.recorder import Registered, run


def release() -> Registered:
    def program() -> None:
        around = Around()
        ClusterAutoscaler(
            "cluster-autoscaler",
            around.cluster,
            around.common["charts"],
            cluster_name="shop",
            region="us-east-1",
            opts=around.common["opts"],
        )

    return run(program).one(RELEASE, "cluster-autoscaler")


def test_it_changes_the_groups_of_its_own_cluster_alone() -> None:
    policy = json.loads(release()["values.rbac.serviceAccount.annotations.may"])
    reads, writes = policy["Statement"]
    assert all(action.partition(":")[2].startswith(("Describe", "Get")) for action in reads["Action"])
    assert writes["Condition"] == {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/shop": "owned"}}


def test_it_finds_the_groups_by_the_clusters_name_and_is_told_the_region() -> None:
    made = release()
    assert made["values.autoDiscovery.clusterName"] == "shop"
    assert made["values.awsRegion"] == "us-east-1"


def test_it_runs_with_limits_and_without_privileges() -> None:
    made = release()
    assert made["values.resources"].keys() == {"requests", "limits"}
    assert made["values.containerSecurityContext.capabilities"] == {"drop": ["ALL"]}
    assert made["values.securityContext.runAsNonRoot"] is True
