"""The graphs that are kept: one for every stack, and no secret in any."""

from __future__ import annotations

import json
import re

import pytest

from spec.load import stacks
from tests.graph import GOLDEN, canonical


def test_every_stack_has_a_graph_and_no_graph_lacks_a_stack() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == stacks()


def state(types: str, name: str) -> dict[str, str]:
    return {"urn": f"urn:pulumi:prod::groundwork::{types}::{name}", "type": types.rpartition("$")[2]}


def test_a_component_is_there_beside_what_it_makes_by_the_same_name() -> None:
    parent, child = "groundwork:network:Vpc", "groundwork:network:Vpc$aws:ec2/vpc:Vpc"
    graph = canonical([state(parent, "tiketi"), state(child, "tiketi") | {"parent": state(parent, "tiketi")["urn"]}])
    assert {name: node["type"] for name, node in graph.items()} == {
        "network:Vpc::tiketi": "groundwork:network:Vpc",
        "Vpc::tiketi": "aws:ec2/vpc:Vpc",
    }
    assert graph["Vpc::tiketi"]["parent"] == "network:Vpc::tiketi"


def test_no_resource_takes_the_place_of_another() -> None:
    with pytest.raises(ValueError, match="Secret::login, as another resource is"):
        canonical([state("aws:secretsmanager/secret:Secret", "login"), state("kubernetes:core/v1:Secret", "login")])


@pytest.mark.parametrize("stack", stacks())
def test_a_graph_holds_no_secret(stack: str) -> None:
    text = (GOLDEN / f"{stack}.json").read_text()
    assert "PRIVATE KEY" not in text
    assert not re.search(r"[a-z0-9]{6}\.[a-z0-9]{16}\b", text), "a bootstrap token"
    passwords = [
        value
        for node in json.loads(text).values()
        for key, value in node.get("inputs", {}).items()
        if re.search("password|stringData|kubeconfig$", key, re.IGNORECASE) and isinstance(value, str)
    ]
    assert all(value == "[secret]" or value.startswith(("~", "${")) for value in passwords)
