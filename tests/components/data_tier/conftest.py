"""What tests of the data tier share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.components.data_tier.postgres_server import Server, binaries, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server with nothing in it; what a test makes there, it names after itself."""
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL's server is not installed")
    with running(found) as server:
        yield server
