"""Machines of a kubeadm cluster: made anew by the command that the pages give, and never brought too far at once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from spec.load import ROOT
from tests.engine.conftest import Checkout

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

STACK = "sesacthon"
CONTROL_PLANE, WORKER = "sesacthon-control-plane-0", "sesacthon-scan-0"


def machines(resources: dict[str, Any]) -> dict[str, Any]:
    """The instances of the state, by name."""
    return {urn.split("::")[-1]: each for urn, each in resources.items() if each["type"] == "aws:ec2/instance:Instance"}


def targets(resources: dict[str, Any]) -> list[str]:
    """The instances that load balancers lead to."""
    attached = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
    return [each["inputs"]["targetId"] for each in resources.values() if each["type"] == attached]


def test_the_pages_give_no_command_that_makes_half_of_it_anew() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    assert "pulumi up -s sesacthon --replace" in page
    assert "destroy --target" not in page


class TestMadeAnew:
    """In this order: one checkout, one account."""

    def test_1_machines_are_made_anew_one_at_a_time_where_two_would_be_in_each_others_way(
        self, platform: Checkout
    ) -> None:
        platform.run("up")
        before = machines(platform.resources())
        both = [option for name in (CONTROL_PLANE, WORKER) for option in ("--replace", before[name]["urn"])]
        # Etcd is on its disk.
        platform.engine("state", "unprotect", before[CONTROL_PLANE]["urn"], "--yes")
        said = platform.run("up", *both)
        after = machines(platform.resources())
        assert before.keys() == after.keys()
        assert {name for name in after if after[name]["id"] != before[name]["id"]} == {CONTROL_PLANE, WORKER}
        steps = re.findall(rf"Instance ({CONTROL_PLANE}|{WORKER}) (deleted original|created replacement)", said)
        of = {name: [step for each, step in steps if each == name] for name in (CONTROL_PLANE, WORKER)}
        # A second control plane would join the first one's etcd; a pool is better off with one machine more.
        assert of[CONTROL_PLANE] == ["deleted original", "created replacement"]
        assert of[WORKER] == ["created replacement", "deleted original"]

    def test_2_load_balancers_lead_to_them(self, platform: Checkout) -> None:
        there = [each["id"] for each in machines(platform.resources()).values()]
        found = targets(platform.resources())
        assert set(found) <= set(there)
        # The API's two, inside and outside; the services' one.
        assert found.count(machines(platform.resources())[CONTROL_PLANE]["id"]) == 2
        assert found.count(machines(platform.resources())[WORKER]["id"]) == 1

    def test_3_nothing_is_left_to_do(self, platform: Checkout) -> None:
        assert "No changes" in platform.run("preview")

    def test_4_a_version_that_skips_a_minor_is_refused_before_anything_is_touched(self, platform: Checkout) -> None:
        before = platform.resources()
        platform.edit("cluster.kubernetesVersion", "1.37.0")
        said = platform.run("preview", fails=True)
        assert "cluster.kubernetesVersion = 1.37.0: sesacthon-" in said
        assert "go to the newest 1.36 first" in said
        assert platform.resources() == before
        platform.edit("cluster.kubernetesVersion", "1.36.0")
        assert "to update" in platform.run("preview")
