"""Backups of PostgreSQL in the cluster, and a database that begins with them."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import yaml

from components.data_tier.postgres import InClusterPostgres
from spec.load import ROOT
from spec.postgres import InClusterPostgres as Spec
from tests.components.around import POLICY, RELEASE, SECRET, AnyCloud, Around
from tests.recorder import Recorder, remembered, run

CLUSTER = "kubernetes:postgresql.cnpg.io/v1:Cluster"
STORE = "kubernetes:barmancloud.cnpg.io/v1:ObjectStore"
SCHEDULE = "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup"
PLUGIN = "barman-cloud.cloudnative-pg.io"
KEPT: dict[str, Any] = {"backups": {"serverName": "one", "retentionDays": 9}}


@remembered
def build(**fields: Any) -> Recorder:
    def program() -> None:
        around = Around("shop", "infra")
        spec = Spec.model_validate({"engine": "inCluster", **fields})
        InClusterPostgres("db", spec, [], cluster=around.cluster, cloud=AnyCloud(), **around.common)

    return run(program)


def test_without_backups_there_is_neither_a_plugin_nor_a_bucket() -> None:
    made = build()
    assert made.all(STORE) == made.all(SCHEDULE) == []
    assert [each.name for each in made.all(RELEASE) if "backups" in each.name] == []
    assert "plugins" not in made.one(CLUSTER)["spec"]


def test_the_log_goes_to_the_bucket_and_is_forgotten_after_its_days() -> None:
    made = build(**KEPT)
    store, (plugin,) = made.one(STORE), made.one(CLUSTER)["spec.plugins"]
    assert store["spec.configuration.destinationPath"] == "s3://postgres-backups/"
    assert store["spec.configuration.s3Credentials"] == {"inheritFromIAMRole": True}
    assert store["spec.retentionPolicy"] == "9d"
    assert plugin == {
        "name": PLUGIN,
        "isWALArchiver": True,
        "parameters": {"barmanObjectName": store["metadata.name"], "serverName": "one"},
    }


def test_base_backups_are_made_at_once_and_by_the_plugin() -> None:
    made = build(**KEPT)
    schedule = made.one(SCHEDULE)
    assert schedule["spec.immediate"] is True
    assert (schedule["spec.method"], schedule["spec.pluginConfiguration.name"]) == ("plugin", PLUGIN)
    assert made.one(CLUSTER).urn in schedule.dependencies


def test_instances_are_somebody_who_may_write_to_the_bucket_and_to_nothing_else() -> None:
    annotations = build(**KEPT).one(CLUSTER)["spec.serviceAccountTemplate.metadata.annotations"]
    allowed = json.loads(annotations["may"])["Statement"]
    assert {resource for each in allowed for resource in each["Resource"]} == {
        "arn:aws:s3:::postgres-backups",
        "arn:aws:s3:::postgres-backups/*",
    }


def test_the_operator_and_the_plugin_know_each_other_without_cert_manager() -> None:
    made = build(**KEPT)
    pairs = {each["metadata.name"] for each in made.all(SECRET) if each.inputs.get("type") == "kubernetes.io/tls"}
    assert pairs == {"barman-cloud-server-tls", "barman-cloud-client-tls"}
    release = made.one(RELEASE, "db-backups-plugin")
    assert set(release["values.certificate"].values()) == {False}
    assert _rendered_anew(release["postrender"]) == ["ServiceAccount", "Service"]
    assert {each.urn for each in made.all(SECRET) if "tls" in each["metadata.name"]} <= release.dependencies
    for each in made.all(SECRET):
        assert "stringData" in each.secrets or any(path.startswith("stringData.") for path in each.secrets)


def _rendered_anew(post_renderer: str) -> list[str]:
    """Return the kinds that are left of three of the chart's objects; a path of a program is the project's."""
    rendered = """\
---
# Source: plugin-barman-cloud/templates/rbac.yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: plugin}
---
# Source: plugin-barman-cloud/templates/certificate-issuer.yaml
# Copyright
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: plugin}
---
# Source: plugin-barman-cloud/templates/service.yaml
apiVersion: v1
kind: Service
metadata: {name: plugin}
"""
    done = subprocess.run([str(ROOT / post_renderer)], input=rendered, capture_output=True, text=True, check=True)
    return [each["kind"] for each in yaml.safe_load_all(done.stdout) if each]


def test_the_plugin_answers_the_operator_and_instances_reach_the_bucket() -> None:
    made = build(**KEPT)
    (rule,) = made.one(POLICY, "db-backups-plugin")["spec.ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 9090}]
    assert rule["from"][0]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "cloudnative-pg"}
    egress = made.one(POLICY, "db")["spec.egress"]
    assert {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"protocol": "TCP", "port": 443}]} in egress
    assert len(egress) > len(build().one(POLICY, "db")["spec.egress"])


def test_the_bucket_is_known_before_the_database_writes_to_it() -> None:
    made = build(**KEPT)
    assert made.one(STORE).urn in made.one(CLUSTER).dependencies


def test_a_database_begins_with_the_backups_of_another_up_to_a_second() -> None:
    recovery = {"serverName": "zero", "targetTime": "2026-11-20T18:30:00Z"}
    spec = build(**KEPT, recovery=recovery, database="shop").one(CLUSTER)["spec"]
    assert spec["bootstrap"] == {
        "recovery": {
            "source": "origin",
            "database": "shop",
            "owner": "shop",
            "recoveryTarget": {"targetTime": "2026-11-20T18:30:00Z"},
        }
    }
    (origin,) = spec["externalClusters"]
    assert origin["name"] == "origin"
    assert origin["plugin"]["parameters"]["serverName"] == "zero"
    assert spec["plugins"][0]["parameters"]["serverName"] == "one"
