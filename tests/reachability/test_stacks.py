"""Who can reach whom in every stack, compared with what the platforms promise."""

from __future__ import annotations

import os

import pytest

from spec.load import stacks
from tests.footprints.rendered import archive
from tests.reachability.pods import CHARTS, pods_of, ports_of, template
from tests.reachability.policies import Pod
from tests.reachability.table import (
    API_SERVER,
    BALANCER,
    DNS,
    INTERNET,
    OUTSIDE,
    PAGE,
    STRANGER,
    Reachability,
    page,
    reachability,
)
from tests.stack_objects import Made, Object, made

pytestmark = pytest.mark.engine

# Kubernetes' own, and one whose only pod is in its node's network.
WITHOUT_POLICIES = {"default", "kube-system", "kube-public", "kube-node-lease", "tigera-operator"}
TRACES = "trace-collector"
WAY_IN, SCRAPER = "ingress controller", "prometheus"
# In the names of ports that hand out metrics; tests/reachability/pods.py says it of those whose own do not.
METRICS = ("metrics", "prom", "monitoring")
ISTIOD, MERGED_METRICS = ("istiod", 15012), 15020
_LASTING = ("Deployment", "StatefulSet", "DaemonSet")


@pytest.fixture(params=stacks())
def stack(request: pytest.FixtureRequest) -> Made:
    return made(request.param)


@pytest.fixture
def found(stack: Made) -> Reachability:
    return reachability(stack)


def _listening(found: Reachability) -> list[Pod]:
    return [end for end in found.ends if isinstance(end, Pod) and end is not DNS]


def test_a_service_is_reached_by_the_ingress_where_it_has_a_route_by_its_users_and_by_prometheus(
    stack: Made, found: Reachability
) -> None:
    for service in stack.spec.services:
        users = {other.name for other in stack.spec.services if service.name in other.uses}
        in_front = BALANCER if service.node_port else WAY_IN
        expected = users | ({in_front} if service.routes else set())
        scraped = {SCRAPER} if stack.spec.observability and service.metrics else set()
        pod, metrics = found.pod(service.name), MERGED_METRICS if stack.spec.mesh else service.port
        assert found.reaching(pod, metrics) >= scraped, service.name
        assert found.reaching(pod, service.port) == expected | (scraped if metrics == service.port else set())


def test_a_service_reaches_what_it_uses_and_dns_and_nothing_else(stack: Made, found: Reachability) -> None:
    by_name = {service.name: service for service in stack.spec.services}
    for service in stack.spec.services:
        expected = {(DNS.name, 53), *([ISTIOD] if stack.spec.mesh else [])} | {
            (used, by_name[used].port) for used in service.uses if used in by_name
        }
        if any(use.startswith("postgres.") for use in service.uses):
            postgres = stack.spec.data.postgres
            expected.add((OUTSIDE.get(postgres.engine if postgres else "", "postgresql"), 5432))
        if stack.spec.observability and stack.spec.observability.traces:
            expected |= {(TRACES, 4317), (TRACES, 4318)}
        stores = (use.split(".")[1] for use in service.uses if use.startswith("redis."))
        expected |= {(f"redis-{store}", 6379) for store in stores}
        expected |= {("rabbitmq", 5672) for use in service.uses if use.startswith("rabbitmq.")}
        if "kafka" in service.uses:
            expected.add(("kafka (brokers)", 9092))
        expected |= {(OUTSIDE["elastiCache"], 6379)} if "redis" in service.uses else set()
        # What it may do in the cloud, it asks of the cloud.
        expected |= {(INTERNET.name, 443)} if service.permissions else set()
        assert found.reached(found.pod(service.name)) == expected, service.name


def test_every_pod_is_isolated_in_both_directions(found: Reachability) -> None:
    open_ = [
        (pod.name, direction)
        for pod in _listening(found)
        for direction in ("Ingress", "Egress")
        if pod is not STRANGER and not found.policies.isolate(pod, direction)
    ]
    assert open_ == []


def test_a_pod_that_no_policy_knows_is_isolated_in_every_namespace(stack: Made, found: Reachability) -> None:
    names = {each["metadata"]["name"] for each in stack.of_kind("Namespace")} - WITHOUT_POLICIES
    new = [Pod("new", name, {}) for name in names]
    assert [pod.namespace for pod in new if not found.policies.isolate(pod, "Ingress")] == []
    assert [pod.namespace for pod in new if not found.policies.isolate(pod, "Egress")] == []


def test_from_outside_only_the_ingress_controller_is_reached(found: Reachability) -> None:
    reached = {name for name, _ in found.reached(INTERNET)}
    assert reached & {pod.name for pod in _listening(found)} == {WAY_IN}


def test_a_pod_that_nobody_knows_reaches_no_pod_but_the_ingress_and_dns(found: Reachability) -> None:
    pods = {pod.name for pod in _listening(found)}
    assert {name for name, _ in found.reached(STRANGER)} & pods == {WAY_IN}


def test_prometheus_scrapes_everybody(found: Reachability) -> None:
    unseen = [
        pod.name
        for pod in _listening(found)
        for name, port in pod.ports.items()
        if any(word in name for word in METRICS) and SCRAPER not in found.reaching(pod, port)
    ]
    assert unseen == []


def test_dev_is_the_table_of_the_laptop_platform() -> None:
    dev = made("dev")
    found = reachability(dev)
    assert found.reaching(found.pod("frontend"), 3000) == {WAY_IN, SCRAPER}
    assert found.reached(found.pod("frontend")) == {("backend", 4000), (DNS.name, 53)}
    assert found.reaching(found.pod("backend"), 4000) == {"frontend", WAY_IN, SCRAPER}
    infra = {pod.name for pod in _listening(found) if pod.namespace == "infra"}
    for pod in (found.pod(name) for name in infra):
        others = {name for port in pod.ports.values() for name in found.reaching(pod, port)} - infra
        in_front = {WAY_IN} if pod.ports.keys() <= {"ui", "http"} else {"backend", SCRAPER}
        operators = {each.name for each in _listening(found) if each.namespace not in ("frontend", "monitoring")}
        assert others <= in_front | (operators - {"backend", WAY_IN}), pod.name
    assert ("postgresql", 5432) in found.reached(found.pod("backend"))
    assert found.reaching(found.pod("kafka (brokers)"), 9092) == {"backend", "kafka-ui", "load-test"}
    assert [found.reaching(found.pod(name), 8080) for name in ("kafka-ui", "pgadmin")] == [{WAY_IN}, {WAY_IN}]


def test_dev_answers_at_its_own_hosts_through_one_service_alone() -> None:
    dev = made("dev")
    masters = {
        each["spec"]["rules"][0]["host"]
        for each in dev.of_kind("Ingress")
        if each["metadata"].get("annotations", {}).get("nginx.org/mergeable-ingress-type") == "master"
    }
    assert masters == set(dev.spec.hosts())
    offered = [each for each in dev.releases if any(kind in str(each.values) for kind in ("LoadBalancer", "NodePort"))]
    assert [each.chart for each in offered] == ["nginx-ingress"]
    assert not any(each["spec"].get("type") in ("LoadBalancer", "NodePort") for each in _services_of_our_own(dev))


def _services_of_our_own(stack: Made) -> list[Object]:
    return [each for each in stack.of_kind("Service") if each["metadata"]["namespace"] != "ingress"]


def test_in_blog_the_service_reaches_the_database_and_nothing_else() -> None:
    found = reachability(made("blog"))
    assert found.reached(found.pod("blog-service")) == {("postgresql", 5432), (DNS.name, 53), ISTIOD}


@pytest.mark.engine
def test_in_blog_what_puts_pods_into_the_mesh_reaches_the_api_server() -> None:
    found = reachability(made("blog"))
    assert found.reached(found.pod("istio-cni")) >= {(API_SERVER.name, 6443)}


def test_the_table_of_pods_has_every_chart(stack: Made) -> None:
    assert {release.chart for release in stack.releases} <= CHARTS.keys(), "say in tests/reachability/pods.py"


def test_the_documentation_shows_the_tables_as_they_are() -> None:
    assert PAGE.read_text() == page(), "run `make reachability` and review the diff"


@pytest.mark.skipif("GROUNDWORK_CHARTS" not in os.environ, reason="GROUNDWORK_CHARTS names no directory of charts")
def test_the_table_of_pods_is_what_the_charts_render(stack: Made) -> None:
    rendered = [(each["metadata"]["namespace"], template(each)) for kind in _LASTING for each in stack.of_kind(kind)]
    for known in (pod for release in stack.releases if archive(release) for pod in pods_of(release)):
        found = [
            pod["spec"]
            for namespace, pod in rendered
            if namespace == known.namespace and known.labels.items() <= pod["metadata"]["labels"].items()
        ]
        assert len(found) == 1, known
        assert not found[0].get("hostNetwork"), known
        if not _filled_in_by_istio(found[0]):
            assert set(known.ports.values()) <= set(ports_of(found[0]).values()), known


def _filled_in_by_istio(spec: Object) -> bool:
    """Whether a PodSpec is one of which nobody renders the image, and so the ports."""
    return any(container["image"] == "auto" for container in spec["containers"])
