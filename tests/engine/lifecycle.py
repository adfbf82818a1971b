"""What every stack has to go through, in this order: one checkout, one account."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.engine.conftest import Checkout


def _inputs(resources: dict[str, Any]) -> dict[str, Any]:
    return {urn: (resource.get("id"), resource.get("inputs")) for urn, resource in resources.items()}


class Lifecycle:
    """Preview, up, nothing to do, refresh, change, destroy."""

    CHANGES: ClassVar[list[tuple[str, Any, set[str]]]]
    """Each: a path of the stack file, its new value, and the resources that may be updated by it."""

    def test_1_preview_of_nothing_creates_nothing(self, platform: Checkout) -> None:
        assert " to create" in platform.run("preview")
        assert not platform.run("manifests", fails=True).startswith("---")

    def test_2_up_ends_with_what_came_up(self, platform: Checkout) -> None:
        said = platform.run("up")
        for title in ("Endpoints", "Services", "Nodes"):
            assert title in said
        assert platform.resources()

    def test_3_preview_of_an_untouched_stack_is_clean(self, platform: Checkout) -> None:
        assert "No changes" in platform.run("preview")

    def test_4_second_up_changes_nothing(self, platform: Checkout) -> None:
        before = platform.resources()
        platform.run("up")
        assert _inputs(platform.resources()) == _inputs(before)

    def test_5_refresh_finds_no_drift(self, platform: Checkout) -> None:
        before = platform.resources()
        platform.run("refresh")
        assert _inputs(platform.resources()) == _inputs(before)

    def test_6_a_changed_line_changes_what_it_names_only(self, platform: Checkout) -> None:
        for path, value, expected in self.CHANGES:
            created, updated, deleted = platform.changes(path, value)
            assert (created, updated, deleted) == (set(), expected, set()), path

    def test_7_destroy_leaves_nothing(self, platform: Checkout) -> None:
        assert "Nothing is left in the emulated account" in platform.run("destroy")
        assert [u for u in platform.resources() if "pulumi:pulumi:Stack" not in u] == []
