"""The platforms that overlays make, each with what it is there for, and each from nothing to nothing on the engine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

from sandbox.kubernetes.schema import CRD_FOLDER
from spec.load import NAMESPACE, from_config
from spec.overlay import document, overlays
from tests.engine.conftest import Checkout, checkout
from tests.stack_objects import Made, made_of

pytestmark = pytest.mark.engine

STACK = "dev"
TOGETHER = ["phase-2", "phase-3"]


@cache
def overlaid(*names: str) -> Made:
    config = yaml.safe_load(document(STACK, [*names]))["config"]
    return made_of(from_config({key.removeprefix(NAMESPACE): value for key, value in config.items()}, " ".join(names)))


def without_newer_crds(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder has one version of every operator's CRDs, and ZooKeeper's operator is an older one."""
    if yaml.safe_load(document(STACK, names))["config"]["groundwork:data"]["kafka"]["metadata"] == "zookeeper":
        monkeypatch.delenv(CRD_FOLDER, raising=False)


@pytest.mark.parametrize("names", [*([name] for name in overlays(STACK)), TOGETHER], ids="-and-".join)
def test_what_dev_can_be_comes_up_stays_as_it_is_and_goes(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform: Checkout = checkout(tmp_path, STACK)
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text(document(STACK, names))
    without_newer_crds(names, monkeypatch)
    platform.run("up")
    assert "No changes" in platform.run("preview")
    assert "Nothing is left in the emulated account" in platform.run("destroy")


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


@pytest.mark.parametrize("names", [("phase-3",), ("phase-2", "phase-3"), ("phase-3", "mesh")], ids="-and-".join)
def test_phase_3_has_an_address_a_mesh_and_https_at_every_host_for_those_who_signed_in(names: tuple[str, ...]) -> None:
    made = overlaid(*names)
    (pool,) = made.of_kind("IPAddressPool")
    assert pool["spec"]["addresses"] == ["172.18.255.240-172.18.255.250"]
    charts = {each.chart for each in made.releases}
    assert {"istiod", "gateway"} <= charts
    assert "nginx-ingress" not in charts
    hosts = set(made.spec.hosts())
    assert {each["spec"]["dnsNames"][0] for each in made.of_kind("Certificate")} == hosts
    (proxy,) = [each for each in made.releases if each.chart == "oauth2-proxy"]
    assert proxy.values["extraArgs"]["oidc-issuer-url"] == "https://id.example.com/realms/platform"
    (asked,) = [each for each in made.of_kind("AuthorizationPolicy") if each["spec"]["action"] == "CUSTOM"]
    guarded = {host for rule in asked["spec"]["rules"] for host in rule["to"][0]["operation"]["hosts"]}
    assert guarded & hosts == hosts - {"app.local", "api.local"}


def test_phase_3_keeps_logs_in_elasticsearch() -> None:
    made = overlaid("phase-3")
    (nodes,) = made.of_kind("Elasticsearch")
    assert nodes["spec"]["nodeSets"][0]["count"] == 1
    charts = {each.chart for each in made.releases}
    assert "fluent-bit" in charts
    assert not charts & {"loki", "alloy"}


def test_phases_add_up() -> None:
    made = overlaid(*TOGETHER)
    assert {"longhorn", "istiod", "oauth2-proxy", "metallb"} <= {each.chart for each in made.releases}
    (nodes,) = made.of_kind("Elasticsearch")
    (claim,) = nodes["spec"]["nodeSets"][0]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "longhorn"


@pytest.mark.parametrize("name", overlays(STACK))
def test_services_are_there_whatever_is_laid_over(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_newer_crds([name], monkeypatch)
    made = overlaid(name)
    assert {each.name for each in made.releases if each.chart == "service"} == {"frontend", "backend"}
