"""What the platform reckons with, held against what the components give and what charts render."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

from spec.capacity.amounts import Amount
from spec.capacity.footprints import workloads as reckoned
from spec.capacity.workloads import Container, Workload
from spec.load import stacks
from tests.footprints.rendered import archive, given, workloads
from tests.stack_objects import Made, made

pytestmark = pytest.mark.engine

# Made by nobody in the program: add-ons of EKS, what k3s and kubeadm start with, and what the Tigera operator makes.
OF_THE_CLUSTER = {"kube-system", "calico-system"}
BESIDE_KAFKA = ("entity-operator", "kafka-exporter", "cruise-control", "zookeeper")


@pytest.fixture(params=stacks())
def stack(request: pytest.FixtureRequest) -> Made:
    return made(request.param)


def _asks(one: Container) -> tuple[Amount, Amount]:
    return Amount.of(one.requests), Amount.of(one.limits)


# A mesh puts them into pods as those are admitted, so nobody renders them.
INJECTED = ("istio-proxy", "istio-validation")


def _containers(of: Iterable[Container]) -> dict[str, tuple[Amount, Amount]]:
    return {each.name: _asks(each) for each in of if each.name not in INJECTED}


def _said(each: Workload) -> dict[str, object]:
    return {
        "containers": _containers(each.containers),
        "init": _containers(each.init),
        "every node": each.every_node,
        "pool": each.pool,
        "volumes": each.claims,
    }


def test_whatever_a_component_gives_is_reckoned_with(stack: Made) -> None:
    known = {_asks(one) for each in reckoned(stack.spec) for one in [*each.containers, *each.init]}
    missing = {
        (whose, one.requests.get("memory"), one.limits.get("memory"))
        for whose, one in given(stack)
        if _asks(one) not in known
    }
    assert missing == set(), "say in spec/capacity/footprints"


def test_services_and_jobs_of_the_program_are_what_is_reckoned_with(stack: Made) -> None:
    expected = {(each.namespace, each.name): each for each in reckoned(stack.spec)}
    services = {(service.namespace, service.name) for service in stack.spec.services}
    found = {(each.namespace, each.name): each for each in workloads(stack)}
    if not (stack.spec.gitops and stack.spec.gitops.repository):
        assert services <= found.keys()
    for key in found.keys() & services:
        assert _said(found[key]) == _said(expected[key])


@pytest.mark.skipif("GROUNDWORK_CHARTS" not in os.environ, reason="GROUNDWORK_CHARTS names no directory of charts")
def test_what_charts_render_and_operators_make_is_what_is_reckoned_with(stack: Made) -> None:
    missing = {release.namespace for release in stack.releases if release.chart != "service" and not archive(release)}
    expected = {(each.namespace, each.name): each for each in reckoned(stack.spec)}
    found = {(each.namespace, each.name): each for each in workloads(stack)}
    assert found.keys() - expected.keys() == set(), "say in spec/capacity/footprints"
    # What Strimzi makes of a Kafka besides the pools, and nobody renders.
    beside = (
        {(stack.spec.data.kafka.namespace, f"kafka-{part}") for part in BESIDE_KAFKA}
        if stack.spec.data.kafka
        else set()
    )
    absent = {key for key in expected.keys() - found.keys() if key[0] not in OF_THE_CLUSTER | missing} - beside
    assert absent == set(), "nothing like it is made"
    for key, each in found.items():
        assert _said(each) == _said(expected[key]), key
        scaled = key[1] in {service.name for service in stack.spec.services}
        assert scaled or each.replicas == expected[key].replicas, key
