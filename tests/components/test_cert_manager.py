"""cert-manager leaves nothing behind, stays inside `restricted`, and is admitted by the API server alone."""

from __future__ import annotations

from typing import Any

from components.cert_manager import CertManager
from tests.components.around import POLICY, RELEASE, Around
from tests.recorder import Recorder, run


def build(scraped: bool = True, **given: Any) -> Recorder:
    def program() -> None:
        around = Around(scraped=scraped)
        CertManager("cert-manager", cluster=around.cluster, **around.common, **given)

    return run(program)


def test_its_crds_come_and_go_with_it() -> None:
    assert build().one(RELEASE, "cert-manager")["values.crds"] == {"enabled": True, "keep": False}


def test_every_container_has_requests_and_limits() -> None:
    values = build().one(RELEASE, "cert-manager")["values"]
    for part in (values, values["webhook"], values["cainjector"], values["startupapicheck"]):
        assert {*part["resources"]} == {"requests", "limits"}


def test_its_namespace_takes_restricted_pods_only() -> None:
    namespace = build().one("kubernetes:core/v1:Namespace", "cert-manager")
    assert namespace["metadata.labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_webhook_is_the_api_servers_and_metrics_are_prometheus() -> None:
    webhook, metrics = build().one(POLICY, "cert-manager")["spec.ingress"]
    assert (webhook["ports"][0]["port"], {*webhook["from"][0]}) == (10250, {"ipBlock"})
    assert (metrics["ports"][0]["port"], {*metrics["from"][0]}) == (9402, {"namespaceSelector", "podSelector"})


def test_nothing_is_scraped_where_nobody_scrapes() -> None:
    made = build(scraped=False)
    assert made.one(RELEASE, "cert-manager")["values.prometheus.servicemonitor.enabled"] is False
    assert len(made.one(POLICY, "cert-manager")["spec.ingress"]) == 1
