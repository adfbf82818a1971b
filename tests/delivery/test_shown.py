"""What the pages show is what comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from cost.graph import before_and_after, lines
from cost.model import bill
from cost.prices import usage
from cost.report import difference
from delivery import comment
from delivery.preview import read

PREVIEWS = Path(__file__).parent / "previews"

SHOWN = {"another_reader": "", "replaced_database": "the preview"}
"""The engine's own events of stack prod, shortened to what changes and what is billed -> what failed, if it did."""


def shown(name: str) -> str:
    events = (PREVIEWS / f"{name}.jsonl").read_text()
    before, after = (bill(graph, usage()) for graph in before_and_after(lines(events)))
    cost, reasons = difference(before, after), ["its stack file changed"]
    return comment.render("prod", read(events), reasons=reasons, cost=cost, failed=SHOWN[name])


@pytest.mark.parametrize("name", SHOWN)
def test_the_comment_that_the_page_leads_to_is_what_is_made_of_that_preview(name: str) -> None:
    """Written anew by: python -m tests.delivery.test_shown"""
    assert (PREVIEWS / f"{name}.md").read_text() == shown(name)


if __name__ == "__main__":
    for each in SHOWN:
        (PREVIEWS / f"{each}.md").write_text(shown(each))
