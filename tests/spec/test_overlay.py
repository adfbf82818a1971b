"""An overlay says what is different, and the stack file that it makes is sound."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from spec.load import NAMESPACE, ROOT, from_config
from spec.mistakes import SpecError
from spec.overlay import document, laid_over, overlays

EVERY = [(path.parent.name, path.stem) for path in sorted((ROOT / "overlays").glob("*/*.yaml"))]


def test_mappings_are_merged_and_anything_else_is_the_overlays() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert laid_over(base, {"a": {"c": [3]}, "e": None}) == {"a": {"b": 1, "c": [3]}, "d": 1, "e": None}


@pytest.mark.parametrize(("stack", "name"), EVERY)
def test_every_overlay_makes_a_sound_stack_file(stack: str, name: str) -> None:
    config = yaml.safe_load(document(stack, [name]))["config"]
    from_config({key.removeprefix(NAMESPACE): value for key, value in config.items()}, name)


def test_overlays_are_laid_one_over_the_other() -> None:
    config = yaml.safe_load(document("dev", ["phase-2", "phase-3"]))["config"]
    assert config["groundwork:storage"]["engine"] == "longhorn"
    assert config["groundwork:cluster"]["agents"] == 2
    assert config["groundwork:cluster"]["serviceLB"] is False


def test_one_that_does_not_exist_is_answered_with_those_there_are() -> None:
    with pytest.raises(SpecError) as refused:
        document("dev", ["phase2"])
    assert "did you mean phase-2" in str(refused.value)


def test_a_stack_without_overlays_has_none(tmp_path: Path) -> None:
    assert overlays("dev", tmp_path) == []
