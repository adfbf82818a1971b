"""Blocks of documentation that are laid over a stack's file: what they say has to come true."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from spec.load import ROOT, stack_file

PAGE = ROOT / "docs" / "growing.md"
STACK = "dev"


def overlays() -> dict[str, dict[str, Any]]:
    """Return the blocks of the page by the headings that they stand under."""
    found = re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```yaml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return {heading: yaml.safe_load(block) for heading, block in found}


def laid_over(config: Any, overlay: Any) -> Any:
    """Return a configuration with another laid over it: mappings are merged, anything else is replaced."""
    if not isinstance(config, Mapping) or not isinstance(overlay, Mapping):
        return overlay
    return {**config, **{key: laid_over(config.get(key), value) for key, value in overlay.items()}}


def grown(heading: str) -> dict[str, Any]:
    """Return the stack's file as the block under a heading makes it."""
    document = yaml.safe_load(stack_file(STACK).read_text())
    return {**document, "config": laid_over(document["config"], overlays()[heading])}
