"""Platforms on a cluster that somebody else runs: the same files, with that cluster in place of their own."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.api_server import ApiServer
from tests.engine.conftest import checkout

pytestmark = pytest.mark.engine

# As a laptop has it that runs no k3d: nothing is said of storage, so that the cluster's default class is taken, and
# nobody gives a Service of type LoadBalancer an address.
KIND = {"target": "existing", "context": "kind-kind", "loadBalancer": "nodePort"}
# What belongs to a cloud, and goes with it.
WITHOUT: dict[str, dict[str, Any]] = {
    "dev": {},
    "blog": {"network": {}, "nodePools": [], "edge": {}, "registry": {}, "data.postgres.backups": None},
    "tacklebox": {},
}


@pytest.mark.parametrize("stack", sorted(WITHOUT))
def test_a_stack_comes_up_on_it_and_then_has_nothing_to_change(stack: str, tmp_path: Any, cluster: ApiServer) -> None:
    platform = checkout(tmp_path, stack)
    for path, value in {"cluster": KIND, **WITHOUT[stack]}.items():
        platform.edit(path, value)
    said = platform.run("up")
    assert ":30080" in said or ":30443" in said
    objects = yaml.load_all(platform.run("manifests"), yaml.CSafeLoader)
    assert cluster.refusals([each for each in objects if each["kind"] != "Release"]) == []
    assert "No changes" in platform.run("preview")
