"""Failures and delays put in by whoever tests what happens then."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.emulator import Refused

VARIABLE: Final = "GROUNDWORK_FAULTS"
"""Environment variable: JSON, resource type -> {fail, times, delay, on}. A type of `*` is any type."""


@dataclass
class Fault:
    """delay: seconds before the operation. fail: the reason it then fails for. times: how many operations it
    fails (-1: all). on: which operations are meant."""

    fail: str = ""
    times: int = -1
    delay: float = 0.0
    on: list[str] = field(default_factory=lambda: ["create"])


class Faults:
    """The faults of one server."""

    def __init__(self, table: Mapping[str, Mapping[str, Any]]) -> None:
        self._table = {type: Fault(**fault) for type, fault in table.items()}
        self._lock = threading.Lock()
        self.cancelled = threading.Event()
        """Set to end all delays at once."""

    @classmethod
    def parse(cls, text: str | None) -> Faults:
        """The faults that `GROUNDWORK_FAULTS` describes. Raises ValueError naming the variable."""
        try:
            return cls(json.loads(text or "{}"))
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"{VARIABLE} is not a table of faults by resource type: {error}") from error

    def strike(self, type: str, operation: str) -> None:
        """Wait, and raise Refused, as the table has it for an operation on a type."""
        fault = self._table.get(type) or self._table.get("*")
        if fault is None or operation not in fault.on:
            return
        self.cancelled.wait(fault.delay)
        with self._lock:
            strikes = bool(fault.fail) and fault.times != 0
            fault.times -= strikes
        if strikes:
            raise Refused(fault.fail)
