"""The charts in Chromium: no text stands on another one, on a desk or on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from recordings import diverged, lesson, of_batches, page_of

pytestmark = pytest.mark.browser

PAGES = {
    "good": lesson,
    "one epoch": lambda: lesson(epochs=1),
    "three epochs": lambda: lesson(epochs=3),
    "batches": of_batches,
    "diverged": diverged,
}
# In px: what two boxes of text may share, since letters do not fill theirs.
ROOM = 3
TEXTS = """
() => [...document.querySelectorAll("svg.chart")].map((chart) =>
  [...chart.querySelectorAll("text")].map((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const frame = (text.ownerSVGElement ?? chart).getBoundingClientRect();
    const inside = left >= frame.left - 1 && right <= frame.right + 1
      && top >= frame.top - 1 && bottom <= frame.bottom + 1;
    return { text: text.textContent, inside, left, right, top, bottom };
  }))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as files."""
    folder = tmp_path_factory.mktemp("charts")
    for name, recording in PAGES.items():
        (folder / f"{name}.html").write_text(page_of(recording()), encoding="utf-8")
    return folder


@pytest.mark.parametrize("width", [390, 768, 1400])
@pytest.mark.parametrize("which", PAGES)
def test_no_text_of_a_chart_stands_on_another_or_leaves_it(
    browser: Browser, folder: Path, which: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((folder / f"{which}.html").as_uri())
    charts: list[list[dict[str, Any]]] = page.evaluate(TEXTS)
    page.close()
    assert len(charts) >= (4 if which == "batches" else 8)
    assert [text["text"] for texts in charts for text in texts if not text["inside"]] == []
    overlapping = [
        (one["text"], other["text"])
        for texts in charts
        for place, one in enumerate(texts)
        for other in texts[:place]
        if _overlap(one, other)
    ]
    assert overlapping == []


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > ROOM and down > ROOM
