"""An overlay says what is different, and the stack file that it makes is sound."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
import yaml

from spec.cluster import K3dCluster
from spec.load import NAMESPACE, ROOT, from_config
from spec.mistakes import SpecError
from spec.overlay import document, laid_over, overlays

EVERY = [(path.parent.name, path.stem) for path in sorted((ROOT / "overlays").glob("*/*.yaml"))]

PAIRS = [(stack, [first, second]) for (stack, first), (other, second) in permutations(EVERY, 2) if stack == other]


def test_mappings_are_merged_and_anything_else_is_the_overlays() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert laid_over(base, {"a": {"c": [3]}, "e": None}) == {"a": {"b": 1, "c": [3]}, "d": 1, "e": None}


def test_things_with_names_are_merged_by_them() -> None:
    base = {"namespaces": [{"name": "a", "egress": "open"}, {"name": "b"}]}
    overlay = {"namespaces": [{"name": "a", "quota": 1}, {"name": "c"}]}
    merged = [{"name": "a", "egress": "open", "quota": 1}, {"name": "b"}, {"name": "c"}]
    assert laid_over(base, overlay) == {"namespaces": merged}
    assert laid_over([{"name": "a"}], []) == []


@pytest.mark.parametrize(("stack", "name"), EVERY)
def test_every_overlay_makes_a_sound_stack_file(stack: str, name: str) -> None:
    config = yaml.safe_load(document(stack, [name]))["config"]
    from_config({key.removeprefix(NAMESPACE): value for key, value in config.items()}, name)


@pytest.mark.parametrize(("stack", "names"), PAIRS)
def test_any_two_make_a_sound_stack_file(stack: str, names: list[str]) -> None:
    config = yaml.safe_load(document(stack, names))["config"]
    from_config({key.removeprefix(NAMESPACE): value for key, value in config.items()}, " ".join(names))


def test_three_machines_have_three_of_everything() -> None:
    config = yaml.safe_load(document("dev", ["three-machines"]))["config"]
    three = from_config({key.removeprefix(NAMESPACE): value for key, value in config.items()}, "three-machines")
    kafka, postgres = three.data.kafka, three.data.postgres
    assert kafka is not None
    assert three.cluster.target == "k3d"
    assert three.cluster.servers == 3
    assert (kafka.brokers, kafka.controllers, kafka.replicas) == (3, 3, 3)
    assert postgres is not None
    assert postgres.engine == "inCluster"
    assert postgres.instances == 3


@pytest.mark.parametrize(("stack", "name"), EVERY)
def test_every_overlay_is_on_the_page(stack: str, name: str) -> None:
    page = (ROOT / "docs" / "growing.md").read_text()
    assert f"## `{name}`\n" in page, f"{name} of {stack}"


def test_overlays_are_laid_one_over_the_other() -> None:
    config = yaml.safe_load(document("dev", ["phase-2", "phase-3"]))["config"]
    assert config["groundwork:storage"]["engine"] == "longhorn"
    assert config["groundwork:cluster"]["agents"] == 2
    assert config["groundwork:cluster"]["serviceLB"] is False


def test_one_that_does_not_exist_is_answered_with_those_there_are() -> None:
    with pytest.raises(SpecError) as refused:
        document("dev", ["phase2"])
    assert "did you mean phase-2" in str(refused.value)


def test_one_that_is_not_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "overlays" / "dev").mkdir(parents=True)
    (tmp_path / "overlays" / "dev" / "bad.yaml").write_text("config:\n  a: [\n")
    with pytest.raises(SpecError, match=r"bad\.yaml(.|\n)*is not YAML as Pulumi reads it: line \d"):
        document("dev", ["bad"], tmp_path)


def test_one_that_says_nothing_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {a: 1}\n")
    (tmp_path / "overlays" / "dev").mkdir(parents=True)
    (tmp_path / "overlays" / "dev" / "empty.yaml").write_text("# nothing yet\n")
    assert yaml.safe_load(document("dev", ["empty"], tmp_path)) == {"config": {"a": 1}}


def test_a_stack_without_overlays_has_none(tmp_path: Path) -> None:
    assert overlays("dev", tmp_path) == []


def test_the_image_of_phase_2_is_the_k3s_that_dev_has_with_open_iscsi() -> None:
    base = K3dCluster(target="k3d").image
    recipe = (ROOT / "overlays" / "dev" / "k3s-open-iscsi" / "Dockerfile").read_text()
    assert f"ARG K3S={base.rpartition(':')[2]}\n" in recipe
    image = yaml.safe_load(document("dev", ["phase-2"]))["config"]["groundwork:cluster"]["image"]
    assert image.rpartition(":")[2] == base.rpartition(":")[2]
    assert f"--tag {image} overlays/dev/k3s-open-iscsi\n" in (ROOT / "docs" / "growing.md").read_text()
