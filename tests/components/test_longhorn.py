"""Longhorn's class is asked for by name, and whoever has a volume goes before it does."""

from __future__ import annotations

import json

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components.longhorn import Longhorn
from spec.storage import Longhorn as Spec
from tests.components.around import POLICY, RELEASE, Around
from tests.recorder import Recorder, remembered, run


@remembered
def build(replicas: int = 3) -> Recorder:
    def program() -> None:
        around = Around()
        made = Longhorn("longhorn", Spec(engine="longhorn", replicas=replicas), **around.common)
        around.cluster.storage_class = made.storage_class
        volume = {"class": pulumi.Output.from_input(around.cluster.storage_class)}
        ConfigMap("volume", metadata={"namespace": "shop"}, data=volume, opts=around.common["opts"])

    return run(program)


def test_it_makes_no_class_the_clusters_default() -> None:
    values = build().one(RELEASE, "longhorn")["values"]
    assert values["persistence"]["defaultClass"] is False


def test_a_volume_is_kept_as_often_as_asked() -> None:
    values = build(replicas=2).one(RELEASE, "longhorn")["values"]
    assert values["persistence"]["defaultClassReplicaCount"] == 2
    assert values["defaultSettings"]["defaultReplicaCount"] == "2"


def test_who_has_a_volume_depends_on_it() -> None:
    made = build()
    volume = made.one("kubernetes:core/v1:ConfigMap", "volume")
    assert volume["data.class"] == "longhorn"
    assert made.one(RELEASE, "longhorn").urn in volume.dependencies


def test_helm_may_take_it_away() -> None:
    assert build().one(RELEASE, "longhorn")["values.defaultSettings.deletingConfirmationFlag"] is True


def test_what_it_makes_itself_has_requests_and_limits() -> None:
    given = build().one(RELEASE, "longhorn")["values.defaultSettings.systemManagedCSIComponentsResourceLimits"]
    assert all({*resources} == {"requests", "limits"} for resources in json.loads(given).values())


def test_machines_mount_and_the_api_server_is_answered_but_nobody_else() -> None:
    among, outside, scraped = build().one(POLICY, "longhorn")["spec.ingress"]
    assert among["from"] == [{"podSelector": {"matchLabels": {}}}]
    assert {port["port"] for port in outside["ports"]} == {9501, 9502, 3260}
    assert {port["port"] for port in scraped["ports"]} == {9500}
