"""Load tests: what their jobs are to the engines, and the component that has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.data_tier.endpoint import ADMINISTRATOR, Consumer, Engine
from components.load_test import jobs
from components.load_test.jobs import LoadTest
from components.namespaces import Namespaces
from spec.platform import Platform
from spec.postgres import InClusterPostgres

# A topic comes and goes with each run; in the database it is an application like others.
_ACCESS = {"kafka": frozenset({ADMINISTRATOR}), "postgres": frozenset({"writer"})}


def load_test_clients(spec: Platform, engine: str, namespaces: Namespaces) -> list[Consumer]:
    """Return the load test as a consumer of an engine; none where there is no such test."""
    if spec.data.load_test is None:
        return []
    return [Consumer(jobs.NAME, namespaces.ensure(jobs.NAME), _ACCESS[engine])]


def load_test(spec: Platform, engines: Mapping[str, Engine], common: Any) -> None:
    """Have the jobs stand ready, where ``spec`` asks for them."""
    if spec.data.load_test is None:
        return
    postgres = spec.data.postgres
    here = isinstance(postgres, InClusterPostgres)
    LoadTest(
        jobs.NAME,
        spec.data.load_test,
        kafka=engines["kafka"].endpoint(jobs.NAME) if spec.data.kafka else None,
        postgres=engines["postgres"].endpoint(jobs.NAME) if here else None,
        postgres_image=postgres.image if here else "",
        namespace=common["namespaces"].ensure(jobs.NAME),
        opts=common["opts"],
    )
