"""Large pictures in Chromium: folded boxes that tell what they hold, the filter, fit and 100 %."""

from __future__ import annotations

import pytest
from pages import LEAST_TEXT, NARROW, WIDE, Pages, Size, faults_found_by_axe
from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

# The picture against its frame: where the root stands, and what can be scrolled, in px.
SEEN = """
() => {
  const canvas = document.querySelector(".picture.wide .canvas");
  const frame = canvas.getBoundingClientRect();
  const root = canvas.querySelector(".gv-root").getBoundingClientRect();
  return {
    inside: root.left >= frame.left && root.right <= frame.right
      && root.top >= frame.top && root.bottom <= frame.bottom,
    off: Math.abs(root.left + root.width / 2 - frame.left - frame.width / 2),
    across: canvas.scrollWidth - canvas.clientWidth,
    down: canvas.scrollHeight - canvas.clientHeight,
  };
}
"""
LIT = """
() => [...document.querySelectorAll(".picture .gv-node:not(.faded)")]
  .map((box) => [...box.classList].find((name) => /^gv-(?!node|seen)/.test(name)))
"""
# Of lines of code that had to be broken: whether a name or number goes on in the next line.
CUT = """
() => {
  const cut = [];
  for (const code of document.querySelectorAll(".listing code")) {
    const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    for (let text; (text = walker.nextNode()); )
      for (let at = 1; at < text.length; at++) {
        if (!/\\w\\w/.test(text.data.slice(at - 1, at + 1))) continue;
        const [one, other] = [at - 1, at].map((place) => {
          const range = document.createRange();
          range.setStart(text, place);
          range.setEnd(text, place + 1);
          return range.getBoundingClientRect().top;
        });
        if (other > one + 4) cut.push(text.data);
      }
  }
  return cut;
}
"""


def _group(page: Page, number: int = 0) -> Locator:
    return page.locator(".picture .gv-group").nth(number)


def test_a_folded_box_tells_what_it_holds(pages: Pages) -> None:
    page = pages.open("folded")
    _group(page).locator("a").click()
    panel = page.locator("#panel")
    assert panel.is_visible()
    assert panel.locator(".tag").inner_text() == "Folded"
    assert "of the class Linear" in panel.inner_text()
    assert panel.get_by_role("link", name="blocks.4.0.weight").count() == 1
    assert "chosen" in (_group(page).get_attribute("class") or "")
    box = panel.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < WIDE[1] - 200


def test_what_has_no_box_of_its_own_is_marked_in_the_folded_one(pages: Pages) -> None:
    page = pages.open("folded")
    _group(page).locator("a").click()
    page.locator("#panel").get_by_role("link", name="blocks.4.0.weight").click()
    assert page.locator("#panel h3").inner_text() == "blocks.4.0.weight"
    chosen = page.locator(".gv-node.chosen")
    assert chosen.count() == 1
    assert "gv-group" in (chosen.get_attribute("class") or "")


def test_arrow_keys_pass_by_the_notes_at_arrows(pages: Pages) -> None:
    page = pages.open("folded")
    page.locator(".picture .gv-root a").focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    assert page.locator(".gv-node.chosen").count() == 1
    assert pages.noise == []


def test_without_its_script_a_folded_box_leads_to_its_card(pages: Pages) -> None:
    page = pages.open("folded", scripted=False, reduced_motion="reduce")
    assert page.locator("button").count() == 0
    _group(page).locator("a").click()
    card = page.locator(":target").bounding_box()
    assert page.locator(":target .tag").inner_text() == "Folded"
    assert card is not None
    assert 0 <= card["y"] < WIDE[1]


def test_a_kind_lights_the_folded_boxes_that_hold_it(pages: Pages) -> None:
    page = pages.open("folded")
    offered = page.locator("button.chip[data-kind]")
    names = [text.split()[0] for text in page.locator("button.chip").all_inner_texts()]
    assert names == ["Leaf", "Operation", "Root"]
    assert offered.count() == 0
    page.get_by_role("button", name="Leaf").click()
    assert set(page.evaluate(LIT)) == {"gv-leaf", "gv-group"}
    page.get_by_role("button", name="Leaf").click()
    page.get_by_role("button", name="Root").click()
    assert set(page.evaluate(LIT)) == {"gv-root"}


def test_where_bookkeeping_is_not_drawn_its_leaf_stands_for_it(pages: Pages) -> None:
    page = pages.open("several")
    page.get_by_role("button", name="AccumulateGrad").click()
    assert set(page.evaluate(LIT)) == {"gv-accumulate", "gv-leaf"}
    first, last = page.locator(".picture").first, page.locator(".picture.large")
    assert first.locator(".gv-leaf:not(.faded)").count() == 0
    assert last.locator(".gv-leaf:not(.faded)").count() > 0


def test_a_large_picture_begins_at_its_root_in_sight(pages: Pages) -> None:
    page = pages.open("folded")
    seen = page.evaluate(SEEN)
    assert seen["down"] > 0
    assert seen["inside"]
    root = page.locator(".picture .gv-root").bounding_box()
    assert root is not None
    assert root["y"] + root["height"] <= WIDE[1]


def test_on_a_phone_it_begins_with_its_root_in_the_middle(pages: Pages) -> None:
    # So narrow that it has to be scrolled sideways for that.
    seen = pages.open("folded", (320, 844)).evaluate(SEEN)
    assert seen["across"] > 0
    assert seen["inside"]
    assert seen["off"] < 2


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_can_be_seen_as_a_whole_and_in_its_own_size_by_keys_alone(
    pages: Pages, size: Size
) -> None:
    page = pages.open("folded", size)
    fit, natural = (page.get_by_role("button", name=name) for name in ("Fit", "100 %"))
    assert natural.get_attribute("aria-pressed") == "true"
    before = page.evaluate(SEEN)
    fit.focus()
    page.keyboard.press("Enter")
    assert (fit.get_attribute("aria-pressed"), natural.get_attribute("aria-pressed")) == (
        "true",
        "false",
    )
    seen = page.evaluate(SEEN)
    assert (seen["across"], seen["down"], seen["inside"]) == (0, 0, True)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.evaluate(SEEN) == before


def test_what_was_asked_for_stays_when_the_window_changes(pages: Pages) -> None:
    page = pages.open("folded")
    page.get_by_role("button", name="Fit").click()
    page.set_viewport_size({"width": 800, "height": 500})
    page.wait_for_function(f"() => {{ const s = ({SEEN})(); return !s.across && !s.down; }}")
    assert page.get_by_role("button", name="Fit").get_attribute("aria-pressed") == "true"


def test_a_picture_that_is_small_has_no_such_buttons(pages: Pages) -> None:
    assert pages.open("healthy").locator(".zoom:visible").count() == 0
    assert pages.open("good").locator(".zoom").count() == 0


def test_paper_shows_the_picture_as_large_as_before(pages: Pages) -> None:
    page = pages.open("folded")
    page.emulate_media(media="print")
    width = "() => document.querySelector('.picture.large svg').getBoundingClientRect().width"
    before = page.evaluate(width)
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Fit").click()
    page.emulate_media(media="print")
    assert page.evaluate(width) == before
    assert page.locator(".zoom button:visible").count() == 0


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", NARROW)])
def test_axe_finds_nothing(pages: Pages, scheme: str, size: Size) -> None:
    page = pages.open("folded", size, color_scheme=scheme)
    _group(page).locator("a").click()
    for part in ("#panel", ".zoom", "#folded", ".legend"):
        assert faults_found_by_axe(page, part) == [], part


@pytest.mark.parametrize("width", [390, 1400])
def test_the_pictures_text_can_be_read_at_first(pages: Pages, width: int) -> None:
    page = pages.open("folded", (width, 900))
    sizes = page.locator(".picture.large").evaluate(
        "figure => [...figure.querySelectorAll('text')].map((text) =>"
        " parseFloat(getComputedStyle(text).fontSize) * text.ownerSVGElement.getScreenCTM().a)"
    )
    assert min(sizes) >= LEAST_TEXT


@pytest.mark.parametrize("width", [390, 1400])
def test_code_breaks_between_names(pages: Pages, width: int) -> None:
    page = pages.open("folded", (width, 900))
    assert page.locator("wbr").count() > 0
    assert page.evaluate(CUT) == []


def test_the_frame_of_long_code_has_a_lower_edge(pages: Pages) -> None:
    page = pages.open("long code")
    code = page.locator(".stage > .code")
    height, edge = code.evaluate(
        "e => [e.scrollHeight - e.clientHeight, getComputedStyle(e).borderBottomWidth]"
    )
    assert height > 0
    assert edge == "1px"


def test_a_tables_head_breaks_rather_than_being_cut(pages: Pages) -> None:
    page = pages.open("folded", NARROW)
    table = page.locator("#training .scroll").first
    assert table.locator("thead th").last.inner_text() == "nodes in the graph"
    assert table.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
