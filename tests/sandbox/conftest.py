"""Toy checkouts, and the sandbox's command line run on them as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
import pulumi, pulumi_random as random, pulumi_tls as tls, pulumi_command as command

config = pulumi.Config()
password = random.RandomPassword("password", length=config.get_int("length") or 12)
key = tls.PrivateKey("key", algorithm="ED25519")
pet = random.RandomPet("pet", opts=pulumi.ResourceOptions(depends_on=[key]))
pulumi.export("endpoints", [{"name": "web", "url": "http://web.local"}])
pulumi.export("password", password.result)
"""


@dataclass
class Toy:
    """A checkout of one small program. `environment` is added to that of every command run on it."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)

    def program(self, text: str) -> None:
        """Replace the program."""
        (self.directory / "__main__.py").write_text(text)

    def configure(self, **values: Any) -> None:
        """Replace the configuration of stack `dev`."""
        config = {f"toy:{key}": value for key, value in values.items()}
        (self.directory / "Pulumi.dev.yaml").write_text(json.dumps({"config": config}))

    @property
    def sandbox(self) -> Path:
        """Where stack `dev` keeps its things."""
        return self.directory / ".sandbox" / "dev"

    @property
    def checkpoint(self) -> Path:
        """State file of stack `dev`."""
        return self.sandbox / "state" / ".pulumi" / "stacks" / "toy" / "dev.json"

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        environment = {key: value for key, value in os.environ.items() if key != "GROUNDWORK_SANDBOX"}
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", "-C", str(self.directory), *arguments],
            cwd=ROOT,
            env=environment | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; fail the test with all it said if it exits with another code."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"exit code {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(arguments, code, out, err)

    def resources(self) -> dict[str, dict[str, Any]]:
        """What the state lists, by logical name."""
        deployment = json.loads(self("export", "dev").stdout)["deployment"]
        return {resource["urn"].rpartition("::")[2]: resource for resource in deployment.get("resources", [])}


@pytest.fixture
def toy(tmp_path: Path) -> Callable[..., Any]:
    """A checkout with stacks `dev` and `prod`."""
    (tmp_path / "Pulumi.yaml").write_text("name: toy\nruntime: python\n")
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    made = Toy(tmp_path)
    made.program(PROGRAM)
    return made
