"""Mistakes in what a stack file says of alerts."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_mistakes import LOCAL, mistakes


def with_alerts(**alerts: Any) -> dict[str, Any]:
    return LOCAL | {"observability": {"retention": "7d", "alerts": alerts}}


def test_an_alert_can_be_changed() -> None:
    platform = from_config(with_alerts(NodeCPUHigh={"threshold": 85, "for": "10m"}), "test")
    assert platform.observability
    assert platform.observability.alerts["NodeCPUHigh"].for_ == "10m"


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [
        ({"NodeCpuHigh": {"threshold": 85}}, ["alerts.NodeCpuHigh", "did you mean NodeCPUHigh?"]),
        ({"NodeCPUHigh": {"treshold": 85}}, ["NodeCPUHigh.treshold", "did you mean threshold?"]),
        ({"NodeCPUHigh": {"threshold": -1}}, ["NodeCPUHigh.threshold = -1", "greater than or equal to 0"]),
        ({"NodeCPUHigh": {"for": "soon"}}, ['NodeCPUHigh.for = "soon"', "such as 5m"]),
        ({"NodeCPUHigh": {"severity": "criticl"}}, ["NodeCPUHigh.severity", "did you mean critical?"]),
        ({"NodeCPUHigh": {}}, ["alerts.NodeCPUHigh", "changes nothing", "give threshold, for or severity"]),
        ({"NodeNotReady": {"threshold": 1}}, ["NodeNotReady.threshold = 1", "nothing to compare with"]),
    ],
)
def test_a_mistake_is_answered_by_path_and_remedy(alerts: dict[str, Any], expected: list[str]) -> None:
    text = mistakes(with_alerts(**alerts))
    for words in expected:
        assert words in text
