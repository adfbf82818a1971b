"""What a stack makes of its cluster, without the engine: the program run on the emulated cloud, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pulumi.runtime.mocks import MockMonitor

from components.charts import SERVICE_CHART
from sandbox.command import own_account
from sandbox.kubernetes.cluster import Cluster
from sandbox.mocks import EmulatedMocks, run_under
from spec.load import from_file, stack_file
from spec.platform import Platform
from stacks.platform import build

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Release:
    """A Helm release: its chart by the name that the chart gives itself, and the values it was given."""

    name: str
    namespace: str
    chart: str
    values: Object


@dataclass(frozen=True)
class Made:
    """A stack's cluster once everything is in it.

    Objects of a chart are there where the chart is at hand: charts/service always, third-party charts where
    GROUNDWORK_CHARTS names a directory of them.
    """

    spec: Platform
    objects: tuple[Object, ...]
    releases: tuple[Release, ...]

    def of_kind(self, kind: str) -> list[Object]:
        """Return the objects of a kind."""
        return [each for each in self.objects if each["kind"] == kind]


@cache
def made(stack: str) -> Made:
    """Return what a stack's file makes of its cluster, with the services that a GitOps engine delivers to it."""
    return made_of(from_file(stack_file(stack)))


def made_of(spec: Platform) -> Made:
    """Return what a platform makes of its cluster, with the services that a GitOps engine delivers to it."""
    clusters = _clusters(spec)
    objects, releases = [*_objects(clusters)], [*_releases(clusters)]
    if spec.gitops and spec.gitops.repository:
        alone = _clusters(_without_gitops(spec))
        objects += [each for of in _services(alone).values() for each in of]
        releases += [each for each in _releases(alone) if each.chart == Path(SERVICE_CHART).name]
    return Made(spec, tuple(objects), tuple(releases))


def whole(spec: Platform) -> list[Object]:
    """Return what the program itself makes of a cluster, for a platform that need not be a stack's."""
    return list(_objects(_clusters(spec)))


@cache
def services(stack: str) -> dict[tuple[str, str], list[Object]]:
    """Return the objects of each service, by namespace and name, as the program itself installs them."""
    return _services(_clusters(_without_gitops(from_file(stack_file(stack)))))


def _without_gitops(spec: Platform) -> Platform:
    return spec.model_copy(update={"gitops": None})


def cloud_of(spec: Platform) -> EmulatedMocks:
    """Run the program for a platform on an emulated cloud, and return that, with what was registered."""
    cloud = EmulatedMocks()
    with own_account():
        run_under(MockMonitor(cloud), lambda: build(spec))
    return cloud


def _clusters(spec: Platform) -> list[Cluster]:
    """Run the program on the emulated cloud, and return the clusters that there are then."""
    cloud = cloud_of(spec)
    clusters: Mapping[str, Cluster] = cloud.cloud.emulator("kubernetes").snapshot() or {}  # type: ignore[assignment]
    return list(clusters.values())


def _services(clusters: Iterable[Cluster]) -> dict[tuple[str, str], list[Object]]:
    found: dict[tuple[str, str], list[Object]] = {}
    for cluster in clusters:
        for id, release in cluster.releases.items():
            if release.document["spec"]["chart"] == SERVICE_CHART:
                namespace, name = id.split("/")
                found[namespace, name] = [entry.applied for entry in cluster.entries.values() if entry.owner == id]
    return found


def _objects(clusters: Iterable[Cluster]) -> Iterator[Object]:
    for cluster in clusters:
        yield from (entry.live for entry in cluster.entries.values())


def _releases(clusters: Iterable[Cluster]) -> Iterator[Release]:
    for cluster in clusters:
        for release in cluster.releases.values():
            about, given = release.document["metadata"], release.document["spec"]
            chart = Path(given["chart"]).name.removesuffix(f"-{given['version']}.tgz")
            yield Release(about["name"], about["namespace"], chart, given["values"])
