"""Which stacks a workflow may work on: those with a role of their own in the repository's variables.

Usage: stacks.py ROLE_PREFIX          e.g. PREVIEW_ROLE
Reads   VARS    the repository's variables as a JSON object
        FORK    `true` when the pull request comes from a fork, which gets no credentials
Writes  to standard output `stacks=[{"stack": "prod", "role": "arn:…"}, …]`, a line for $GITHUB_OUTPUT;
        to standard error a notice for each stack that is left out, and why.

A new stack file is picked up by itself once the variable `<ROLE_PREFIX>_<STACK>` names its role.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(prefix: str) -> None:
    """Print the matrix of the stack files in the working directory."""
    variables: dict[str, str] = json.loads(os.environ.get("VARS") or "{}")
    fork = os.environ.get("FORK") == "true"
    rows = []
    for file in sorted(Path().glob("Pulumi.*.yaml")):
        stack = file.name.split(".")[1]
        variable = f"{prefix}_{stack.upper().replace('-', '_')}"
        if fork:
            notice(f"{stack}: left out, a pull request from a fork gets no credentials")
        elif not variables.get(variable):
            notice(f"{stack}: left out, the repository has no variable {variable}")
        else:
            rows.append({"stack": stack, "role": variables[variable]})
    print(f"stacks={json.dumps(rows)}")


def notice(text: str) -> None:
    """Write an annotation that shows on the run's page."""
    print(f"::notice::{text}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
