"""Alerts are there where something exports their metrics, with the numbers of the stack file."""

from __future__ import annotations

from typing import Any

from components.observability.alerts import groups
from components.observability.metrics import Metrics
from spec.alerts import Alert
from spec.parts import Observability
from tests.components.around import Around, reached_at
from tests.recorder import Recorder, remembered, run

RULE = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"


def changed(**given: Any) -> dict[str, Alert]:
    return {name: Alert.model_validate(change) for name, change in given.items()}


def alert(part: str, name: str, changes: dict[str, Alert]) -> dict[str, Any]:
    return next(rule for group in groups(part, changes) for rule in group["rules"] if rule["alert"] == name)


@remembered
def metrics(managed_control_plane: bool = True, **fields: Any) -> Recorder:
    def program() -> None:
        spec = Observability.model_validate({"retention": "15d", **fields})
        around = Around("monitoring", managed_control_plane=managed_control_plane, observability=spec)
        Metrics("metrics", spec, cluster=around.cluster, ingress=around.ingress(), url=reached_at, **around.common)

    return run(program)


def parts(made: Recorder) -> set[str]:
    return {each["metadata.name"] for each in made.all(RULE)}


def test_an_alert_fires_at_its_own_number_unless_the_stack_file_has_another() -> None:
    assert alert("nodes", "NodeCPUHigh", {})["expr"].endswith(" > 80")
    assert alert("nodes", "NodeCPUHigh", changed(NodeCPUHigh={"threshold": 85}))["expr"].endswith(" > 85")
    assert alert("nodes", "NodeClockSkewed", changed(NodeCPUHigh={"threshold": 85}))["expr"].endswith(" > 0.05")


def test_a_large_threshold_is_written_out() -> None:
    assert alert("postgres", "PostgresTransactionIdsRunOut", {})["expr"].endswith(" > 300000000")
    tiny = changed(NodeClockSkewed={"threshold": 0.125})
    assert alert("nodes", "NodeClockSkewed", tiny)["expr"].endswith(" > 0.125")


def test_how_long_and_how_grave_can_be_changed_and_nothing_else_changes_with_it() -> None:
    before = alert("nodes", "NodeCPUHigh", {})
    after = alert("nodes", "NodeCPUHigh", changed(NodeCPUHigh={"for": "10m", "severity": "critical"}))
    assert after == before | {"for": "10m", "labels": {"severity": "critical"}}


def test_a_number_of_zero_is_a_number() -> None:
    assert alert("nodes", "NodeCPUHigh", changed(NodeCPUHigh={"threshold": 0}))["expr"].endswith(" > 0")


def test_a_change_touches_the_rule_of_its_part_alone() -> None:
    before = {each.name: each.inputs for each in metrics().all(RULE)}
    after = {each.name: each.inputs for each in metrics(alerts={"NodeCPUHigh": {"threshold": 85}}).all(RULE)}
    assert [name for name in before if before[name] != after[name]] == ["alerts-nodes"]


def test_the_control_plane_is_watched_where_it_can_be_reached() -> None:
    assert "control-plane" not in parts(metrics(managed_control_plane=True))
    assert "control-plane" in parts(metrics(managed_control_plane=False))


def test_alertmanager_is_watched_where_there_is_one() -> None:
    assert "alertmanager" in parts(metrics())
    assert "alertmanager" not in parts(metrics(alertmanager=None))


def test_a_business_is_watched_where_the_stack_file_names_it() -> None:
    assert "ticketing" not in parts(metrics())
    assert "ticketing" in parts(metrics(business=["ticketing"]))


def test_a_rule_waits_for_its_crd_and_no_other_alerts_are_brought() -> None:
    made = metrics()
    crds = made.one("kubernetes:helm.sh/v3:Release", "scraping-crds").urn
    assert all(crds in each.dependencies for each in made.all(RULE))
    assert made.one("kubernetes:helm.sh/v3:Release", "kps")["values.defaultRules"] == {"create": False}
