"""How often the tests look for garbage: Python's own thresholds take a third of a worker's time."""

from __future__ import annotations

import gc

# How many objects are made before the youngest generation is gone through, and how often that happens before the next
# one is. Python's 700, 10 and 10 are for programs that keep little; a worker keeps the SDKs of every provider.
gc.set_threshold(100_000, 20, 100)


def pytest_collection_finish() -> None:
    """Leave what the test modules have imported out of every later round: it stays until the end."""
    gc.freeze()
