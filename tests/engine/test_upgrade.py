"""An upgrade of this program, on a stack that an earlier release brought up: nothing is made anew, nothing lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from delivery.preview import Change, Preview, read
from spec.load import ROOT
from tests.upgrade.kept import releases

pytestmark = pytest.mark.engine

# Types that can only be replaced, and hold nothing: a Job is never changed, and what an immutable Secret holds neither.
MADE_ANEW = {"kubernetes:batch/v1:Job", "kubernetes:core/v1:Secret", "kubernetes:core/v1:ConfigMap"}


def named(changes: list[Change]) -> list[str]:
    return [f"{change.type} {change.name}: {', '.join(change.because)}" for change in changes]


def upgrade(release: str, program: Path = ROOT) -> Preview:
    """What a program would change on a stack that a release brought up."""
    command = [sys.executable, "-m", "tests.upgrade.kept", "preview", release, str(program)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-4000:]
    return read(ran.stdout)


@pytest.mark.parametrize("release", releases())
def test_the_state_of_an_earlier_release_is_taken_on_without_a_replacement(release: str) -> None:
    preview = upgrade(release)
    assert preview.unchanged > 100, "it is the same stack"
    assert named([each for each in preview.of("replace") if each.type not in MADE_ANEW]) == []
    assert named([each for each in preview.of("delete") if each.holds]) == []


def test_there_is_a_state_of_an_earlier_release() -> None:
    assert releases()


BASE = 'super().__init__("data:Aurora", name, opts)'
ALIASED = """\
super().__init__(
            "data:AuroraCluster",
            name,
            pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(aliases=[pulumi.Alias(type_="groundwork:data:Aurora")])
            ),
        )"""


@pytest.mark.parametrize(("now", "lost"), [(BASE.replace("Aurora", "AuroraCluster"), True), (ALIASED, False)])
def test_a_component_may_be_renamed_with_an_alias_and_not_without(tmp_path: Path, now: str, lost: bool) -> None:
    """Children carry their component's type in their URN: without the alias the database goes and comes anew."""
    for path in ROOT.iterdir():
        if not path.name.startswith(".") and path.name != "components":
            (tmp_path / path.name).symlink_to(path)
    shutil.copytree(ROOT / "components", tmp_path / "components", ignore=shutil.ignore_patterns("__pycache__"))
    module = tmp_path / "components" / "data_tier" / "aurora.py"
    assert BASE in module.read_text()
    module.write_text(module.read_text().replace(BASE, now))
    deleted = upgrade(releases()[-1], tmp_path).of("delete")
    assert ("aws:rds/cluster:Cluster" in {each.type for each in deleted}) is lost
