"""What every stack has to go through, in this order: one checkout, one account."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
import yaml

from tests.api_server import ApiServer
from tests.engine.conftest import Checkout
from tests.graph import GOLDEN, canonical, text

NAME = re.compile(r"[a-z]+([_-][a-z]+)*")


@dataclass(frozen=True)
class Change:
    """One line of a stack file, its new value, and the resources, each ``Type::name``, that it may touch."""

    path: str
    value: Any
    created: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)


def _inputs(resources: dict[str, Any]) -> dict[str, Any]:
    return {urn: (resource.get("id"), resource.get("inputs")) for urn, resource in resources.items()}


class Lifecycle:
    """Preview, up, nothing to do, refresh, change, destroy."""

    CHANGES: ClassVar[list[Change]]

    def test_1_preview_of_nothing_creates_nothing(self, platform: Checkout) -> None:
        assert " to create" in platform.run("preview")
        assert platform.run("manifests", fails=True)

    def test_2_up_ends_with_what_came_up(self, platform: Checkout) -> None:
        said = platform.run("up")
        for title in ("Endpoints", "Services", "Look further"):
            assert title in said
        outputs = platform.outputs()
        assert ("Nodes" in said) == bool(outputs["nodes"]), "somebody else's cluster has its own"
        for shown in (*(each["name"] for each in outputs["nodes"]), *(each["url"] for each in outputs["endpoints"])):
            assert shown in said, "each is whole, in one line"

    def test_3_the_graph_is_the_one_that_was_reviewed(self, platform: Checkout) -> None:
        graph = text(canonical(list(platform.resources().values())))
        assert graph == (GOLDEN / f"{platform.stack}.json").read_text(), "run `make golden` and review the diff"

    def test_3_no_secret_of_the_state_is_in_that_graph(self, platform: Checkout) -> None:
        graph = (GOLDEN / f"{platform.stack}.json").read_text()
        secrets = platform.secrets()
        assert secrets, "every stack generates some"
        # What is shorter, or a name such as a database role's, may be in it for another reason.
        assert not [each[:4] for each in secrets if len(each) >= 12 and not NAME.fullmatch(each) and each in graph]

    def test_4_an_api_server_takes_every_object(self, platform: Checkout, cluster: ApiServer) -> None:
        objects = yaml.load_all(platform.run("manifests"), yaml.CSafeLoader)
        assert cluster.refusals([each for each in objects if each["kind"] != "Release"]) == []

    def test_5_preview_of_an_untouched_stack_is_clean(self, platform: Checkout) -> None:
        assert "No changes" in platform.run("preview")

    def test_6_second_up_changes_nothing(self, platform: Checkout) -> None:
        before = platform.resources()
        assert " unchanged" in platform.run("up")
        assert _inputs(platform.resources()) == _inputs(before)

    def test_7_refresh_finds_no_drift(self, platform: Checkout) -> None:
        before = platform.resources()
        platform.run("refresh")
        assert _inputs(platform.resources()) == _inputs(before)

    def test_8_a_changed_line_changes_what_it_names_only(self, platform: Checkout) -> None:
        for change in self.CHANGES:
            touched = platform.changes(change.path, change.value)
            assert touched == (change.created, change.updated, change.deleted), change.path

    def test_9_a_plain_destroy_is_refused_and_deletes_nothing_where_data_is_protected(self, platform: Checkout) -> None:
        if not platform.value("protect"):
            pytest.skip("its file protects nothing")
        before = platform.resources()
        assert "because it is protected" in platform.engine("destroy", "--yes", fails=True)
        assert platform.resources() == before

    def test_destroy_on_purpose_leaves_nothing(self, platform: Checkout) -> None:
        assert "Nothing is left in the emulated account" in platform.run("destroy")
        assert [urn for urn in platform.resources() if "pulumi:pulumi:Stack" not in urn] == []
