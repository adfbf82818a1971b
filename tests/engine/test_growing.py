"""dev as it can grow, each from nothing to nothing on the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sandbox.kubernetes.schema import CRD_FOLDER
from tests.engine.conftest import Checkout, checkout
from tests.overlays import STACK, grown, overlays

pytestmark = pytest.mark.engine


@pytest.fixture(params=overlays())
def platform(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    made, document = checkout(tmp_path, STACK), grown(request.param)
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    if document["config"]["groundwork:data"]["kafka"].get("metadata") == "zookeeper":
        # The folder has one version of every operator's CRDs, and ZooKeeper's operator is an older one.
        monkeypatch.delenv(CRD_FOLDER, raising=False)
    return made


def test_what_dev_can_grow_to_comes_up_stays_as_it_is_and_goes(platform: Checkout) -> None:
    platform.run("up")
    assert "No changes" in platform.run("preview")
    assert "Nothing is left in the emulated account" in platform.run("destroy")
