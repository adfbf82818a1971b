"""What the platform reckons with, held against what the components give and what charts render."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from components.scheduling import POOL_LABEL
from spec.capacity.amounts import Amount
from spec.capacity.footprints import workloads as reckoned
from spec.capacity.workloads import Container, Workload
from spec.load import stacks
from spec.node_pools import Taint
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


def _choices(value: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield each pool that a PodSpec, or what a chart or an operator makes one of, selects, and what it tolerates."""
    match value:
        case dict():
            selected = value.get("nodeSelector")
            if isinstance(selected, dict) and POOL_LABEL in selected:
                yield selected[POOL_LABEL], value.get("tolerations") or []
            for each in value.values():
                yield from _choices(each)
        case list():
            for each in value:
                yield from _choices(each)


def _tolerated(taint: Taint, tolerations: list[Any]) -> bool:
    return any(
        each.get("effect") in (None, taint.effect)
        and (each.get("key") in (None, taint.key))
        and (each.get("operator") == "Exists" or each.get("value") == taint.value)
        for each in tolerations
    )


def test_who_selects_a_pool_tolerates_its_taints(stack: Made) -> None:
    taints = {pool.name: pool.taints for pool in stack.spec.node_pools}
    found = [*_choices([release.values for release in stack.releases]), *_choices([dict(it) for it in stack.objects])]
    assert bool(found) == any(each.pool for each in reckoned(stack.spec))
    for pool, tolerations in found:
        assert [taint for taint in taints[pool] if not _tolerated(taint, tolerations)] == [], pool


def test_what_runs_on_every_node_tolerates_every_taint(stack: Made) -> None:
    for each in stack.of_kind("DaemonSet"):
        tolerations = each["spec"]["template"]["spec"].get("tolerations") or []
        taints = [taint for pool in stack.spec.node_pools for taint in pool.taints]
        assert [taint for taint in taints if not _tolerated(taint, tolerations)] == [], each["metadata"]["name"]


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
