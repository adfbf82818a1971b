"""The stacks that a measurement makes up, and the floors it holds them against."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.cases import SERVICES, Case, with_services
from spec.load import ROOT, from_file

PROGRAM = """
import pulumi, pulumi_aws as aws, pulumi_random as random

password = random.RandomPassword("password", length=12)
part = pulumi.ComponentResource("toy:index:Part", "part")
inside = pulumi.ResourceOptions(parent=part)
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=inside)
aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24", opts=inside)
aws.ssm.Parameter("password", type="SecureString", value=password.result, opts=inside)
"""


@pytest.mark.parametrize("number", SERVICES)
def test_stack_with_more_services_is_a_sound_one(number: int, tmp_path: Path) -> None:
    case = with_services(ROOT, "dev", number, tmp_path / "checkout")
    assert len(from_file(case.checkout / "Pulumi.dev.yaml").services) == number


def graph(home: Path) -> dict[str, Any]:
    """The resources of the one stack kept in a sandbox's directory, by URN, without the provider of none."""
    (state,) = (home / "toy" / "state").rglob("stacks/*/toy.json")
    resources = json.loads(state.read_text())["checkpoint"]["latest"]["resources"]
    return {r["urn"]: r for r in resources if "::default" not in r["urn"]}


@pytest.mark.engine
def test_floor_is_the_same_graph_and_settles(tmp_path: Path) -> None:
    toy = tmp_path / "toy"
    toy.mkdir()
    (toy / "__main__.py").write_text(PROGRAM)
    (toy / "Pulumi.yaml").write_text("name: toy\nruntime: python\n")
    (toy / "Pulumi.toy.yaml").write_text("config: {}\n")
    case = Case(toy, "toy")
    case.run("up", tmp_path / "stack")
    floor, count = case.floor(tmp_path / "stack", tmp_path / "floor")
    floor.run("up", tmp_path / "home")
    stack, again = graph(tmp_path / "stack"), graph(tmp_path / "home")
    assert count == 8  # with the stack itself and the two providers of resources that name none
    assert again.keys() == stack.keys()
    assert {urn: r.get("id") for urn, r in again.items()} == {urn: r.get("id") for urn, r in stack.items()}
    preview = subprocess.run(
        [sys.executable, "-m", floor.module, "-C", str(floor.checkout), "preview", "toy"],
        env={**os.environ, **floor.environment, "GROUNDWORK_SANDBOX": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "No changes" in preview.stdout
