"""What the documentation says can be laid over dev's file is sound, and does what it says."""

from __future__ import annotations

import pytest

from spec.load import NAMESPACE, from_config
from spec.platform import Platform
from tests.overlays import PAGE, grown, laid_over, overlays


def platform(heading: str) -> Platform:
    config = grown(heading)["config"]
    return from_config({key.removeprefix(NAMESPACE): value for key, value in config.items()}, heading)


def test_every_block_of_the_page_is_found() -> None:
    assert len(overlays()) == PAGE.read_text().count("```yaml")


@pytest.mark.parametrize("heading", overlays())
def test_a_block_is_sound(heading: str) -> None:
    assert platform(heading).name == "dev"


def test_three_machines_have_three_of_everything() -> None:
    three = platform("Three machines, three of everything")
    kafka, postgres = three.data.kafka, three.data.postgres
    assert kafka is not None
    assert three.cluster.target == "k3d"
    assert three.cluster.servers == 3
    assert (kafka.brokers, kafka.controllers, kafka.replicas) == (3, 3, 3)
    assert postgres is not None
    assert postgres.engine == "inCluster"
    assert postgres.instances == 3


def test_mappings_are_merged_and_anything_else_is_replaced() -> None:
    below = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert laid_over(below, {"a": {"y": [3]}, "c": 2}) == {"a": {"x": 1, "y": [3]}, "b": 1, "c": 2}
