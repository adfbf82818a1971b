"""Every alert fires beyond its threshold, and neither at it nor below: promtool runs the rules on made-up series."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.observability.alerts import groups
from spec.alerts import parts, rules
from tools.install import ensure

TESTS = Path(__file__).parent
PARTS = sorted(parts())


def promtool(*arguments: str | Path) -> None:
    ran = subprocess.run([ensure("promtool"), *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the rules as Prometheus gets them, and beside them the tests, which name them."""
    directory = tmp_path_factory.mktemp("rules")
    for part in PARTS:
        (directory / f"{part}.yaml").write_text(yaml.safe_dump({"groups": groups(part, {})}))
        (directory / f"{part}.test.yaml").write_text((TESTS / f"{part}.yaml").read_text())
    return directory


def _tested(part: str) -> list[dict[str, Any]]:
    document = yaml.safe_load((TESTS / f"{part}.yaml").read_text())
    return [case for test in document["tests"] for case in test["alert_rule_test"]]


def test_prometheus_takes_every_rule(rendered: Path) -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", *(rendered / f"{part}.yaml" for part in PARTS))


@pytest.mark.engine
def test_every_alert_fires_when_it_should_and_only_then(rendered: Path) -> None:
    promtool("test", "rules", *(rendered / f"{part}.test.yaml" for part in PARTS))


@pytest.mark.parametrize("part", PARTS)
def test_every_alert_is_seen_to_fire_and_not_before_it_has_held(part: str) -> None:
    cases = _tested(part)
    for rule in (rule for group in rules(part) for rule in group["rules"]):
        of_it = [case for case in cases if case["alertname"] == rule["alert"]]
        assert any(case.get("exp_alerts") for case in of_it), f"{rule['alert']} never fires in its tests"
        if "for" in rule:
            assert any(not case.get("exp_alerts") for case in of_it), f"{rule['alert']} is never too early"


def test_alerts_have_names_of_their_own_say_what_to_do_and_how_grave_it_is() -> None:
    every = [rule for part in PARTS for group in rules(part) for rule in group["rules"]]
    names = [rule["alert"] for rule in every]
    assert len(names) == len(set(names))
    for rule in every:
        assert set(rule["annotations"]) == {"summary", "runbook"}, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning", "info", "none"), rule["alert"]


def test_a_threshold_is_a_number_that_the_expression_has_a_place_for() -> None:
    for rule in (rule for part in PARTS for group in rules(part) for rule in group["rules"]):
        assert rule["expr"].count("$threshold") == ("threshold" in rule), rule["alert"]
