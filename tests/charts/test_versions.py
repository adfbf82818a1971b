"""The list of third-party charts: pinned, and kept current by Renovate."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

FILE = Path(__file__).parents[2] / "charts" / "versions.yaml"
TEXT = FILE.read_text()
PINS = yaml.safe_load(TEXT)
KEYS = {"repository", "chart", "version", "appVersion", "crds", "crdsSwitch", "notes"}


@pytest.mark.parametrize("key", PINS)
def test_a_chart_is_pinned_to_one_version_in_one_place(key: str):
    pin = PINS[key]
    assert pin.keys() <= KEYS
    assert re.fullmatch(r"(https|oci)://\S+[^/]", pin["repository"])
    assert isinstance(pin["version"], str)
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", pin["version"])


@pytest.mark.parametrize("key", PINS)
def test_renovate_is_told_where_newer_versions_are(key: str):
    pin, name = PINS[key], PINS[key].get("chart", key)
    block = TEXT.split(f"\n{key}:\n")[1].split("\n\n")[0]
    if pin["repository"].startswith("oci://"):
        source = f"datasource=docker depName={pin['repository'].removeprefix('oci://')}/{name}"
    else:
        source = f"datasource=helm registryUrl={pin['repository']} depName={name}"
    assert re.search(rf"# renovate: {re.escape(source)}( allowedVersions=\S+)?\n  version: ", block)


def test_a_switch_of_crds_has_crds_to_switch():
    for key, pin in PINS.items():
        assert "crdsSwitch" not in pin or pin["crds"], key
