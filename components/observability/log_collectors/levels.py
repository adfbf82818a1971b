"""How the level of a log line is found, and what it is called: the same words from whichever collector."""

from __future__ import annotations

_WORD = r"trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|panic"

# From the least to the most certain place; what matches last counts.
PATTERNS = (
    # The first word, after a date at most.
    rf"(?i)^[^a-z]{{0,40}}(?:\d[tz][^a-z]{{0,20}}){{0,2}}(?P<level>{_WORD})\b",
    # klog, which the parts of Kubernetes use: a letter, month and day, the time.
    r"^(?P<level>[IWEF])\d{4} \d{2}:",
    # A field, in JSON or in logfmt.
    rf"""(?i)\b(?:level|lvl|severity)["']?\s*[=:]\s*["']?(?P<level>{_WORD})\b""",
)
ACCESS_PATTERN = r'" (?P<level>[1-5])\d{2} \d+ '
"""In an access log of the ingress controller it is the status that says how bad it is."""

NAMES = {
    "info": ("i", "notice", "1", "2", "3"),
    "warn": ("w", "warning", "4"),
    "error": ("e", "err", "5"),
    "fatal": ("f", "crit", "critical", "panic"),
}
"""What else means a level; what is not here is called what it is, in lower case."""


def _template() -> str:
    quoted = {level: " ".join(f'"{word}"' for word in words) for level, words in NAMES.items()}
    cases = "{{ else ".join(f"if eq $level {words} }}}}{level}" for level, words in quoted.items())
    return "{{ with .Value }}{{ $level := ToLower . }}{{ " + cases + "{{ else }}{{ $level }}{{ end }}{{ end }}"


TEMPLATE = _template()
"""The names as a Go template, which Alloy and Promtail take."""
