"""The loop on this machine, from a commit to a roll back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from delivery.cli import main
from delivery.errors import Refused
from delivery.rehearsal import rehearse
from spec.load import ROOT
from tools import ensure

pytestmark = pytest.mark.engine

VALUES = "image:\n  repository: ghcr.io/acme/auth\n  tag: 6.9.2\nport: 3010\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What `gitops init` writes, for one service."""
    tree = tmp_path / "tree"
    values = tree / "services" / "ticketing" / "auth" / "values.yaml"
    values.parent.mkdir(parents=True)
    values.write_text(VALUES)
    (tree / "charts").mkdir()
    (tree / "charts" / "service").symlink_to(ROOT / "charts" / "service")
    return tree


def test_a_version_that_works_stays_and_one_that_does_not_is_rolled_back(tree: Path, tmp_path: Path) -> None:
    said: list[str] = []
    rehearse(tree, tmp_path / "run", "auth", ensure("helm"), main, said.append)
    text = "\n".join(said)
    commands = [line.split()[4] for line in text.splitlines() if line.startswith("$ ")]
    assert commands == ["bump", "verify", "bump", "verify", "rollback", "verify"]
    assert (
        "Deployment/auth: spec.template.spec.containers[0].image: ghcr.io/acme/auth:6.9.2 → ghcr.io/acme/auth:" in text
    )
    assert text.count("200, 3 times in a row") == 2
    assert "error: " in text
    assert text.splitlines()[-4].split(maxsplit=1)[1].startswith('Revert "Bump auth to ')


def test_a_loop_that_does_not_end_as_it_has_to_is_refused(tree: Path, tmp_path: Path) -> None:
    def unwell(arguments: Sequence[str]) -> int:
        return 1 if arguments[0] == "verify" else main(arguments)

    with pytest.raises(Refused, match=r"the verification of \w{7} ended with failure"):
        rehearse(tree, tmp_path / "run", "auth", ensure("helm"), unwell, lambda _: None)
