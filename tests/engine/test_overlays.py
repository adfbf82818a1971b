"""The platforms that overlays make come up on the emulated cloud, each with what it is there for."""

from __future__ import annotations

from functools import cache

import pytest
import yaml

from spec.load import NAMESPACE, from_config
from spec.overlay import document, overlays
from tests.stack_objects import Made, made_of

pytestmark = pytest.mark.engine


@cache
def overlaid(name: str) -> Made:
    config = yaml.safe_load(document("dev", [name]))["config"]
    return made_of(from_config({key.removeprefix(NAMESPACE): value for key, value in config.items()}, name))


def test_every_overlay_of_dev_is_one_of_these() -> None:
    assert overlays("dev") == ["mesh", "phase-2", "phase-3"]


def test_phase_2_keeps_every_volume_on_two_nodes() -> None:
    made = overlaid("phase-2")
    (longhorn,) = [each for each in made.releases if each.chart == "longhorn"]
    assert longhorn.values["persistence"]["defaultClassReplicaCount"] == 2
    classes = {
        each["spec"]["storage"].get("storageClass")
        for each in made.of_kind("Cluster")
        if each["apiVersion"].startswith("postgresql.cnpg.io/")
    }
    assert classes == {"longhorn"}
    assert "local-path" not in str([release.values for release in made.releases])


def test_phase_3_has_an_address_of_its_own_and_signs_people_in() -> None:
    made = overlaid("phase-3")
    (pool,) = made.of_kind("IPAddressPool")
    assert pool["spec"]["addresses"] == ["172.18.255.240-172.18.255.250"]
    (proxy,) = [each for each in made.releases if each.chart == "oauth2-proxy"]
    assert proxy.values["extraArgs"]["oidc-issuer-url"] == "https://id.example.com/realms/platform"
    guarded = [each for each in made.releases if "sign-in/sign-in" in str(each.values)]
    assert {each.name for each in guarded} == {"kps", "kafka-ui", "pgadmin"}


def test_phase_3_keeps_logs_in_elasticsearch() -> None:
    made = overlaid("phase-3")
    (nodes,) = made.of_kind("Elasticsearch")
    assert nodes["spec"]["nodeSets"][0]["count"] == 1
    charts = {each.chart for each in made.releases}
    assert "fluent-bit" in charts
    assert not charts & {"loki", "alloy"}


@pytest.mark.parametrize("name", ["phase-2", "phase-3", "mesh"])
def test_services_are_there_whatever_is_laid_over(name: str) -> None:
    made = overlaid(name)
    assert {each.name for each in made.releases if each.chart == "service"} == {"frontend", "backend"}
