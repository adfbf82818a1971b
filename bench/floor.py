"""The floor: what the same graph costs when the program has nothing to work out.

The floor of a stack registers the resources that an `up` of it left in the state: as many, of the same types and
names, under the same parents, after the same dependencies, through the same engine, SDK and provider protocol; but
every argument is a constant. It reads no stack file, imports no component and no provider's SDK, and waits for no
output. What is above it is the program's own share, and, in an `up`, the emulated account's: there the floor's
providers answer from the recording (see `bench.recorded`), as constant ids belong to an account that is gone.

No program can reach it: typed SDKs have to be imported, and the floor does without. Nor is it the least in every
phase: raw resources wait for each recorded dependency by name, where the stack's wait inside their arguments.

`python -m bench.floor …` takes the arguments of `python -m sandbox`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pulumi

from bench.recorded import decoded, recording
from sandbox import cli
from sandbox.providers import Providers
from sandbox.workspace import Workspace

PROGRAM = "from bench.floor import register\n\nregister()\n"


def lay_out(checkout: Path, of: Path, stack: str) -> None:
    """Make a checkout whose program is the floor of a stack of the checkout ``of``."""
    checkout.mkdir(parents=True)
    (checkout / "__main__.py").write_text(PROGRAM)
    (checkout / "Pulumi.yaml").write_text(json.dumps({"name": Workspace(of, stack).project, "runtime": "python"}))
    (checkout / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    if (of / "charts").exists():
        (checkout / "charts").symlink_to(of / "charts")


def register() -> None:
    """Register everything that is recorded, each with its recorded inputs as constants."""
    made: dict[str, pulumi.Resource] = {}
    for resource in recording():
        if not _by_engine(resource):
            made[resource["urn"]] = _register(resource, made)


def _by_engine(resource: dict[str, Any]) -> bool:
    """Whether the engine makes it by itself: the stack, and the provider of resources that name none."""
    kind, name = resource["type"], resource["urn"].rpartition("::")[2]
    return kind == "pulumi:pulumi:Stack" or (kind.startswith("pulumi:providers:") and name.startswith("default"))


def _register(resource: dict[str, Any], made: dict[str, pulumi.Resource]) -> pulumi.Resource:
    kind, name = resource["type"], resource["urn"].split("::", 3)[3]
    options = pulumi.ResourceOptions(
        parent=made.get(resource.get("parent", "")),
        depends_on=[made[urn] for urn in resource.get("dependencies") or () if urn in made],
    )
    if not resource.get("custom"):
        component = pulumi.ComponentResource(kind, name, None, options)
        component.register_outputs({})
        return component
    inputs = decoded(resource.get("inputs") or {}, pulumi.Output.secret)
    if kind.startswith("pulumi:providers:"):
        own = {key: value for key, value in inputs.items() if key not in ("version", "__internal")}
        return pulumi.ProviderResource(kind.rpartition(":")[2], name, own, options)
    provider = made.get(resource.get("provider", "").rpartition("::")[0])
    if isinstance(provider, pulumi.ProviderResource):
        options.provider = provider
    if resource.get("external"):
        options.id = resource["id"]
    return pulumi.CustomResource(kind, name, inputs, options)


class _Recorded(Providers):
    module = "bench.recorded"


if __name__ == "__main__":
    cli.Providers = _Recorded
    sys.exit(cli.main())
