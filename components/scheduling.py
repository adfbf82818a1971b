"""Where pods run: what makes a workload land on a node pool, and on that alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spec.node_pools import NodePool

# Every node of every kind of cluster that has pools carries it, with the pool's name.
POOL_LABEL = "groundwork/pool"


def on_pool(pool: str | None, pools: Sequence[NodePool]) -> dict[str, Any]:
    """Return ``nodeSelector`` and ``tolerations`` as a PodSpec has them; nothing where the scheduler may choose.

    Both belong together: the selector brings the pods to the pool, the tolerations let them stay.
    """
    chosen = next((each for each in pools if each.name == pool), None)
    if chosen is None:
        return {}
    tolerations = [
        {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect} for taint in chosen.taints
    ]
    return {"nodeSelector": {POOL_LABEL: chosen.name}, "tolerations": tolerations}


def labels_of(pool: str | None, pools: Sequence[NodePool]) -> dict[str, str]:
    """Return the labels of a pool for the pods on it, so that one selector finds machines and what runs there."""
    return dict(next((each.labels for each in pools if each.name == pool), {}))


def in_chart(pool: str | None, pools: Sequence[NodePool]) -> dict[str, Any]:
    """Return what brings a chart's pods to a pool with its labels, by the keys that most charts have for it."""
    labels = labels_of(pool, pools)
    return {**on_pool(pool, pools), **({"podLabels": labels} if labels else {})}


def spread(labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return ``topologySpreadConstraints`` that keep pods with these labels apart, by zone and by node, if possible."""
    return [
        {
            "topologyKey": key,
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(labels)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
