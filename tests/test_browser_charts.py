"""The charts in Chromium: no text stands on another one, on a desk or on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from pages import LEAST_TEXT, Pages

pytestmark = pytest.mark.browser

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


@pytest.mark.parametrize("which", ["good", "one epoch", "three epochs", "batches", "diverged"])
def test_no_text_of_a_chart_stands_on_another_or_leaves_it(pages: Pages, which: str) -> None:
    for width in (390, 768, 1400):
        no_text_is_lost(pages.look_at(which, (width, 900)).evaluate(TEXTS), which)


def no_text_is_lost(charts: list[list[dict[str, Any]]], which: str) -> None:
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


SIZES = """
() => Object.fromEntries([...document.querySelectorAll("svg.chart")].map((chart) => {
  const scale = chart.getBoundingClientRect().width / chart.viewBox.baseVal.width;
  const text = chart.querySelector("text.tick");
  return [chart.closest("figure").querySelector("h3").id,
    parseFloat(getComputedStyle(text).fontSize) * scale];
}))
"""


@pytest.mark.parametrize("width", [390, 768, 1400])
def test_the_text_of_the_points_and_the_line_is_as_large_as_that_of_other_charts(
    pages: Pages, width: int
) -> None:
    sizes = pages.look_at("good", (width, 900)).evaluate(SIZES)
    assert sizes["chart-fit"] >= LEAST_TEXT
    assert sizes["chart-fit"] == pytest.approx(sizes["chart-loss"], rel=0.15)
