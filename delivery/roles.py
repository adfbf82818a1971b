"""Which stacks a workflow may work on: those with a role of their own in the repository's variables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping


def variable(prefix: str, stack: str) -> str:
    """Return the name of the repository variable that holds a stack's role: ``PREVIEW_ROLE_PROD``."""
    return f"{prefix}_{re.sub(r'[^A-Z0-9]', '_', stack.upper())}"


def matrix(
    stacks: Mapping[str, str], variables: Mapping[str, str], prefix: str, *, fork: bool, notice: Callable[[str], None]
) -> str:
    """Return the rows ``{stack, role, reason}`` of a job's matrix as JSON, from ``stacks`` and why each is among them.

    ``notice`` is told of each stack that is left out.

    A new stack is picked up by itself once its variable names its role. A pull request from a fork gets none.
    """
    rows = []
    for stack, reason in stacks.items():
        name = variable(prefix, stack)
        if fork:
            notice(f"{stack}: left out, a pull request from a fork gets no credentials")
        elif not variables.get(name):
            notice(f"{stack}: left out, the repository has no variable {name}")
        else:
            rows.append({"stack": stack, "role": variables[name], "reason": reason})
    return json.dumps(rows)
