"""Sesacthon's machines, asked back from the emulated account: fourteen, where and what the stack file says."""

from __future__ import annotations

import pytest
from pulumi.runtime.mocks import MockMonitor

from components.charts import Charts
from sandbox.aws.account import Account
from sandbox.aws.network import machines
from sandbox.mocks import EmulatedMocks
from spec.load import from_file, stack_file
from stacks.aws import aws_ground
from tests.recorder import run_under

pytestmark = pytest.mark.engine

REGION = "ap-northeast-2"
NODES, CONTROL_PLANE = "sesacthon-nodes", "sesacthon-control-plane"
API, WORKER, INFRA = "role=api,service={}", "role=worker,service={}", "role=infra,service={}"

# By name: type, profile, and the labels that its kubelet registers it with.
TABLE = {
    "control-plane": ("t3.large", CONTROL_PLANE, "role=control-plane,service=kubernetes,tier=operations,phase=1"),
    "auth": ("t3.micro", NODES, f"{API},tier=app,phase=1"),
    "my": ("t3.micro", NODES, f"{API},tier=app,phase=1"),
    "scan": ("t3.small", NODES, f"{API},tier=app,phase=2"),
    "character": ("t3.micro", NODES, f"{API},tier=app,phase=2"),
    "location": ("t3.micro", NODES, f"{API},tier=app,phase=2"),
    "info": ("t3.micro", NODES, f"{API},tier=app,phase=3"),
    "chat": ("t3.small", NODES, f"{API},tier=app,phase=3"),
    "storage": ("t3.small", NODES, f"{WORKER},tier=background,phase=4"),
    "ai": ("t3.small", NODES, f"{WORKER},tier=background,phase=4"),
    "postgresql": ("t3.small", NODES, f"{INFRA},tier=data,phase=1"),
    "redis": ("t3.micro", NODES, f"{INFRA},tier=data,phase=1"),
    "rabbitmq": ("t3.small", NODES, f"{INFRA},tier=data,phase=4"),
    "monitoring": ("t3.small", NODES, f"{INFRA},tier=operations,phase=4"),
}


@pytest.fixture(scope="module")
def account() -> Account:
    cloud = EmulatedMocks()

    def program() -> None:
        aws_ground(from_file(stack_file("sesacthon")), Charts())

    run_under(MockMonitor(cloud), program)
    return cloud.cloud.ask("aws", lambda aws: aws.account)  # type: ignore[attr-defined]


def test_fourteen_instances_have_the_types_profiles_and_labels_of_the_table(account: Account) -> None:
    found = {
        # A role's profile ends in what Pulumi makes up.
        row["name"]: (row["type"], row["profile"].rpartition("-")[0], row["labels"])
        for row in machines(account, REGION)
    }
    assert len(found) == 14
    assert found == {
        f"sesacthon-{name}-0": (type, profile, f"groundwork/pool={name},{labels.format(name)}")
        for name, (type, profile, labels) in TABLE.items()
    }


def test_each_is_in_a_private_subnet_of_its_zone_with_an_address_of_that(account: Account) -> None:
    for row in machines(account, REGION):
        assert row["subnet"] == f"sesacthon-app-{row['zone']}"
        assert row["address"].startswith("10.0.")
    assert {row["zone"] for row in machines(account, REGION)} == {f"{REGION}a", f"{REGION}c"}
