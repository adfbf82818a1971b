"""A repository that an engine could not read is told of, with the place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops import place
from gitops.check import check
from tests.gitops.test_tree import tree


def edit(file: Path, change: Callable[[Any], None]) -> None:
    document = yaml.safe_load(file.read_text())
    change(document)
    file.write_text(yaml.safe_dump(document))


def release(root: Path, service: str, change: Callable[[Any], None]) -> None:
    edit(root / f"services/shop/{service}/release.yaml", lambda document: change(document["spec"]))


@pytest.mark.parametrize(
    ("kind", "manifests", "break_it", "said"),
    [
        pytest.param(
            "applicationSet",
            "helm",
            lambda root: (root / "services/shop/web/values.yaml").unlink(),
            "services/shop/web: has neither values.yaml nor kustomization.yaml",
            id="a folder without a service",
        ),
        pytest.param(
            "applicationSet",
            "helm",
            lambda root: edit(root / "services/shop/web/values.yaml", lambda v: v.update(imag={})),
            "additional properties 'imag' not allowed",
            id="a value that the chart does not have",
        ),
        pytest.param(
            "applicationSet",
            "kustomize",
            lambda root: (root / "services/shop/web/manifests.yaml").unlink(),
            "manifests.yaml",
            id="a kustomization of a file that is not there",
        ),
        pytest.param(
            "applicationSet",
            "kustomize",
            lambda root: edit(
                root / "services/shop/web/kustomization.yaml", lambda kustomization: kustomization.update(namespace="x")
            ),
            "is in namespace x, in the folder of shop",
            id="an object of another namespace",
        ),
        pytest.param(
            "appOfApps",
            "helm",
            lambda root: edit(root / "apps/web.yaml", lambda app: app["spec"]["source"].update(path="charts/other")),
            "apps/web.yaml: leads to charts/other, which does not exist",
            id="an Application that leads nowhere",
        ),
        pytest.param(
            "appOfApps",
            "helm",
            lambda root: (root / "apps/web.yaml").unlink(),
            "services/shop/web: no Application in apps delivers it",
            id="a service that nothing delivers",
        ),
        pytest.param(
            "flux",
            "helm",
            lambda root: edit(
                root / "services/kustomization.yaml",
                lambda kustomization: kustomization["resources"].remove("shop/web"),
            ),
            "services/shop/web: services/kustomization.yaml does not list it",
            id="a service that Flux does not hear of",
        ),
        pytest.param(
            "flux",
            "helm",
            lambda root: edit(
                root / "services/shop/api/release.yaml", lambda of: of["spec"]["valuesFrom"][0].update(name="x")
            ),
            "HelmRelease api: has values from x, which does not exist",
            id="values that are not there",
        ),
        pytest.param(
            "flux",
            "helm",
            lambda root: edit(
                root / "services/shop/web/release.yaml", lambda of: of["spec"]["dependsOn"][0].update(name="x")
            ),
            "HelmRelease web: waits for x, which does not exist",
            id="a release that waits for ever",
        ),
        pytest.param(
            "flux",
            "helm",
            lambda root: edit(
                root / "services/shop/web/release.yaml",
                lambda of: of["spec"]["chart"]["spec"].update(chart="./charts/x"),
            ),
            "HelmRelease web: leads to ./charts/x, which does not exist",
            id="a chart that is not there",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(
    kind: Any, manifests: Any, break_it: Callable[[Path], Any], said: str, tmp_path: Path
) -> None:
    place.write(tmp_path, tree(kind, manifests, web=["api"], api=[]))
    break_it(tmp_path)
    problems = check(tmp_path).problems
    assert any(said in problem for problem in problems), problems


def test_a_directory_without_services_is_not_sound(tmp_path: Path) -> None:
    assert check(tmp_path).problems == ["services: holds no folder <namespace>/<service>"]
