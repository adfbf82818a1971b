"""Dashboards show what is there: expressions that parse, metrics that somebody exports, datasources that exist."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.observability.dashboards import DASHBOARDS
from components.observability.dashboards.model import Choice, Dashboard, Lines, LogLines, Number
from components.observability.dashboards.render import render
from components.observability.metrics import Metrics
from spec.alerts import parts, rules
from spec.parts import Observability
from tests.components.around import Around, reached_at
from tests.promql import metrics
from tests.recorder import run
from tools.install import ensure

EXPORTED = yaml.safe_load((Path(__file__).parent / "exported.yaml").read_text())
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
EVERY = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=lambda each: each.uid)


def queries(dashboard: Dashboard) -> Iterator[str]:
    for panel in dashboard.panels():
        if isinstance(panel, Lines):
            yield from panel.queries.values()
        else:
            yield panel.query


def panels(dashboard: Dashboard) -> list[dict[str, Any]]:
    return json.loads(render(dashboard))["panels"]


def chosen(expression: str) -> str:
    """Return an expression as Grafana sends it, once somebody has chosen."""
    for variable, value in {
        "$__rate_interval": "5m",
        "$__auto": "1m",
        "$namespace": ".+",
        "$service": ".+",
        "$search": "",
    }.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, expression
    return expression


def test_every_expression_parses(tmp_path: Path) -> None:
    # Of LogQL, what counts lines is PromQL, too, and what shows them is a selector and a filter.
    expressions = [
        chosen(query).partition("|~")[0] for dashboard in DASHBOARDS.values() for query in queries(dashboard)
    ]
    recorded = [{"record": f"r{number}", "expr": each} for number, each in enumerate(expressions)]
    # Functions that Loki has beside Prometheus' own: https://grafana.com/docs/loki/latest/query/metric_queries/
    text = yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}).replace("bytes_rate(", "rate(")
    path = tmp_path / "panels.yaml"
    path.write_text(text)
    ran = subprocess.run([ensure("promtool"), "check", "rules", path], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_metric_of_a_panel_or_an_alert_is_one_that_somebody_exports() -> None:
    exported = {name for exporter in EXPORTED.values() for name in exporter["metrics"]}
    read = {
        name
        for dashboard in DASHBOARDS.values()
        if dashboard.datasource == "prometheus"
        for query in queries(dashboard)
        for name in metrics(query)
    }
    read |= {
        name for part in parts() for group in rules(part) for rule in group["rules"] for name in metrics(rule["expr"])
    }
    assert read - exported == set()
    assert exported - read == set(), "is written down, and nobody reads it"


@EVERY
def test_it_is_the_same_whenever_it_is_rendered(dashboard: Dashboard) -> None:
    assert render(dashboard) == render(dashboard)
    assert "panels" in json.loads(render(dashboard))


@EVERY
def test_panels_do_not_lie_on_each_other(dashboard: Dashboard) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels(dashboard):
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells


@EVERY
def test_panels_have_numbers_of_their_own_and_targets_letters(dashboard: Dashboard) -> None:
    made = panels(dashboard)
    assert len({panel["id"] for panel in made}) == len(made)
    for panel in made:
        letters = [target["refId"] for target in panel.get("targets", [])]
        assert len(letters) == len(set(letters))
        assert panel["type"] == "row" or letters, panel["title"]


@EVERY
def test_it_asks_one_datasource_and_lets_choose_what_its_queries_use(dashboard: Dashboard) -> None:
    made = json.loads(render(dashboard))
    sources = {panel["datasource"]["uid"] for panel in made["panels"] if panel["type"] != "row"}
    assert sources == {dashboard.datasource}
    named = {each["name"] for each in made["templating"]["list"]} if dashboard.choices else set()
    asked = {*queries(dashboard), *(each.metric for each in dashboard.choices if isinstance(each, Choice))}
    used = {name for name in ("namespace", "service", "search") if any(f"${name}" in query for query in asked)}
    assert used == named


def test_each_has_an_address_of_its_own() -> None:
    assert len({each.uid for each in DASHBOARDS.values()}) == len(DASHBOARDS)
    assert len({each.title for each in DASHBOARDS.values()}) == len(DASHBOARDS)


@pytest.mark.parametrize(
    ("asked_for", "part", "panel"),
    [
        ("node CPU", "nodes", "Node CPU"),
        ("node memory", "nodes", "Node memory"),
        ("pod state", "nodes", "Pod state"),
        ("pod restarts", "nodes", "Pod restarts"),
        ("PV usage", "nodes", "Volume usage"),
        ("disk I/O", "nodes", "Disk I/O"),
        ("network I/O", "nodes", "Network I/O"),
        ("HTTP latency", "services", "HTTP latency, 99 of 100"),
        ("HTTP errors", "services", "HTTP errors"),
        ("query performance", "postgres", "Query time"),
        ("PostgreSQL pool", "postgres", "Pool: clients"),
        ("Kafka lag", "kafka", "Kafka lag"),
    ],
)
def test_there_is_a_panel_for_each_metric_that_is_asked_for(asked_for: str, part: str, panel: str) -> None:
    assert panel in {each.title for each in DASHBOARDS[part].panels()}, asked_for


@pytest.mark.parametrize("part", ["services", "mesh"])
def test_services_are_seen_by_the_four_golden_signals(part: str) -> None:
    assert list(DASHBOARDS[part].rows)[:4] == ["Latency", "Traffic", "Errors", "Saturation"]


def test_the_mesh_shows_services_that_export_nothing_themselves() -> None:
    read = {name for query in queries(DASHBOARDS["mesh"]) for name in metrics(query)}
    assert not [name for name in read if name.startswith("http_")]


def test_a_number_turns_red_where_its_alert_fires() -> None:
    alarming = {
        (dashboard.uid, panel.title): panel.alarming
        for dashboard in DASHBOARDS.values()
        for panel in dashboard.panels()
        if isinstance(panel, Number)
    }
    fires = {rule["alert"]: rule.get("threshold") for part in parts() for rule in rules(part)[0]["rules"]}
    assert alarming["cluster", "CPU"] == fires["NodeCPUHigh"]
    assert alarming["cluster", "Memory"] == fires["NodeMemoryHigh"]
    assert alarming["ticketing", "Waiting"] == fires["WaitingRoomLong"]
    assert alarming["ticketing", "Failed payments"] == fires["PaymentsFail"]


def test_grafana_gets_them_by_its_sidecar_and_begins_with_the_cluster() -> None:
    def program() -> None:
        around = Around("monitoring")
        spec = Observability(retention="15d")
        Metrics("metrics", spec, cluster=around.cluster, ingress=around.ingress(), url=reached_at, **around.common)

    made = run(program)
    cluster = made.one(CONFIG_MAP, "dashboard-cluster")
    assert cluster["metadata.labels"] == {"grafana_dashboard": "1"}
    assert json.loads(cluster.inputs["data"]["cluster.json"])["uid"] == "cluster"
    grafana = made.one("kubernetes:helm.sh/v3:Release", "kps")["values.grafana"]
    assert grafana["defaultDashboardsEnabled"] is False
    assert grafana["grafana.ini"]["dashboards"]["default_home_dashboard_path"] == "/tmp/dashboards/cluster.json"


def test_lines_of_logs_are_filtered_by_what_is_searched_for() -> None:
    assert all("$search" in each.query for each in DASHBOARDS["logs"].panels() if isinstance(each, LogLines))
