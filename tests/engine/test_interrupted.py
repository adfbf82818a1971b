"""Platforms whose `up` is killed again and again: what is left can always be gone on from, and taken down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.engine.conftest import Checkout, checkout
from tests.graph import GOLDEN, canonical, text

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

PATIENCE = 300
"""Seconds within which an operation on a resource has to begin; a destroy takes protection off before."""

# Each type waits for the one before it: what is delayed can't have been made meanwhile.
KILLED_AT = {
    "dev": {
        "create": ["command:local:Command", "kubernetes:core/v1:Namespace", "kubernetes:helm.sh/v3:Release"],
        "delete": ["kubernetes:core/v1:Namespace", "command:local:Command"],
    },
    "prod": {
        "create": [
            "aws:ec2/vpc:Vpc",
            "aws:ec2/subnet:Subnet",
            "aws:eks/cluster:Cluster",
            "aws:eks/nodeGroup:NodeGroup",
        ],
        "delete": ["aws:eks/nodeGroup:NodeGroup", "aws:ec2/vpc:Vpc"],
    },
}


def _kill(platform: Checkout, command: str, operation: str, delayed: str) -> None:
    """Kill a command, the engine and all it started, while it is at ``delayed``."""
    environment = os.environ | {
        "GROUNDWORK_SANDBOX": str(platform.directory / ".sandbox"),
        "GROUNDWORK_FAULTS": json.dumps({delayed: {"delay": PATIENCE, "on": [operation]}}),
    }
    said = platform.directory / f"{command}.log"
    with said.open("w") as log:
        run = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "-C", str(platform.directory), command, platform.stack],
            cwd=platform.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + PATIENCE
    while run.poll() is None and time.monotonic() < deadline:
        if any(delayed in pending for pending in _pending(platform.directory)):
            break
        time.sleep(0.05)
    else:
        pytest.fail(f"{command} never came to {delayed}; it ended with {run.poll()}:\n{said.read_text()[-6000:]}")
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def _pending(directory: Path) -> list[str]:
    """The URNs of what the state says has begun and not ended."""
    states = list(directory.glob(".sandbox/**/.pulumi/stacks/**/*.json"))
    latest = json.loads(states[0].read_text())["checkpoint"].get("latest") or {} if states else {}
    return [operation["resource"]["urn"] for operation in latest.get("pending_operations") or ()]


@pytest.mark.parametrize("stack", KILLED_AT)
def test_an_up_that_is_killed_anywhere_goes_on_to_the_same_platform(stack: str, tmp_path: Path) -> None:
    platform = checkout(tmp_path, stack)
    for delayed in KILLED_AT[stack]["create"]:
        _kill(platform, "up", "create", delayed)
    platform.run("up")
    assert text(canonical(list(platform.resources().values()))) == (GOLDEN / f"{stack}.json").read_text()
    assert "No changes" in platform.run("preview")
    for delayed in KILLED_AT[stack]["delete"]:
        _kill(platform, "destroy", "delete", delayed)
    assert "Nothing is left in the emulated account" in platform.run("destroy")
