"""A bare cluster gets a network before anything that needs one, and another version of it in place."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from charts.pins import pins
from components.charts import Charts
from components.cluster.kubeadm_addons import KubeadmAddons
from tests.components.around import RELEASE
from tests.recorder import Recorder, run


def build(calico: str | None = None) -> Recorder:
    def program() -> None:
        provider = kubernetes.Provider("bare", kubeconfig="{}", cluster_identifier="bare")
        opts = pulumi.ResourceOptions(providers={"kubernetes": provider})
        KubeadmAddons("shop", Charts(), "192.168.0.0/16", calico, "us-east-1", opts)

    return run(program)


def installation() -> dict[str, Any]:
    return build().one(RELEASE, "tigera-operator")["values.installation"]


def test_calicos_definitions_come_before_the_operator_and_both_before_volumes() -> None:
    made = build()
    assert made.one(RELEASE, "calico-crds").urn in made.one(RELEASE, "tigera-operator").dependencies
    assert made.one(RELEASE, "tigera-operator").urn in made.one(RELEASE, "aws-ebs-csi-driver").dependencies


@pytest.mark.parametrize("asked", [None, "v3.32.2"])
def test_definitions_and_operator_are_of_one_version(asked: str | None) -> None:
    made = build(asked)
    versions = {made.one(RELEASE, name)["version"] for name in ("calico-crds", "tigera-operator")}
    assert versions == {asked or pins()["tigera-operator"].version}


def test_pods_of_different_machines_talk_by_vxlan_alone() -> None:
    network = installation()["calicoNetwork"]
    assert network["bgp"] == "Disabled"
    (pool,) = network["ipPools"]
    assert (pool["cidr"], pool["encapsulation"], pool["natOutgoing"]) == ("192.168.0.0/16", "VXLAN", "Enabled")


def test_what_a_small_machine_is_better_without_is_left_out() -> None:
    values = build().one(RELEASE, "tigera-operator")["values"]
    assert all(values[part] == {"enabled": False} for part in ("apiServer", "goldmane", "whisker"))


def test_a_volume_class_is_the_clusters_default_and_encrypted() -> None:
    made = build().one("kubernetes:storage.k8s.io/v1:StorageClass")
    assert made["metadata.annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
    assert made["parameters"] == {"type": "gp3", "encrypted": "true"}


def test_calico_starts_where_there_is_no_network_yet_and_keeps_off_machines_that_are_kept_for_others() -> None:
    values = build().one(RELEASE, "tigera-operator")["values"]
    typha = values["installation"]["typhaDeployment"]["spec"]["template"]["spec"]
    for tolerations in (values["tolerations"], typha["tolerations"]):
        keys = {each.get("key") for each in tolerations}
        assert "node.kubernetes.io/not-ready" in keys
        assert {key.partition("/")[0] for key in keys} == {"node.kubernetes.io", "node-role.kubernetes.io"}
