"""What is measured: a stack or its floor, each time in a sandbox of its own; and stacks with many services."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from bench import floor, recorded
from bench.measure import NotMeasured, Sample, run
from sandbox.workspace import PASSPHRASE
from tools import ensure

PHASES: Final = {"preview": "preview", "up": "up", "no-op up": "up"}
"""Phase -> command of the sandbox: in this order a preview of nothing, a first up, and one with nothing to do."""

SERVICES: Final = (6, 60, 300)

SAVED_AT_THE_END: Final = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
"""Has the engine write its state once: of 300 services, all of it after every step takes an `up` over ten minutes."""


@dataclass
class Case:
    """A stack of a checkout, run by a module with the sandbox's command line."""

    checkout: Path
    stack: str
    module: str = "sandbox"
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, command: str, home: Path) -> Sample:
        """Run one command with everything it keeps in ``home``. Raises NotMeasured."""
        arguments = ["-m", self.module, "-C", str(self.checkout), command, self.stack]
        return run([sys.executable, *arguments], {**self.environment, "GROUNDWORK_SANDBOX": str(home)})

    def floor(self, home: Path, directory: Path) -> tuple[Case, int]:
        """Return the floor of what an `up` left in ``home``, laid out in ``directory``, and its resources' number."""
        recording = directory / "recording.json"
        floor.lay_out(directory / "checkout", self.checkout, self.stack)
        count = _record(home / self.stack, self.stack, recording)
        return Case(directory / "checkout", self.stack, "bench.floor", {recorded.VARIABLE: str(recording)}), count


def _record(sandbox: Path, stack: str, file: Path) -> int:
    """Write the deployment, secrets in clear, for its owner's eyes; return how many resources it has."""
    file.touch(mode=0o600)
    state = {"PULUMI_BACKEND_URL": (sandbox / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}
    command = [str(ensure("pulumi")), "stack", "export", "--show-secrets", "--stack", stack, "--file", str(file)]
    try:
        run(["env", "-C", str(sandbox / "work"), *command], {**state, "PULUMI_HOME": str(sandbox / "home")})
    except OSError as error:
        raise NotMeasured(f"the deployment of {stack} could not be read: {error}") from error
    return len(json.loads(file.read_text())["deployment"]["resources"])


def with_services(checkout: Path, stack: str, number: int, directory: Path) -> Case:
    """Return a copy of a stack that has ``number`` services: those it has, and as many more of its last one.

    Quotas, machines and connections are raised so that they fit. The program and all else are those of ``checkout``, by
    links.
    """
    directory.mkdir(parents=True)
    for path in checkout.iterdir():
        if not path.name.startswith((".", "Pulumi.")):
            (directory / path.name).symlink_to(path)
    (directory / "Pulumi.yaml").write_text((checkout / "Pulumi.yaml").read_text())
    document = yaml.safe_load((checkout / f"Pulumi.{stack}.yaml").read_text())
    services: list[dict[str, Any]] = document["config"]["groundwork:services"]
    pattern = services[-1]
    for position in range(number - len(services)):
        another = {**deepcopy(pattern), "name": f"service-{position}", "port": 10000 + position}
        another["replicas"] = {"min": 1, "max": 3}
        another["routes"] = [{**route, "path": f"/service-{position}"} for route in pattern.get("routes", ())]
        services.append(another)
    ample = {"cpu": "100000", "memory": "100000Gi"}
    if document["config"]["groundwork:cluster"]["target"] == "k3d":
        document["config"]["groundwork:cluster"] |= {"machine": ample, "agents": 10}
    for namespace in document["config"]["groundwork:security"]["namespaces"]:
        namespace["quota"] = {"requests": ample, "limits": ample, "persistentVolumeClaims": 1000}
    postgres = document["config"]["groundwork:data"]["postgres"]
    if postgres["engine"] == "inCluster":
        postgres["parameters"] = {**postgres.get("parameters", {}), "max_connections": "100000"}
    (directory / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return Case(directory, stack, environment=SAVED_AT_THE_END)
