"""What a repository says of versions, of order, and of what is whose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops import place, render
from gitops.check import check
from gitops.layout import KINDS, Kind, Layout
from gitops.program import Release
from gitops.tree import files
from spec.load import ROOT
from spec.platform import Platform

URL = "https://git.example.com/team/services"


def platform(**uses: list[str]) -> Platform:
    services = [
        {"name": name, "namespace": "shop", "port": 8080 + number, "uses": used}
        for number, (name, used) in enumerate(uses.items())
    ]
    return Platform.model_validate(
        {
            "name": "shop",
            "cluster": {"target": "k3d"},
            "services": services,
            "security": {"namespaces": [{"name": "shop"}]},
        }
    )


def release(name: str, image: str = "ghcr.io/example/web", **values: Any) -> Release:
    return Release(name, "shop", {"image": {"repository": image, "tag": "1.0.0"}, "env": [], **values})


def tree(kind: Kind = "applicationSet", manifests: Any = "helm", **uses: list[str]) -> dict[str, str]:
    given = uses or {"web": []}
    return files(platform(**given), [release(name) for name in given], Layout(kind, manifests, url=URL))


def documents(found: dict[str, str], folder: str) -> dict[str, Any]:
    return {Path(path).stem: yaml.safe_load(text) for path, text in found.items() if path.startswith(folder)}


def test_the_chart_is_the_platform_s_own_byte_for_byte() -> None:
    found = tree()
    chart = {path: text for path, text in found.items() if path.startswith("charts/")}
    assert {path: (ROOT / path).read_text() for path in chart} == chart
    assert "charts/service/templates/_helpers.tpl" in chart


def test_values_say_what_the_chart_does_not_say_already() -> None:
    values = yaml.safe_load(tree()["services/shop/web/values.yaml"])
    assert values == {"image": {"repository": "ghcr.io/example/web", "tag": "1.0.0"}}


def test_the_same_services_are_the_same_text_whatever_order_the_program_gives() -> None:
    one = release("web", probes={"liveness": {"path": "/a"}, "readiness": {"path": "/b"}})
    other = release("web", probes={"readiness": {"path": "/b"}, "liveness": {"path": "/a"}})
    texts = {files(platform(web=[]), [each], Layout())["services/shop/web/values.yaml"] for each in (one, other)}
    assert len(texts) == 1


@pytest.mark.parametrize("image", ["ghcr.io/example/web", "registry.example.com:5000/example/web"])
def test_a_raised_tag_changes_the_image_and_every_version_label_and_nothing_else(image: str, tmp_path: Path) -> None:
    layout = Layout("appOfApps", "kustomize", url=URL)
    place.write(tmp_path, files(platform(web=[]), [release("web", image)], layout))
    folder = tmp_path / "services/shop/web"
    before = render.kustomize(folder)
    bumped = yaml.safe_load((folder / "kustomization.yaml").read_text())
    bumped["images"][0]["newTag"] = sha = "0123456789abcdef0123456789abcdef01234567"
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(bumped))
    text = yaml.safe_dump_all(render.kustomize(folder))
    assert text == yaml.safe_dump_all(before).replace("1.0.0", sha).replace(f"service-{sha}", "service-1.0.0")
    assert f"image: {image}:{sha}" in text


def test_a_service_comes_in_a_later_wave_than_those_that_it_uses() -> None:
    found = tree("appOfApps", gateway=["user", "post"], user=[], post=["user"])
    waves = {
        name: app["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
        for name, app in documents(found, "apps/").items()
    }
    assert waves == {"user": "0", "post": "1", "gateway": "2"}


def test_services_that_use_each_other_do_not_wait_for_each_other() -> None:
    found = tree("appOfApps", web=["a"], a=["b"], b=["a"])
    waves = {
        name: app["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
        for name, app in documents(found, "apps/").items()
    }
    assert waves == {"a": "0", "b": "0", "web": "1"}
    flux = tree("flux", web=["a"], a=["b"], b=["a"])
    after = {
        name: [each["name"] for each in yaml.safe_load(flux[f"services/shop/{name}/release.yaml"])["spec"]["dependsOn"]]
        for name in ("web",)
    }
    assert after == {"web": ["a"]}
    assert "dependsOn" not in yaml.safe_load(flux["services/shop/a/release.yaml"])["spec"]


def test_what_drifts_is_put_right_and_what_left_the_repository_goes() -> None:
    app = documents(tree("appOfApps"), "apps/")["web"]
    assert app["spec"]["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert app["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io/foreground"]


def test_in_a_folder_of_the_repository_paths_begin_with_it(tmp_path: Path) -> None:
    layout = Layout("appOfApps", url=URL, path="/platforms/shop")
    found = files(platform(web=[]), [release("web")], layout)
    source = documents(found, "apps/")["web"]["spec"]["source"]
    assert source["path"] == "platforms/shop/charts/service"
    assert source["helm"]["valueFiles"] == ["/platforms/shop/services/shop/web/values.yaml"]
    place.write(tmp_path, found)
    assert check(tmp_path, "/platforms/shop").problems == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_tells_of_this_layout_alone(kind: Kind) -> None:
    page = tree(kind)["README.md"]
    assert "values.yaml" in page
    assert "kustomization.yaml` | `images" not in page
    assert ("App of Apps" in page or "`apps/" in page) == (kind == "appOfApps")
    assert ("ApplicationSet" in page) == (kind == "applicationSet")
    assert "<!--" not in page
