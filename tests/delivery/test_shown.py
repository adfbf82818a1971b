"""What the pages show is what comes out."""

from __future__ import annotations

from pathlib import Path

from delivery import comment
from delivery.preview import read

PREVIEWS = Path(__file__).parent / "previews"


def test_the_comment_that_the_page_leads_to_is_what_is_made_of_that_preview() -> None:
    """Written anew by: python -m delivery comment prod tests/delivery/previews/replaced_database.json …"""
    preview = read((PREVIEWS / "replaced_database.json").read_text())
    cost = "$2,220.32 a month as before (list prices of us-east-1, 2026-01-19)"
    text = comment.render("prod", preview, reasons=["its stack file changed"], cost=cost)
    assert text == (PREVIEWS / "replaced_database.md").read_text()
