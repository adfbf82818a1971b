"""Which stacks a change affects: on a small project in a real repository, and on this one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from delivery import modules
from delivery.affected import affected, by_files
from delivery.git import Git
from spec.load import ROOT, stacks
from tests.delivery.conftest import git, save, write

PROJECT = {
    "__main__.py": "from stacks.platform import build\nbuild()\n",
    "stacks/platform.py": """\
from components.charts import Charts
from components.gitops import Gitops, seconds

pytestmark = pytest.mark.engine

def build():
    if aws:
        from stacks.aws import ground
    else:
        from stacks.local import ground
""",
    "stacks/aws.py": "from components.eks import EksCluster\nfrom components.charts import Charts\n",
    "stacks/local.py": "from components.k3d import K3dCluster\n",
    "components/charts.py": "class Charts: ...\n",
    "components/eks.py": "from components import names\nclass EksCluster(Component):\n    def __init__(self):\n"
    "        super().__init__('cluster:EksCluster', name)\n",
    "components/names.py": "",
    "components/k3d.py": "class K3dCluster(Component):\n    def __init__(self):\n"
    "        super().__init__('cluster:K3dCluster', name)\n",
    "components/gitops.py": "class Gitops(Component):\n    def __init__(self):\n"
    "        super().__init__('gitops:Gitops', name)\n\ndef seconds(): ...\n",
    "components/unused.py": "",
    "components/boot/__init__.py": "",
    "components/boot/boot.sh": "",
    "charts/service/values.yaml": "a: 1\n",
    "charts/versions.yaml": """\
loki:
  repository: https://grafana.test
  version: 1.0.0
  notes: old
istio:
  chart: base
  repository: https://istio.test
  version: 2.0.0
""",
    "requirements.lock": """\
pulumi==3.1 \\
    --hash=sha256:aa
    # via -r requirements.txt
grpcio==1.1 \\
    --hash=sha256:bb
    # via pulumi
ruff==0.1 \\
    --hash=sha256:cc
    # via -r requirements-dev.txt
""",
    "Pulumi.yaml": "name: groundwork\n",
    "Pulumi.dev.yaml": "config: {}\n",
    "Pulumi.prod.yaml": "config: {}\n",
    "README.md": "",
}


def release(chart: str) -> dict[str, Any]:
    return {"type": "kubernetes:helm.sh/v3:Release", "inputs": {"chart": chart}}


GRAPHS = {
    "dev": {"K3dCluster::dev": {"type": "groundwork:cluster:K3dCluster"}, "Release::base": release("base")},
    "prod": {
        "EksCluster::prod": {"type": "groundwork:cluster:EksCluster"},
        "Release::logs": release("oci://grafana.test/charts/loki"),
        "Release::auth": release("./charts/service"),
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for name, text in PROJECT.items():
        write(tmp_path, name, text)
    for stack, graph in GRAPHS.items():
        write(tmp_path, f"tests/golden/{stack}.json", json.dumps(graph))
    save(tmp_path, "A project")
    git(tmp_path, "switch", "--quiet", "--create", "change")
    return tmp_path


def found(project: Path, **files: str | None) -> dict[str, list[str]]:
    """Commit changes, None being a deletion, and return what they affect."""
    for name, text in files.items():
        path = name
        if text is None:
            (project / path).unlink()
        else:
            write(project, path, text)
    save(project, "Change")
    return affected(Git(project), "main", "HEAD")


def changed(project: Path, path: str, old: str = "", new: str = "# changed\n") -> dict[str, list[str]]:
    text = (project / path).read_text()
    return found(project, **{path: text.replace(old, new) if old else text + new})


@pytest.mark.parametrize(
    ("path", "stacks"),
    [
        ("Pulumi.prod.yaml", ["prod"]),
        ("tests/golden/dev.json", ["dev"]),
        ("Pulumi.yaml", ["dev", "prod"]),
        ("stacks/platform.py", ["dev", "prod"]),
        ("stacks/aws.py", ["prod"]),
        ("stacks/local.py", ["dev"]),
        ("components/eks.py", ["prod"]),
        ("components/names.py", ["prod"]),
        ("components/k3d.py", ["dev"]),
        ("components/charts.py", ["dev", "prod"]),
        ("components/gitops.py", ["dev", "prod"]),
        ("components/unused.py", []),
        ("components/boot/boot.sh", []),
        ("charts/service/values.yaml", ["prod"]),
        ("README.md", []),
        ("load/backend.js", []),
        ("overlays/dev/mesh.yaml", []),
        ("smoke/checks.py", []),
        ("something/else", ["dev", "prod"]),
    ],
)
def test_a_changed_file_affects_the_stacks_made_from_it(project: Path, path: str, stacks: list[str]) -> None:
    if not (project / path).exists():
        write(project, path, "")
    text = "{}" if path.endswith(".json") else (project / path).read_text() + "# changed\n"
    assert sorted(found(project, **{path: text})) == stacks


def test_the_reasons_are_said(project: Path) -> None:
    assert changed(project, "components/eks.py") == {"prod": ["it runs components/eks.py"]}


def test_a_new_version_of_a_chart_affects_the_stacks_that_install_it(project: Path) -> None:
    assert changed(project, "charts/versions.yaml", "1.0.0", "1.1.0") == {
        "prod": ["charts changed: loki 1.0.0 → 1.1.0"]
    }


def test_a_chart_under_another_name_is_found_by_its_own(project: Path) -> None:
    assert changed(project, "charts/versions.yaml", "2.0.0", "2.1.0") == {
        "dev": ["charts changed: istio 2.0.0 → 2.1.0"]
    }


def test_a_note_on_a_chart_affects_none(project: Path) -> None:
    assert changed(project, "charts/versions.yaml", "notes: old", "notes: new") == {}


def test_packages_of_the_program_affect_all_and_those_of_the_checks_none(project: Path) -> None:
    assert changed(project, "requirements.lock", "ruff==0.1", "ruff==0.2") == {}
    reasons = changed(project, "requirements.lock", "grpcio==1.1", "grpcio==1.2")
    assert reasons == {stack: ["the program's packages changed: grpcio"] for stack in ("dev", "prod")}


def test_a_module_that_is_deleted_affects_those_that_ran_it(project: Path) -> None:
    assert sorted(found(project, **{"components/k3d.py": None})) == ["dev"]


def test_a_new_stack_is_affected_and_one_that_is_gone_is_not(project: Path) -> None:
    assert sorted(found(project, **{"Pulumi.new.yaml": "config: {}\n", "Pulumi.dev.yaml": None})) == ["new"]


def test_what_main_did_since_the_branch_left_it_does_not_count(project: Path) -> None:
    changed(project, "components/eks.py")
    git(project, "switch", "--quiet", "main")
    write(project, "Pulumi.dev.yaml", "config: {a: b}\n")
    save(project, "Meanwhile")
    assert sorted(affected(Git(project), "main", "change")) == ["prod"]


def test_a_file_that_moved_affects_those_of_both_places(project: Path) -> None:
    text = PROJECT["components/eks.py"]
    assert sorted(found(project, **{"components/eks.py": None, "components/k3d.py": text})) == ["dev", "prod"]


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    """This project's own files."""
    kept = [ROOT / "__main__.py", *ROOT.glob("Pulumi*.yaml"), *ROOT.glob("tests/golden/*.json")]
    for package in ("components", "spec", "stacks"):
        kept += [path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(ROOT)): path.read_text(errors="replace") for path in kept}


@pytest.mark.parametrize("stack", stacks())
def test_a_component_of_a_stack_is_in_a_module_that_the_stack_runs(here: dict[str, str], stack: str) -> None:
    types = {node["type"] for node in json.loads(here[f"tests/golden/{stack}.json"]).values()}
    run = modules.used(here, types)
    homes = {token: path for path, text in here.items() for token in re.findall(r'__init__\(\s*"(\w+:\w+)"', text)}
    built = {type.removeprefix("groundwork:") for type in types if type.startswith("groundwork:")}
    assert built
    assert {token for token in built if homes[token] not in run} == set()


@pytest.mark.parametrize(
    ("path", "there", "not_there"),
    [
        ("components/cluster/k3d.py", {"dev"}, {"prod", "blog", "sesacthon", "tacklebox"}),
        ("components/cluster/eks.py", {"prod", "blog"}, {"dev", "sesacthon", "tacklebox"}),
        ("components/cluster/kubeadm.py", {"sesacthon"}, {"dev", "prod", "blog", "tacklebox"}),
        ("components/data_tier/aurora.py", {"prod"}, {"dev"}),
        ("stacks/aws.py", {"prod", "blog", "sesacthon"}, {"dev"}),
        ("stacks/local.py", {"dev"}, {"prod", "blog", "sesacthon"}),
        # Components that are called as what they make.
        ("components/edge/web_acl.py", {"prod", "sesacthon"}, {"dev", "blog", "tacklebox"}),
        ("components/vpc.py", {"prod", "blog", "sesacthon"}, {"dev", "tacklebox"}),
        ("components/namespaces.py", set(stacks()), set()),
        ("spec/base.py", set(stacks()), set()),
    ],
)
def test_a_module_of_this_project_affects_the_stacks_that_run_it(
    here: dict[str, str], path: str, there: set[str], not_there: set[str]
) -> None:
    reasons = by_files(here, here, [path]).keys()
    assert there <= reasons
    assert not not_there & reasons
