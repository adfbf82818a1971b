"""What every test runs with: the SDKs as the program imports them, and few searches for garbage."""

from __future__ import annotations

import gc

from stacks import lazy_sdks

lazy_sdks.install()

# How many objects are made before the youngest generation is gone through, and how often that happens before the next
# one is. Python's 700, 10 and 10 are for programs that keep little: they take a third of a worker's time.
gc.set_threshold(100_000, 20, 100)


def pytest_collection_finish() -> None:
    """Leave what the test modules have imported out of every later round: it stays until the end."""
    gc.freeze()
