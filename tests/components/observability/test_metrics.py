"""Prometheus sees everything that can be reached, and nothing is expected of what can't."""

from __future__ import annotations

from typing import Any

import pytest

from components.observability.metrics import Metrics
from components.traffic import API_SERVER, DNS
from spec.node_pools import NodePool
from spec.parts import Observability
from tests.components.around import POLICY, RELEASE, SECRET, Around, reached_at
from tests.recorder import Recorder, remembered, run

LABELS = {"role": "infra", "service": "monitoring"}
POOL = NodePool.model_validate(
    {"name": "monitoring", "instanceTypes": ["t3.small"], "size": {"min": 1, "max": 1}, "labels": LABELS}
)


@remembered
def build(managed_control_plane: bool = True, **fields: Any) -> Recorder:
    def program() -> None:
        around = Around("monitoring", managed_control_plane=managed_control_plane)
        spec = Observability.model_validate({"retention": "15d", **fields})
        here: dict[str, Any] = {"cluster": around.cluster, "ingress": around.ingress(), "pools": [POOL]}
        Metrics("metrics", spec, url=reached_at, **here, **around.common)

    return run(program)


def values(**given: Any) -> dict[str, Any]:
    return build(**given).one(RELEASE, "kps")["values"]


@pytest.mark.parametrize("managed", [True, False])
def test_the_control_plane_is_scraped_where_it_can_be_reached(managed: bool):
    found = values(managed_control_plane=managed)
    for part in ("kubeControllerManager", "kubeScheduler", "kubeEtcd"):
        assert found[part] == {"enabled": not managed}


def test_monitors_and_rules_of_everybody_are_seen():
    spec = values()["prometheus"]["prometheusSpec"]
    kinds = ("rule", "serviceMonitor", "podMonitor", "probe", "scrapeConfig")
    assert all(spec[f"{kind}SelectorNilUsesHelmValues"] is False for kind in kinds)


def test_retention_scrapes_and_disk_are_the_spec_s():
    spec = values(scrapeInterval="15s", storage="100Gi")["prometheus"]["prometheusSpec"]
    assert (spec["retention"], spec["scrapeInterval"]) == ("15d", "15s")
    claim = spec["storageSpec"]["volumeClaimTemplate"]["spec"]
    assert claim["resources"]["requests"]["storage"] == "100Gi"
    assert claim["storageClassName"] == "fast"


def test_grafanas_password_is_generated_and_only_in_its_secret():
    made = build()
    assert values()["grafana"]["admin"] == {"existingSecret": "grafana-admin"}
    secret = made.one(SECRET, "metrics-grafana-admin")
    assert secret.secrets
    assert "generated-" not in str([each.inputs for each in made if each is not secret])


def test_links_lead_to_where_people_reach_the_host():
    found = values(grafana={"host": "grafana.local"}, prometheusHost="prometheus.local")
    assert found["grafana"]["grafana.ini"]["server"] == {"root_url": "http://grafana.local:8080/"}
    assert found["prometheus"]["prometheusSpec"]["externalUrl"] == "http://prometheus.local:8080/"


def test_grafana_is_offered_only_where_it_has_a_host():
    assert values()["grafana"]["ingress"]["enabled"] is False
    offered = values(grafana={"host": "grafana.example.com"})["grafana"]
    assert offered["ingress"]["hosts"] == ["grafana.example.com"]
    assert offered["ingress"]["annotations"] == {"nginx.org/mergeable-ingress-type": "minion"}


def test_an_update_of_grafana_does_not_wait_for_the_volume_that_the_old_pod_holds():
    assert values()["grafana"]["deploymentStrategy"] == {"type": "Recreate"}


def test_each_part_is_on_its_pool_with_the_labels_of_its_machines():
    given = values(pool="monitoring")
    for part in ("prometheusOperator", "grafana", "kube-state-metrics"):
        assert given[part]["podLabels"] == LABELS
    for part in (given["prometheus"]["prometheusSpec"], given["alertmanager"]["alertmanagerSpec"]):
        assert part["podMetadata"] == {"labels": LABELS}
        assert part["nodeSelector"] == {"groundwork/pool": "monitoring"}
    assert "podLabels" not in values()["grafana"]


def test_alertmanager_can_be_left_out():
    assert values(alertmanager=None)["alertmanager"] == {"enabled": False}


def test_only_the_exporter_lives_in_a_privileged_namespace():
    made = build()
    privileged = [
        each["metadata.name"]
        for each in made.all("kubernetes:core/v1:Namespace")
        if each["metadata.labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    ]
    assert privileged == ["node-exporter"]
    assert values()["prometheus-node-exporter"]["namespaceOverride"] == "node-exporter"


def test_only_the_ingress_controller_comes_in_from_outside_the_namespace():
    rules = [rule for each in build().all(POLICY) if each.name.startswith("metrics") for rule in each["spec.ingress"]]
    outside = [peer for rule in rules for peer in rule["from"] if "namespaceSelector" in peer]
    assert [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in outside] == ["ingress"]


def test_crds_are_installed_once_and_first():
    made = build()
    assert values()["crds"] == {"enabled": False}
    assert made.one(RELEASE, "scraping-crds").urn in made.one(RELEASE, "kps").dependencies


def out(made: Recorder, pods: str) -> list[Any]:
    """What policies let the pods of a name in `monitoring` reach."""
    labels = {"app.kubernetes.io/name": pods}
    policies = [each for each in made.all(POLICY) if each["metadata"]["namespace"] == "monitoring"]
    # By name, the one for all of them first: what is registered has no order.
    specs = [each["spec"] for each in sorted(policies, key=lambda each: each.name) if "default-deny" not in each.name]
    return [
        rule
        for spec in specs
        if spec["podSelector"].get("matchLabels", {}).items() <= labels.items()
        for rule in spec.get("egress", ())
    ]


@pytest.mark.parametrize(
    ("pods", "reached"),
    [
        ("prometheus", [{}]),
        ("grafana", [{}]),
        ("alertmanager", [{}]),
        ("kube-state-metrics", [API_SERVER]),
        ("kube-prometheus-stack-prometheus-operator", [API_SERVER]),
        ("loki", []),
    ],
)
def test_only_those_leave_the_namespace_who_have_to(pods: str, reached: list[Any]):
    assert out(build(), pods) == [DNS, {"to": [{"podSelector": {"matchLabels": {}}}]}, *reached]


def test_without_alertmanager_it_has_no_policy():
    assert len(out(build(alertmanager=None), "alertmanager")) == 2
