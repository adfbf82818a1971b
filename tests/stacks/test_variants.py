"""Platforms that differ from a stack's in what its file says is one setting away, made as a whole."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from sandbox.mocks import EmulatedMocks
from spec.load import NAMESPACE, from_config, stack_file
from spec.platform import Platform
from tests.spec.test_mistakes import changed
from tests.stack_objects import Made, Release, cloud_of, made_of

pytestmark = pytest.mark.engine

RDS = {"engine": "rds", "instanceClass": "db.t4g.medium", "tier": "data"}
TIERS = [
    {"name": "public", "routing": "public"},
    {"name": "app", "routing": "private"},
    {"name": "data", "routing": "isolated"},
]
SITE = {"host": "www.blog.example.com", "zone": "blog.example.com"}
PAGES = SITE | {"hosting": "cloudflare", "accountId": "0123456789abcdef0123456789abcdef"}
SEARCH = {
    "kind": "externalElasticsearch",
    "url": "https://search.example.com:9243",
    "credentials": {"existingSecret": "log-store"},
    "caCertificate": "system",
}
SERVICES = "https://github.com/example/tacklebox-services.git"
APP_OF_APPS = {
    "engine": "argocd",
    "host": "argocd.tacklebox.example.com",
    "repository": {"url": SERVICES, "layout": "appOfApps"},
}


def _platform(stack: str, **sections: Any) -> Platform:
    """Return what a stack's file says, but for values at paths whose dots are written as two underscores."""
    config = yaml.safe_load(stack_file(stack).read_text())["config"]
    told = {key.removeprefix(NAMESPACE): value for key, value in config.items()}
    for path, value in sections.items():
        told = changed(told, path.replace("__", "."), value)
    return from_config(told, stack)


def _ask(cloud: EmulatedMocks, service: str, operation: str) -> Any:
    def asked(emulator: Any) -> Any:
        return getattr(emulator.account.client(service, "us-east-1"), operation)()

    return cloud.cloud.ask("aws", asked)


def _registered(cloud: EmulatedMocks, prefix: str) -> list[str]:
    return [each.typ for each in cloud.registered if each.typ.startswith(prefix)]


def _release(stack: Made, chart: str) -> Release:
    (found,) = [each for each in stack.releases if each.chart == chart]
    return found


def _charts(stack: Made) -> set[str]:
    return {each.chart for each in stack.releases}


def test_a_site_in_s3_stands_beside_a_cluster_that_somebody_else_runs() -> None:
    site = {"hosting": "s3", "region": "us-east-1", "host": "tacklebox.example.com", "zone": "tacklebox.example.com"}
    cloud = cloud_of(_platform("tacklebox", frontend=site))
    (distribution,) = _ask(cloud, "cloudfront", "list_distributions")["DistributionList"]["Items"]
    assert distribution["Aliases"]["Items"] == ["tacklebox.example.com"]
    (bucket,) = _ask(cloud, "s3", "list_buckets")["Buckets"]
    (origin,) = distribution["Origins"]["Items"]
    assert origin["DomainName"].startswith(f"{bucket['Name']}.s3.")
    assert not _registered(cloud, "cloudflare:")
    assert not _registered(cloud, "eks:")


def test_a_database_on_rds_and_a_site_at_cloudflare_stand_beside_eks() -> None:
    blog = _platform("blog", data__postgres=RDS, network__tiers=TIERS, frontend=PAGES)
    cloud = cloud_of(blog)
    (database,) = _ask(cloud, "rds", "describe_db_instances")["DBInstances"]
    assert database["Engine"] == "postgres"
    assert database["PubliclyAccessible"] is False
    assert "cloudflare:index/pagesProject:PagesProject" in _registered(cloud, "cloudflare:")
    # No operator, and so no backups of its own: those are RDS's.
    assert not {"cloudnative-pg", "plugin-barman-cloud"} & _charts(made_of(blog))


@pytest.mark.parametrize("sections", [{}, {"data__postgres": RDS, "network__tiers": TIERS}], ids=["external", "rds"])
def test_a_database_outside_the_cluster_is_watched_by_an_exporter_that_is_scraped(sections: dict[str, Any]) -> None:
    made = made_of(_platform("blog" if sections else "tacklebox", **sections))
    exporter = _release(made, "prometheus-postgres-exporter")
    assert exporter.values["serviceMonitor"]["enabled"] is True
    assert "postgres-exporter" in {each["metadata"]["name"] for each in made.of_kind("PrometheusRule")}
    admitted = [each for each in made.of_kind("NetworkPolicy") if each["metadata"]["namespace"] == exporter.namespace]
    assert any("9187" in str(each["spec"].get("ingress")) for each in admitted)


def test_fluent_bit_writes_to_an_elasticsearch_that_somebody_else_runs() -> None:
    made = made_of(_platform("dev", observability__logs={"collector": "fluent-bit", "store": SEARCH}))
    assert _charts(made) & {"alloy", "promtail", "loki", "eck-operator", "fluent-bit"} == {"fluent-bit"}
    values = _release(made, "fluent-bit").values
    (output,) = yaml.safe_load(values["config"]["extraFiles"]["fluent-bit.yaml"])["pipeline"]["outputs"]
    assert (output["name"], output["port"], output["tls"]) == ("es", 9243, "on")
    assert {"name": "LOG_STORE_HOST", "value": "search.example.com"} in values["env"]
    assert not made.of_kind("Elasticsearch")


@pytest.mark.parametrize("collector", ["alloy", "promtail"])
def test_without_an_alertmanager_argo_cd_delivers_and_logs_are_collected_as_before(collector: str) -> None:
    sections = {"observability__alertmanager": None, "observability__logs__collector": collector}
    made = made_of(_platform("tacklebox", gitops=APP_OF_APPS, **sections))
    assert _release(made, "kube-prometheus-stack").values["alertmanager"]["enabled"] is False
    assert _charts(made) & {"alloy", "promtail", "fluent-bit"} == {collector}
    (root,) = made.of_kind("Application")
    assert root["spec"]["source"]["repoURL"] == SERVICES
    assert "flux2" not in _charts(made)


def test_flux_delivers_the_blog_and_argo_cd_is_not_there() -> None:
    repository = {"url": "https://github.com/example/blog-services.git", "manifests": "kustomize"}
    made = made_of(_platform("blog", gitops={"engine": "flux", "repository": repository}))
    assert _charts(made) & {"flux2", "argo-cd"} == {"flux2"}
    (source,) = made.of_kind("GitRepository")
    assert source["spec"]["url"] == repository["url"]
    assert made.of_kind("Kustomization")
    assert not made.of_kind("Application")
    hosts = {host for each in made.of_kind("Ingress") for host in (rule.get("host") for rule in each["spec"]["rules"])}
    assert "argocd.blog.example.com" not in hosts
