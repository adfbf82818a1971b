"""A checkout of its own for each module: stack files that a test may edit, and an account that nobody else uses."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.wire import SECRET, SIGNATURE
from spec.load import ROOT
from tests.api_server import ApiServer, api_server
from tools import ensure

PROGRAM = ("__main__.py", "charts", "components", "sandbox", "spec", "stacks", "tools")


def _masked(value: dict[str, Any]) -> Any:
    """The state has a secret as ciphertext, which is another one whenever it is written."""
    return "[secret]" if value.get(SIGNATURE) == SECRET else value


@dataclass
class Checkout:
    """A copy of the project in which one stack is brought up, changed and destroyed on the real engine."""

    directory: Path
    stack: str

    def run(self, command: str, *arguments: str, fails: bool = False) -> str:
        """Run a command of the sandbox and return what it printed; fail unless it ended as expected."""
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", "-C", str(self.directory), command, self.stack, *arguments],
            cwd=self.directory,
            env=os.environ | {"GROUNDWORK_SANDBOX": str(self.directory / ".sandbox")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert bool(done.returncode) == fails, f"{command} ended with {done.returncode}:\n{said[-6000:]}"
        return said if fails else done.stdout

    def engine(self, *arguments: str, fails: bool = False) -> str:
        """Run the plain engine on the stack, attached to its account, and return what it printed."""
        served = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "-C", str(self.directory), "serve", self.stack],
            cwd=self.directory,
            env=os.environ | {"GROUNDWORK_SANDBOX": str(self.directory / ".sandbox")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert served.stdout is not None
            attached: dict[str, str] = {}
            # The last of what it prints.
            while "PULUMI_HOME" not in attached:
                name, _, value = served.stdout.readline().removeprefix("export ").partition("=")
                assert name, "serve ended"
                attached[name] = shlex.split(value)[0]
            done = subprocess.run(
                [str(ensure("pulumi")), *arguments, "--stack", self.stack, "--non-interactive", "--color", "never"],
                cwd=self.directory / ".sandbox" / self.stack / "work",
                env=os.environ | attached,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            served.send_signal(signal.SIGINT)
            served.communicate(timeout=60)
        said = done.stdout + done.stderr
        assert bool(done.returncode) == fails, f"{arguments} ended with {done.returncode}:\n{said[-6000:]}"
        return said

    def value(self, key: str) -> Any:
        """Return a top-level value of the stack file; None where there is none."""
        document = yaml.safe_load((self.directory / f"Pulumi.{self.stack}.yaml").read_text())
        return document["config"].get(f"groundwork:{key}")

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources of the state, by URN; in place of what is secret stands ``[secret]``."""
        deployment = json.loads(self.run("export"), object_hook=_masked)["deployment"]
        return {resource["urn"]: resource for resource in deployment.get("resources", [])}

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs; in place of what is secret stands ``[secret]``."""
        (root,) = (each for each in self.resources().values() if each["type"] == "pulumi:pulumi:Stack")
        return root["outputs"]

    def secrets(self) -> set[str]:
        """Return every string that is inside of a secret of the state, decrypted."""
        found: set[str] = set()

        def collect(value: dict[str, Any]) -> dict[str, Any]:
            if value.get(SIGNATURE) == SECRET:
                found.update(_strings(json.loads(value["plaintext"])))
            return value

        json.loads(self.engine("stack", "export", "--show-secrets"), object_hook=collect)
        return found

    def edit(self, path: str, value: Any) -> None:
        """Set one value of the stack file; the path is dotted, a number is a position, the first part is the key."""
        file = self.directory / f"Pulumi.{self.stack}.yaml"
        document = yaml.safe_load(file.read_text())
        first, *rest = path.split(".")
        place: Any = document["config"]
        keys = [f"groundwork:{first}", *(int(part) if part.isdigit() else part for part in rest)]
        for key in keys[:-1]:
            place = place[key] if isinstance(place, list) else place.setdefault(key, {})
        place[keys[-1]] = value
        file.write_text(yaml.safe_dump(document, sort_keys=False))

    def changes(self, path: str, value: Any) -> tuple[set[str], set[str], set[str]]:
        """Edit one value, bring the stack up, and return the names of what was created, updated and deleted."""
        before = self.resources()
        self.edit(path, value)
        self.run("up")
        after = self.resources()
        updated = {urn for urn in before.keys() & after.keys() if _differs(before[urn], after[urn])}
        created, deleted = after.keys() - before.keys(), before.keys() - after.keys()
        return _names(created), _names(updated), _names(deleted)


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _strings(each)
        case dict():
            yield from _strings(list(value.values()))


def _differs(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return any(before.get(part) != after.get(part) for part in ("id", "inputs"))


def _names(urns: set[str]) -> set[str]:
    """The type's last part and the name: ``Release::backend``."""
    return {f"{urn.split('::')[2].rsplit(':', 1)[-1]}::{urn.split('::')[-1]}" for urn in urns}


def checkout(directory: Path, stack: str) -> Checkout:
    """Return a checkout in ``directory`` whose program is the project's and whose stack files are its own."""
    for name in PROGRAM:
        (directory / name).symlink_to(ROOT / name)
    for file in ("Pulumi.yaml", f"Pulumi.{stack}.yaml"):
        shutil.copy(ROOT / file, directory)
    return Checkout(directory, stack)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API server that says what a cluster would take."""
    with api_server(tmp_path_factory.mktemp("api-server")) as server:
        yield server


@pytest.fixture(scope="module")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The stack that the module's STACK names, in a checkout of its own."""
    return checkout(tmp_path_factory.mktemp(request.module.STACK), request.module.STACK)
