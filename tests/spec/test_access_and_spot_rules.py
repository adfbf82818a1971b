"""Mistakes with what is open to the world, and with what runs on machines that may be taken back."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_capacity import config
from tests.spec.test_mistakes import AWS, SERVICE, changed, mistakes

ROLE = "arn:aws:iam::123456789012:role"
POOLS: list[dict[str, Any]] = [
    {"name": "steady", "instanceTypes": ["t3.large"], "size": {"min": 1, "max": 2}},
    {"name": "surge", "instanceTypes": ["t3.large"], "size": {"min": 2, "max": 4}, "capacity": "spot"},
]
SPOT: dict[str, Any] = AWS | {
    "nodePools": POOLS,
    "services": [SERVICE | {"pool": "surge", "replicas": {"min": 2, "max": 3}}],
    "bastion": {"sshCidrs": ["203.0.113.0/24"]},
}


def test_what_may_be_interrupted_runs_on_spot() -> None:
    assert from_config(SPOT, "test").services[0].pool == "surge"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("services.0.interruptible", False, ['services[0].pool = "surge"', "must not be interrupted", "take steady"]),
        ("services.0.terminationGraceSeconds", 120, ["terminationGraceSeconds = 120", "at most 110"]),
        ("services.0.replicas", {"min": 1, "max": 3}, ["services[0].replicas.min = 1", "at least 2"]),
        ("bastion.sshCidrs.0", "0.0.0.0/0", ['bastion.sshCidrs[0] = "0.0.0.0/0"', "opens SSH to the world"]),
        ("bastion.sshCidrs.0", "128.0.0.0/1", ["opens SSH to the world"]),
        ("bastion.instanceType", "m5.large", ['bastion.instanceType = "m5.large"', "burstable"]),
        ("cluster.publicAccessCidrs", ["0.0.0.0/0"], ["publicAccessCidrs[0]", "the API server to the world"]),
        ("cluster.viewRoleArns", [f"{ROLE}/a", f"{ROLE}/a"], ["viewRoleArns[1]", "gets in already"]),
        ("cluster.adminRoleArns", [f"{ROLE}/a", f"{ROLE}/b/a"], ["adminRoleArns[1]", "ends in a, as another does"]),
        (
            "cluster",
            {"target": "eks", "adminRoleArns": [f"{ROLE}/a"], "viewRoleArns": [f"{ROLE}/a"]},
            [f'cluster.viewRoleArns[0] = "{ROLE}/a"', "adminRoleArns has it"],
        ),
        ("alarms", {"emails": ["nobody"]}, ['alarms.emails[0] = "nobody"', "does not match"]),
        ("cluster.volumeSnapshots", {"time": "24:00"}, ['volumeSnapshots.time = "24:00"']),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(path: str, value: Any, expected: list[str]) -> None:
    text = mistakes(changed(SPOT, path, value))
    for words in expected:
        assert words in text


POOLLESS = [SERVICE | {"interruptible": False}]
TAINTED = POOLS[1] | {"taints": [{"key": "surge"}]}
PREFERRED = POOLS[1] | {"taints": [{"key": "surge", "effect": "PreferNoSchedule"}]}


@pytest.mark.parametrize(
    ("pools", "remedy"),
    [
        ([POOLS[1]], "add a pool that is on demand"),
        (POOLS, "take steady"),
        ([POOLS[0], PREFERRED], "take steady"),
    ],
    ids=["only", "one of two", "a taint that only asks"],
)
def test_what_must_not_be_interrupted_does_not_come_to_spot_by_naming_no_pool(
    pools: list[dict[str, Any]], remedy: str
) -> None:
    text = mistakes(SPOT | {"nodePools": pools, "services": POOLLESS})
    for words in ("services[0].pool", "its pods may come to surge, which is spot", remedy):
        assert words in text


def test_a_spot_pool_whose_taints_keep_it_off_is_none_of_its_concern() -> None:
    assert from_config(SPOT | {"nodePools": [POOLS[0], TAINTED], "services": POOLLESS}, "test")


def test_prod_with_every_machine_on_spot_is_refused() -> None:
    given = config("prod")
    given["nodePools"][0]["capacity"] = "spot"
    for service in given["services"]:
        if service.get("interruptible") is False:
            del service["pool"]
    text = mistakes(given)
    names = [service["name"] for service in given["services"]]
    for name in ("auth", "payment", "admin"):
        assert f"services[{names.index(name)}].pool" in text


def test_the_api_server_of_a_kubeadm_cluster_is_closed_to_the_world() -> None:
    cluster = {"target": "kubeadm", "controlPlane": {}, "apiAccessCidrs": ["0.0.0.0/0"]}
    assert "opens the API server to the world" in mistakes(changed(SPOT, "cluster", cluster))


def test_a_bastion_for_session_manager_needs_a_private_tier() -> None:
    config = changed(SPOT, "bastion", {"instanceType": "t3.nano"})
    tiers = [{"name": "app", "routing": "public"}]
    assert "no private tier for the bastion" in mistakes(changed(config, "network.tiers", tiers))
