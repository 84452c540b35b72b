"""Pages of programs in Chromium: accessible, within the window, without a script, on paper."""

from __future__ import annotations

from typing import Any

import pytest
from pages import LEAST_TEXT, NARROW, OVERFLOW, WIDE, Pages, Size, faults_found_by_axe
from programs import PROGRAMS

pytestmark = pytest.mark.browser

# What axe looks at; in the first four also at the colours, since they have all the parts.
LOOKS: dict[str, list[tuple[str, Size]]] = {
    "cut": [("light", WIDE), ("dark", NARROW)],
    "measured": [("light", NARROW), ("dark", WIDE)],
    "raised": [("light", NARROW)],
    "large": [("light", NARROW)],
    "healthy": [("dark", NARROW)],
    "nothing": [("dark", NARROW)],
    "long run": [("dark", WIDE)],
    "several": [("dark", WIDE)],
    "folded": [("light", NARROW)],
    "long code": [("dark", WIDE)],
    "spoilt": [("light", WIDE)],
}
COLOURS = ("cut", "measured", "raised", "large")
# Of what is alike and comes by the hundred, the first are enough: axe is slow.
FEW: dict[str, Any] = {"exclude": [[".picture.large .gv-node"], [".card:nth-of-type(n+12)"]]}
CUT_OFF = """
() => [...document.querySelectorAll("main p, main li, main h3, main dd, .badge, figcaption")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
  .map((e) => e.textContent.trim().slice(0, 60))
"""
TEXTS = """
() => [...document.querySelectorAll("main svg text")].map((text) => {
  const svg = text.ownerSVGElement, own = text.getBoundingClientRect();
  const frame = svg.getBoundingClientRect();
  const scale = frame.width / svg.viewBox.baseVal.width;
  const size = parseFloat(getComputedStyle(text).fontSize) * scale;
  const inView = own.left >= frame.left - .5 && own.right <= frame.right + .5;
  return { text: text.textContent.trim(), size, inView };
})
"""


@pytest.fixture(scope="module", params=PROGRAMS)
def which(request: pytest.FixtureRequest) -> str:
    """Of the module, so that the tests of one page stand side by side and load it once."""
    name: str = request.param
    return name


def test_axe_finds_nothing(pages: Pages, which: str) -> None:
    for scheme, size in LOOKS[which]:
        page = pages.look_at(which, size, color_scheme=scheme)
        found = faults_found_by_axe(page, FEW, colours=which in COLOURS)
        assert found == [], (scheme, size)


def test_nothing_sticks_out_sideways(pages: Pages, which: str) -> None:
    page = pages.look_at(which, NARROW)
    for width in (320, 390, 1023, 1400):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(OVERFLOW) <= 0, width
        assert page.evaluate(CUT_OFF) == [], width


def test_it_is_whole_without_its_script(pages: Pages, which: str) -> None:
    page = pages.look_at(which, scripted=False)
    assert page.locator("section:visible").count() == page.locator("section").count() >= 3
    assert page.locator("button").count() == 0


def test_it_prints(pages: Pages) -> None:
    assert pages.open("cut", scripted=False).pdf().startswith(b"%PDF")


@pytest.mark.parametrize("shown", ["healthy", "several", "long run", "spoilt"])
def test_every_text_of_a_picture_can_be_read(pages: Pages, shown: str) -> None:
    page = pages.look_at(shown)
    for width in (390, 1400):
        page.set_viewport_size({"width": width, "height": 844})
        texts = page.evaluate(TEXTS)
        assert len(texts) > 40
        assert [t["text"] for t in texts if t["size"] < LEAST_TEXT] == []
        assert [t["text"] for t in texts if not t["inView"]] == []


def test_small_pictures_stand_side_by_side_and_a_large_one_scrolls(pages: Pages) -> None:
    page = pages.look_at("several")
    first, second, *_, last = (figure.bounding_box() for figure in page.locator(".picture").all())
    assert first is not None and second is not None and last is not None
    assert first["y"] == second["y"]
    assert first["x"] < second["x"]
    assert last["width"] > 800
    box = page.locator(".picture.large .canvas")
    inner, outer = box.evaluate(
        "e => [[e.scrollWidth, e.scrollHeight], [e.clientWidth, e.clientHeight]]"
    )
    assert inner[1] > outer[1]
    assert outer[1] < 900


def test_a_box_of_any_picture_opens_its_card_in_sight(pages: Pages) -> None:
    page = pages.open("several")
    page.locator(".picture").nth(3).locator(".gv-root a").click()
    panel = page.locator("#panel")
    assert panel.locator("h3").inner_text() == "aux"
    box = panel.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < WIDE[1] - 200


def test_the_longest_names_of_a_legend_are_whole(pages: Pages) -> None:
    page = pages.open("healthy", NARROW)
    keys = page.locator("figure:has(#chart-gradients) .keys li")
    assert [text.strip() for text in keys.all_inner_texts()] == [
        "SGD",
        "0.weight",
        "2.weight",
        "0.bias",
    ]
    assert page.locator("figure:has(#chart-gradients) path.line").count() == 4


def test_escape_does_no_harm_where_there_is_no_graph(pages: Pages) -> None:
    page = pages.open("nothing")
    page.keyboard.press("Escape")
    page.evaluate("() => { location.hash = '#card-c1' }")
    assert page.locator("#missing").is_visible()
