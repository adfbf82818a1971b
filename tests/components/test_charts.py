"""Where a release's chart comes from: its publisher, or a mirror."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from components.charts import Charts, NoMirror, UnknownChart
from tests.recorder import Registered, run


def _release(chart: str, mirror: str | None) -> Registered:
    made = run(
        lambda: Charts(mirror).release(chart, chart, namespace="default", values={}, opts=pulumi.ResourceOptions())
    )
    return next(each for each in made if each.type == "kubernetes:helm.sh/v3:Release")


def test_a_chart_comes_from_its_repository() -> None:
    release = _release("metrics-server", None)
    assert release["chart"] == "metrics-server"
    assert release["repositoryOpts"] == {"repo": "https://kubernetes-sigs.github.io/metrics-server"}


def test_a_chart_comes_from_its_registry() -> None:
    release = _release("cert-manager", None)
    assert release["chart"] == "oci://quay.io/jetstack/charts/cert-manager"
    assert "repositoryOpts" not in release.inputs


@pytest.mark.parametrize("mirror", ["mirror", "mirror/", "https://mirror.example.com/charts"])
@pytest.mark.parametrize("chart", ["metrics-server", "cert-manager", "strimzi-kafka-operator-zookeeper"])
def test_every_chart_comes_from_the_mirror_where_there_is_one(
    mirror: str, chart: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mirror").mkdir()
    monkeypatch.chdir(tmp_path)
    release = _release(chart, mirror)
    name = chart.removesuffix("-zookeeper")
    assert release["chart"] == f"{mirror.rstrip('/')}/{name}-{release['version']}.tgz"
    assert "repositoryOpts" not in release.inputs


def test_a_mirror_that_is_not_there_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(NoMirror, match=r"groundwork:chartMirror = '.*/nope' is no directory"):
        Charts(f"{tmp_path}/nope")


def test_a_chart_that_is_not_pinned_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownChart, match="did you mean metrics-server"):
        Charts().release("metric-server", "metric-server", namespace="x", values={}, opts=pulumi.ResourceOptions())
