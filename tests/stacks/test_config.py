"""The configuration as Pulumi hands it to the program."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi
import pytest
from pulumi.runtime import config as runtime
from pulumi.runtime import set_all_config

from stacks.config import read


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stack without a file, and the configuration that there was put back."""
    monkeypatch.setattr("pulumi.get_stack", lambda: "test")
    before = dict(runtime.CONFIG.get())
    yield
    set_all_config(before)


SOUND = {
    "groundwork:name": "test",
    "groundwork:cluster": '{"target": "k3d"}',
    "groundwork:security": '{"namespaces": [{"name": "app"}]}',
}


def test_objects_come_as_json_and_scalars_as_they_are() -> None:
    set_all_config(SOUND)
    platform = read()
    assert platform.name == "test"
    assert platform.cluster.target == "k3d"


def test_a_template_that_nobody_filled_in_is_a_mistake_with_its_path() -> None:
    set_all_config(SOUND | {"groundwork:name": "{{ name }}"})
    with pytest.raises(pulumi.RunError, match=r'name = "\{\{ name \}\}"'):
        read()
