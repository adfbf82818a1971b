"""What an expression of PromQL asks for, as far as tests want to know."""

from __future__ import annotations

import re

# Words of the language that no bracket follows: https://prometheus.io/docs/prometheus/latest/querying/operators/
_WORDS = {"and", "or", "unless", "bool", "offset", "by", "on", "without", "ignoring", "group_left", "group_right"}
_NOT_NAMES = (
    r'"[^"]*"',
    r"\{[^{}]*\}",
    r"\[[^\]]*\]",
    r"\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)",
)


def metrics(expression: str) -> set[str]:
    """Return the metrics that an expression reads."""
    for what in _NOT_NAMES:
        expression = re.sub(what, "", expression)
    names = re.findall(r"(?<![\w:$])([a-zA-Z_:][\w:]*)\b(?!\s*\()", expression)
    return set(names) - _WORDS
