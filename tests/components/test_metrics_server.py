"""Autoscalers have something to read on every cluster."""

from __future__ import annotations

import json

import pytest

from spec.load import ROOT


@pytest.mark.parametrize(
    ("stack", "expected"), [("dev", 0), ("prod", 1), ("sesacthon", 1), ("blog", 1), ("tacklebox", 1)]
)
def test_a_metrics_server_is_there_unless_the_cluster_brings_one(stack: str, expected: int) -> None:
    graph = json.loads((ROOT / "tests" / "golden" / f"{stack}.json").read_text())
    charts = [node["inputs"].get("chart") for node in graph.values() if node["type"].endswith("helm.sh/v3:Release")]
    assert charts.count("metrics-server") == expected
