"""What most parts of a platform are built with, beside their own section of the stack file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def without(common: Mapping[str, Any], *names: str) -> Any:
    """Return ``common``, arguments by name, for a part that does not take these."""
    return {name: value for name, value in common.items() if name not in names}
