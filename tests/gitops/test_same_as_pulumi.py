"""What a repository delivers is what the program would install: the same objects, for every service of every stack."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from components.addresses import config_map
from gitops import place
from gitops.check import Report, check
from gitops.layout import KINDS, MANIFESTS, Kind, Layout
from gitops.program import Release, releases
from gitops.tree import files
from spec.gitops import ArgoCd, Manifests
from spec.load import from_file, stack_file, stacks
from tests.stack_objects import services, whole

pytestmark = pytest.mark.engine

LAYOUTS = [pytest.param(kind, manifests, id=f"{kind}-{manifests}") for kind in KINDS for manifests in MANIFESTS]


@cache
def releases_of(stack: str) -> list[Release]:
    return releases(from_file(stack_file(stack)))


def delivered(stack: str, directory: Path, kind: Kind, manifests: Manifests) -> Report:
    layout = Layout(kind, manifests, url="https://git.example.com/services")
    place.write(directory, files(from_file(stack_file(stack)), releases_of(stack), layout))
    return check(directory)


def by_name(objects: list[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(each["kind"], each["metadata"]["name"]): each for each in objects}


@pytest.mark.parametrize(("kind", "manifests"), LAYOUTS)
def test_every_layout_of_the_laptop_s_services_delivers_the_program_s_objects(
    kind: Kind, manifests: Manifests, tmp_path: Path
) -> None:
    report = delivered("dev", tmp_path, kind, manifests)
    assert report.problems == []
    assert report.objects.keys() == services("dev").keys()
    for service, objects in services("dev").items():
        assert by_name(report.objects[service]) == by_name(objects)


@pytest.mark.parametrize("manifests", MANIFESTS)
@pytest.mark.parametrize("stack", stacks())
def test_a_repository_delivers_the_program_s_objects(stack: str, manifests: Manifests, tmp_path: Path) -> None:
    report = delivered(stack, tmp_path, "flux", manifests)
    assert report.problems == []
    assert report.objects.keys() == services(stack).keys()
    for service, objects in services(stack).items():
        found, expected = by_name(report.objects[service]), by_name(objects)
        assert {name: at_home(each, service[1], expected[name]) for name, each in found.items()} == expected


def at_home(delivered: Mapping[str, Any], service: str, installed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object with the addresses in it that it reads from the service's ConfigMap, the program's own."""
    if delivered["kind"] != "Deployment":
        return delivered
    read = copy.deepcopy(dict(delivered))
    variables = read["spec"]["template"]["spec"]["containers"][0]["env"]
    known = {each["name"]: each for each in installed["spec"]["template"]["spec"]["containers"][0]["env"]}
    for position, variable in enumerate(variables):
        source = variable.get("valueFrom", {}).get("configMapKeyRef")
        if source == {"name": config_map(service), "key": variable["name"]}:
            assert "value" in known[variable["name"]]
            variables[position] = known[variable["name"]]
    return read


def test_only_what_the_cloud_makes_up_is_read_from_the_cluster() -> None:
    read = {
        variable["name"]
        for stack in stacks()
        for release in releases_of(stack)
        for variable in release.values["env"]
        if "configMapKeyRef" in variable.get("valueFrom", {})
    }
    assert "PGHOST" in read
    assert not {name for name in read if not name.removesuffix("_READER").endswith(("HOST", "ADDRESS", "URL", "URI"))}


def test_what_is_read_from_the_cluster_is_there_once_the_repository_delivers() -> None:
    spec = from_file(stack_file("prod"))
    gitops = ArgoCd.model_validate({"engine": "argocd", "repository": {"url": "https://git.example.com/services"}})
    kept = {
        (each["metadata"]["namespace"], each["metadata"]["name"]): each["data"]
        for each in whole(spec.model_copy(update={"gitops": gitops}))
        if each["kind"] == "ConfigMap"
    }
    read = [
        (release.namespace, variable["valueFrom"]["configMapKeyRef"])
        for release in releases_of("prod")
        for variable in release.values["env"]
        if "configMapKeyRef" in variable.get("valueFrom", {})
    ]
    assert read
    assert [each for namespace, each in read if not kept[namespace, each["name"]].get(each["key"])] == []
