"""The graphs that are kept: one for every stack, and no secret in any."""

from __future__ import annotations

import json
import re

import pytest

from spec.load import stacks
from tests.graph import GOLDEN


def test_every_stack_has_a_graph_and_no_graph_lacks_a_stack() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == stacks()


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
