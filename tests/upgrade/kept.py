"""States as releases wrote them, and what today's program would do to one.

`python -m tests.upgrade.kept keep STACK RELEASE` brings a stack up in a sandbox of its own and keeps its state and its
stack file in tests/upgrade/RELEASE/: to be run once, at each release.
`python -m tests.upgrade.kept preview RELEASE [PROGRAM]` prints what `pulumi preview --json` says of it, with the
program of this directory or of another.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox import engine
from sandbox.providers import Providers
from sandbox.workspace import Workspace
from spec.load import ROOT
from tools import ensure

HERE = Path(__file__).parent


def releases() -> list[str]:
    """Return the releases of which there is a state."""
    return sorted(path.parent.name for path in HERE.glob("*/state.json.gz"))


def stack_of(release: str) -> str:
    """Return the name of the stack that a release's state is of."""
    (file,) = (HERE / release).glob("Pulumi.*.yaml")
    return file.name.split(".")[1]


def keep(stack: str, release: str) -> None:
    """Bring a stack up and keep its state. What is secret in it is encrypted with the sandbox's passphrase."""
    place = HERE / release
    place.mkdir(exist_ok=True)
    shutil.copy(ROOT / f"Pulumi.{stack}.yaml", place)
    with tempfile.TemporaryDirectory() as directory:
        environment = os.environ | {"GROUNDWORK_SANDBOX": directory}

        def sandbox(command: str) -> str:
            arguments = [sys.executable, "-m", "sandbox", command, stack]
            ran = subprocess.run(arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            return ran.stdout

        sandbox("up")
        state = json.dumps(json.loads(sandbox("export")), separators=(",", ":"), sort_keys=True)
    # Without a time in its head, the same state is the same file.
    (place / "state.json.gz").write_bytes(gzip.compress(state.encode(), mtime=0))


def preview(release: str, program: str = str(ROOT)) -> str:
    """Return what a program would change in the state of a release, as `pulumi preview --json` prints it.

    As an upgrade does on a stack that is up, it compares with the state and does not ask the cloud.
    """
    stack = stack_of(release)
    state = json.loads(gzip.decompress((HERE / release / "state.json.gz").read_bytes()))
    with tempfile.TemporaryDirectory() as place:
        checkout = Path(place) / "checkout"
        checkout.mkdir()
        for path in Path(program).iterdir():
            if not path.name.startswith((".", "Pulumi.")):
                (checkout / path.name).symlink_to(path)
        shutil.copy(ROOT / "Pulumi.yaml", checkout)
        shutil.copy(HERE / release / f"Pulumi.{stack}.yaml", checkout)
        os.environ["GROUNDWORK_SANDBOX"] = f"{place}/sandbox"
        workspace = Workspace.of(checkout, stack)
        checkpoint = {"stack": f"organization/{workspace.project}/{stack}", "latest": state["deployment"]}
        workspace.checkpoint.parent.mkdir(parents=True)
        workspace.checkpoint.write_text(json.dumps({"version": state["version"], "checkpoint": checkpoint}))
        with workspace.held("preview"), Providers(workspace, follow=False) as providers:
            workspace.prepare()
            found = engine.stack(workspace, ensure("pulumi"), providers.ports()).preview(json=True, color="never")
            providers.lost()
            return found.stdout


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.upgrade.kept", description="Keep states, and compare with them."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    keeping = commands.add_parser("keep", help="bring a stack up in a sandbox of its own, and keep its state")
    keeping.add_argument("stack")
    keeping.add_argument("release")
    previewing = commands.add_parser("preview", help="print as JSON what would be done to a state that was kept")
    previewing.add_argument("release")
    previewing.add_argument("program", nargs="?", default=str(ROOT), help="directory of another program")
    options = parser.parse_args()
    if options.command == "keep":
        keep(options.stack, options.release)
    else:
        print(preview(options.release, options.program), end="")


if __name__ == "__main__":
    main()
