"""The update bot's configuration, tried on the files that it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workflows.schemas import mistakes

ROOT = Path(__file__).parents[2]
CONFIG = json.loads((ROOT / "renovate.json").read_text())
CHARTS = (ROOT / "charts" / "versions.yaml").read_text()
# What looks like an image with a tag, however it is written.
IMAGE = re.compile(r"\"((?:[a-z0-9-]+\.)+[a-z]+/[\w./-]+:v?\d[\w.-]*)\"")


def found(path: str) -> Iterator[dict[str, str]]:
    """What the configuration's own managers find in a file; its expressions are JavaScript's."""
    text = (ROOT / path).read_text()
    for manager in CONFIG["customManagers"]:
        if any(re.search(pattern.strip("/"), path) for pattern in manager["managerFilePatterns"]):
            for expression in manager["matchStrings"]:
                for match in re.finditer(expression.replace("(?<", "(?P<"), text):
                    templates = {"datasource": manager.get("datasourceTemplate")}
                    yield templates | {key: value for key, value in match.groupdict().items() if value}


def _items(row: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(row.items())


def test_the_configuration_is_one_by_the_published_schema() -> None:
    assert mistakes("renovate", CONFIG) == []


def test_every_chart_is_found_with_where_its_versions_are() -> None:
    rows = list(found("charts/versions.yaml"))
    pins: dict[str, Any] = yaml.safe_load(CHARTS)
    expected = []
    for key, pin in pins.items():
        name = pin.get("chart", key)
        row = {"datasource": "helm", "depName": name, "registryUrl": pin["repository"]}
        if pin["repository"].startswith("oci://"):
            row = {"datasource": "docker", "depName": f"{pin['repository'].removeprefix('oci://')}/{name}"}
        expected.append(row | {"currentValue": pin["version"]})
    assert sorted(map(_items, rows)) == sorted(map(_items, expected))


def test_a_limit_in_the_list_of_charts_is_one_for_the_bot() -> None:
    limits = re.findall(r"depName=(\S+) allowedVersions=(\S+)", CHARTS)
    assert limits
    for name, limit in limits:
        (rule,) = [rule for rule in CONFIG["packageRules"] if rule.get("allowedVersions") == limit]
        assert rule["matchDepNames"] == [name]
        assert rule["matchCurrentVersion"] == limit, "the other pin of the same chart is free"


PYTHON = [
    str(path.relative_to(ROOT)) for folder in ("spec", "components") for path in sorted((ROOT / folder).rglob("*.py"))
]


def test_every_image_in_the_spec_and_the_components_is_found() -> None:
    rows = {f"{row['depName']}:{row['currentValue']}" for path in PYTHON for row in found(path)}
    written = {image for path in PYTHON for image in IMAGE.findall((ROOT / path).read_text())}
    assert "ghcr.io/stefanprodan/podinfo" in {row.rpartition(":")[0] for row in rows}, "repository and tag apart"
    assert written
    assert written <= rows


def test_a_group_names_charts_that_there_are() -> None:
    known = {row["depName"] for path in ["charts/versions.yaml", *PYTHON] for row in found(path)}
    for rule in CONFIG["packageRules"]:
        for name in rule["matchDepNames"]:
            hits = (
                [each for each in known if re.search(name.strip("/"), each)] if name.startswith("/") else known & {name}
            )
            assert hits, name


@pytest.mark.parametrize("name", ["custom.regex", "github-actions"])
def test_charts_images_and_actions_are_updated(name: str) -> None:
    assert name in CONFIG["enabledManagers"]
