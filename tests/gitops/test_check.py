"""A repository that an engine could not read is told of, with the place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops import place
from gitops.check import check
from gitops.layout import Layout
from gitops.tree import files
from tests.gitops.test_tree import platform, tree
from tests.gitops.test_tree import release as made

pytestmark = pytest.mark.engine


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


@pytest.mark.parametrize("manifests", ["helm", "kustomize"])
@pytest.mark.parametrize(
    ("where", "values", "key"),
    [
        ("annotations", "podAnnotations", "sidecar.istio.io/rewriteAppHTTPProbers"),
        ("annotations", "podAnnotations", "sidecar.istio.io/inject"),
        ("labels", "podLabels", "sidecar.istio.io/inject"),
    ],
)
def test_who_opts_out_of_the_mesh_that_others_are_in_is_told_where(
    manifests: Any, where: str, values: str, key: str, tmp_path: Path
) -> None:
    layout = Layout(manifests=manifests, url="https://git.example.com/team/services")
    place.write(tmp_path, files(platform(web=[]), [made("web", mesh={"enabled": True})], layout))
    assert check(tmp_path).problems == []
    folder = tmp_path / "services/shop/web"
    if manifests == "helm":
        edit(folder / "values.yaml", lambda of: of.update({values: {key: "false"}}))
        file = "values.yaml"
    else:
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
        patch = {"spec": {"template": {"metadata": {where: {key: "false"}}}}}
        (folder / "opt-out.yaml").write_text(yaml.safe_dump(deployment | patch))
        edit(folder / "kustomization.yaml", lambda of: of.update(patches=[{"path": "opt-out.yaml"}]))
        file = "opt-out.yaml"
    (problem,) = check(tmp_path).problems
    assert problem.startswith(f"services/shop/web/{file}: Deployment web has {key} off")


def test_who_is_in_no_mesh_may_say_so(tmp_path: Path) -> None:
    made_so = made("web", podAnnotations={"sidecar.istio.io/inject": "false"})
    place.write(tmp_path, files(platform(web=[]), [made_so], Layout(url="https://git.example.com/team/services")))
    assert check(tmp_path).problems == []


def test_a_directory_without_services_is_not_sound(tmp_path: Path) -> None:
    assert check(tmp_path).problems == ["services: holds no folder <namespace>/<service>"]


@pytest.mark.parametrize("text", ["kind: Kustomization\n", "- 1\n", "spec: {source: {}}\n", "a: [\n"])
def test_what_is_no_application_is_told(tmp_path: Path, text: str) -> None:
    place.write(tmp_path, tree("appOfApps"))
    (tmp_path / "apps" / "other.yaml").write_text(text)
    (said,) = check(tmp_path).problems
    assert said.startswith("apps/other.yaml: is no Application")


def test_folders_that_are_no_services_of_the_stack_are_told_in_order(tmp_path: Path) -> None:
    for name in "edcba":
        (tmp_path / "services" / "shop" / name).mkdir(parents=True)
    assert place.plan(tmp_path, {}).others == tuple(f"services/shop/{name}" for name in "abcde")


@pytest.mark.parametrize("text", ["a: [\n", "- 1\n", "image: auth\n"])
def test_a_version_that_can_not_be_read_is_never_written_over(tmp_path: Path, text: str) -> None:
    place.write(tmp_path, {"services/shop/web/values.yaml": text})
    with pytest.raises(place.Unreadable, match=r"services/shop/web/values.yaml: .*mend or remove it"):
        place.tags(tmp_path)
