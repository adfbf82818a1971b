"""dev as it can grow, each from nothing to nothing on the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.engine.conftest import Checkout, checkout
from tests.overlays import STACK, grown, overlays

pytestmark = pytest.mark.engine


@pytest.fixture(params=overlays())
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Checkout:
    made = checkout(tmp_path, STACK)
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(grown(request.param), sort_keys=False))
    return made


def test_what_dev_can_grow_to_comes_up_stays_as_it_is_and_goes(platform: Checkout) -> None:
    platform.run("up")
    assert "No changes" in platform.run("preview")
    assert "Nothing is left in the emulated account" in platform.run("destroy")
