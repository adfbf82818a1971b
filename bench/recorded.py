"""The floor's provider process: `sandbox.server`, except that a creation answers with what a recording has.

Ids in the floor's constant arguments are those of the account that the recording was made of, so nothing can be
created from them anew. Everything else is the sandbox's own: the protocol, the checks of inputs, what a preview
knows, what a change replaces.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox import registry, wire
from sandbox.emulator import Emulator, Properties, Resource, Secret

VARIABLE: Final = "GROUNDWORK_RECORDING"
"""Environment variable: file with the deployment, secrets in clear, that the floor is made of."""


@cache
def recording() -> list[dict[str, Any]]:
    """The recorded resources, in the order of the state: what is depended on comes first."""
    return json.loads(Path(os.environ[VARIABLE]).read_text())["deployment"]["resources"]


def decoded(value: Any, secret: Any) -> Any:
    """A recorded value, with ``secret`` put around each secret in it."""
    if isinstance(value, list):
        return [decoded(item, secret) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get(wire.SIGNATURE) == wire.SECRET:
        return secret(json.loads(value["plaintext"]))
    return {key: decoded(item, secret) for key, item in value.items()}


@cache
def _recorded() -> dict[str, tuple[str, Properties]]:
    return {r["urn"]: (r["id"], decoded(r.get("outputs") or {}, Secret)) for r in recording() if r.get("custom")}


@cache
def _answering(kind: type[Emulator]) -> type[Emulator]:
    """The class of a package's emulator, made to create and delete nothing."""

    class Recorded(kind):
        def create(self, r: Resource, inputs: Properties) -> tuple[str, Properties]:
            return _recorded()[r.urn]

        def delete(self, r: Resource, id: str, outputs: Properties) -> None:
            return None

    return Recorded


if __name__ == "__main__":
    from sandbox import server

    original = registry.kind
    registry.kind = lambda package: _answering(original(package))
    # What a server leaves to its interpreter's end would wait for threads that gRPC holds.
    code = server.main()
    sys.stdout.flush()
    os._exit(code)
