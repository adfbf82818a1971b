"""What holds data is not deleted by accident: as the graphs of the stacks that protect it have it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from delivery.preview import Change
from spec.capacity.demand import demands
from spec.load import from_file, stack_file, stacks
from tests.graph import GOLDEN

PROTECTED = [stack for stack in stacks() if from_file(stack_file(stack)).protect]

# What may go although it is told of before a merge, and what brings it back.
MADE_AGAIN = {
    "aws:rds/clusterInstance:ClusterInstance": "the data is the cluster's",
    "aws:secretsmanager/secret:Secret": "an `up` writes what is in the state",
    "random:index/randomPassword:RandomPassword": "an `up` sets another",
    "random:index/randomId:RandomId": "a name",
    "command:local:Command": "it waits for a cluster",
}
# Keys that something stands on which outlives them; an `up` gives everybody else another.
KEYS = {"sesacthon-ca", "sesacthon-etcd-ca", "sesacthon-front-proxy-ca", "sesacthon-service-accounts"}
# Releases with volumes, and machines with a disk that counts.
BY_NAME = {"Release::kps", "Release::loki", "Release::redis-blacklist", "Instance::sesacthon-control-plane-0"}
NAMESPACE, KEY = "kubernetes:core/v1:Namespace", "tls:index/privateKey:PrivateKey"


@cache
def graph(stack: str) -> dict[str, dict[str, Any]]:
    return json.loads((GOLDEN / f"{stack}.json").read_text())


def counts(stack: str, key: str, type: str) -> bool:
    """Whether something is lost with a resource."""
    name = key.partition("::")[2]
    if type == NAMESPACE:
        spec = from_file(stack_file(stack))
        demand = demands(spec).get(name)
        return name in {each.name for each in spec.security.namespaces} or bool(demand and demand.claims)
    if type == KEY:
        return name in KEYS
    held = Change(f"urn:pulumi:{stack}::groundwork::{type}::{name}", "delete").holds
    return key in BY_NAME or (bool(held) and type not in MADE_AGAIN)


def test_every_platform_but_the_laptop_protects_what_holds_data() -> None:
    assert set(stacks()) - set(PROTECTED) == {"dev"}


@pytest.mark.parametrize("stack", PROTECTED)
def test_what_holds_data_is_protected_and_nothing_else(stack: str) -> None:
    expected = {key for key, node in graph(stack).items() if counts(stack, key, node["type"])}
    assert {key for key, node in graph(stack).items() if node.get("protect")} == expected


@pytest.mark.parametrize("stack", stacks())
def test_the_cloud_guards_what_the_engine_does(stack: str) -> None:
    """Nothing is emptied by force, and AWS itself refuses a deletion where it can."""
    protect = stack in PROTECTED
    force, guard = {"forceDestroy", "forceDelete"}, {"deletionProtection", "enableDeletionProtection"}
    for key, node in graph(stack).items():
        if node["type"].startswith("aws:"):
            inputs = node.get("inputs", {})
            assert {inputs[each] for each in force & inputs.keys()} <= {not protect}, key
            assert {inputs[each] in (True, "ACTIVE") for each in guard & inputs.keys()} <= {protect}, key
