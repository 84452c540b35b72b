"""Backward, step by step, in Chromium: by mouse, by keys, without its script, on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pages import NARROW, OVERFLOW, WIDE, Pages, Size, faults_found_by_axe
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

STEPS = 9

# What is marked in the picture: the boxes and arrows at work, the arrows walked, the numbers.
MARKED = """
() => {
  const all = (selector) => [...document.querySelectorAll(".map " + selector)];
  const arrow = (edge) => `${edge.dataset.to} ${edge.dataset.from}`;
  return {
    boxes: all(".gv-node.now").map((box) => box.dataset.node),
    now: all(".gv-edge.now").map(arrow), walked: all(".gv-edge.walked").length,
    numbers: all(".travel.now").map((text) => text.textContent),
    shown: [...document.querySelectorAll(".walk-step")]
      .filter((step) => step.offsetParent !== null).map((step) => step.dataset.title),
  };
}
"""
# Of each lit arrow: how many heads can be seen, and how far that is from its two boxes.
HEADS = """
() => [...document.querySelectorAll(".map .gv-edge.walked")].map((edge) => {
  const seen = [...edge.querySelectorAll("polygon")]
    .filter((head) => getComputedStyle(head).display !== "none");
  const middle = (name) => {
    const node = document.querySelector(`.map .gv-node[data-node='${name}']`);
    const box = node.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const head = seen[0].getBoundingClientRect();
  const [x, y] = [head.left + head.width / 2, head.top + head.height / 2];
  const far = (name) => Math.hypot(middle(name)[0] - x, middle(name)[1] - y);
  return { shown: seen.length, goal: far(edge.dataset.from), start: far(edge.dataset.to) };
})
"""
# Numbers in the picture that lie on a box or on one another, or are too small to be read.
CROWDED = """
() => {
  const texts = [...document.querySelectorAll(".map .travel")];
  const boxes = [...document.querySelectorAll(".map .gv-shape")];
  const scale = document.querySelector(".map svg").getScreenCTM().a;
  const hit = (one, other) => one.left < other.right && other.left < one.right
    && one.top + 2 < other.bottom - 2 && other.top + 2 < one.bottom - 2;
  return texts.filter((text) => {
    const own = text.getBoundingClientRect();
    const small = parseFloat(getComputedStyle(text).fontSize) * scale < 9;
    const out = own.left < 0 || own.right > innerWidth;
    const others = [...texts.filter((other) => other !== text), ...boxes];
    return small || out || others.some((other) => hit(own, other.getBoundingClientRect()));
  }).map((text) => text.textContent);
}
"""


def _opened(pages: Pages, size: Size = WIDE, fragment: str = "#backward", **options: Any) -> Page:
    """The lesson's page at this section; at once, unless a test is about what moves."""
    return pages.open("good", size, fragment, **{"reduced_motion": "reduce", **options})


def _next(page: Page, times: int = 1) -> None:
    for _ in range(times):
        # By force: Playwright takes aria-disabled for a button that cannot be pressed.
        page.get_by_role("button", name="Next").click(force=True)


def _status(page: Page) -> str:
    return page.locator(".walk-status").text_content() or ""


def test_the_mouse_goes_through_all_steps(pages: Pages) -> None:
    page = _opened(pages)
    assert _status(page).startswith(f"Step 1 of {STEPS}")
    assert page.evaluate(MARKED) == {
        "boxes": ["root0"],
        "now": ["root0 n6"],
        "walked": 1,
        "numbers": ["1.0000"],
        "shown": ["loss"],
    }
    _next(page, 4)
    assert _status(page) == f"Step 5 of {STEPS}: AddBackward0"
    seen = page.evaluate(MARKED)
    assert (seen["boxes"], seen["walked"], seen["shown"]) == (["n3"], 6, ["AddBackward0"])
    assert sorted(seen["now"]) == ["n3 n0", "n3 n2"]
    assert seen["numbers"] == ["−3.1125", "−0.0510 …"]
    _next(page, 4)
    seen = page.evaluate(MARKED)
    assert (sorted(seen["boxes"]), seen["now"], seen["walked"]) == (["leaf0", "leaf1"], [], 9)
    page.get_by_role("button", name="Previous").click()
    assert page.evaluate(MARKED)["shown"] == ["AccumulateGrad of b"]


def test_at_either_end_it_stays(pages: Pages) -> None:
    page = _opened(pages)
    previous, following = (page.get_by_role("button", name=name) for name in ("Previous", "Next"))
    assert previous.get_attribute("aria-disabled") == "true"
    previous.click(force=True)
    assert _status(page).startswith("Step 1 ")
    _next(page, STEPS + 2)
    assert _status(page).startswith(f"Step {STEPS} of {STEPS}")
    assert following.get_attribute("aria-disabled") == "true"
    assert following.evaluate("button => button === document.activeElement")


def test_arrow_keys_go_back_and_forth(pages: Pages) -> None:
    page = _opened(pages)
    page.get_by_role("button", name="Next").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert _status(page) == f"Step 4 of {STEPS}: SubBackward0"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(MARKED)["shown"] == ["PowBackward0"]
    page.keyboard.press("Enter")
    assert page.evaluate(MARKED)["shown"] == ["SubBackward0"]


def test_arrow_keys_elsewhere_are_left_alone(pages: Pages) -> None:
    page = _opened(pages)
    page.locator(".canvas").first.focus()
    page.keyboard.press("ArrowRight")
    assert _status(page).startswith("Step 1 ")


def test_the_status_is_announced(pages: Pages) -> None:
    status = _opened(pages).locator(".walk-status")
    assert status.get_attribute("aria-live") == "polite"


def test_a_lit_arrow_has_its_head_where_the_gradient_goes(pages: Pages) -> None:
    page = _opened(pages)
    _next(page, STEPS - 1)
    heads = page.evaluate(HEADS)
    assert len(heads) == STEPS
    assert [head for head in heads if head["shown"] != 1 or head["goal"] > head["start"]] == []


def test_after_a_click_on_a_box_the_arrow_keys_go_on(pages: Pages) -> None:
    page = _opened(pages)
    page.locator(".map .gv-node[data-node='n3'] a").click()
    assert _status(page) == f"Step 5 of {STEPS}: AddBackward0"
    assert page.url.endswith("#walk-step-n3")
    page.keyboard.press("ArrowRight")
    assert _status(page) == f"Step 6 of {STEPS}: AccumulateGrad of a"


@pytest.mark.parametrize("size", [(1400, 700), (1400, 500), NARROW], ids=str)
def test_the_boxes_at_work_stay_in_sight(pages: Pages, size: Size) -> None:
    page = _opened(pages, size=size)
    page.evaluate("() => scrollTo(0, 0)")
    # By its own click: Playwright would bring the button into sight.
    following = page.get_by_role("button", name="Next")
    for _ in range(STEPS - 2):
        following.evaluate("button => button.click()")
        for name in page.evaluate(MARKED)["boxes"]:
            box = page.locator(f".map .gv-node[data-node='{name}']").bounding_box()
            assert box is not None
            assert 40 <= box["y"] < box["y"] + box["height"] <= size[1]


def test_a_card_leads_back_to_where_one_came_from(pages: Pages) -> None:
    page = _opened(pages, fragment="#walk-step-n5")
    link = page.locator(".walk-step.now h3 a")
    link.click()
    back = page.locator(".cards .card.chosen").get_by_role("button")
    assert back.inner_text() == "↑ Back to Backward, step by step"
    assert page.locator(".back").count() == 1
    back.click()
    assert link.evaluate("link => link === document.activeElement")
    assert link.bounding_box()["y"] < WIDE[1]  # type: ignore[index]
    page.locator("#step-mse_loss .gv-operation a").first.click()
    assert page.locator(".card.chosen .back").inner_text() == "↑ Back to step 16"


def test_a_box_leads_to_its_step(pages: Pages) -> None:
    page = _opened(pages)
    page.locator(".map .gv-node[data-node='leaf1'] a").click()
    assert page.evaluate(MARKED)["shown"] == ["AccumulateGrad of b"]
    assert page.locator("#panel").is_hidden()


def test_a_step_leads_to_its_card(pages: Pages) -> None:
    page = _opened(pages, fragment="#walk-step-n5")
    assert page.evaluate(MARKED)["shown"] == ["PowBackward0"]
    page.locator(".walk-step.now h3 a").click()
    assert page.locator("#panel h3").inner_text() == "PowBackward0"


def test_all_steps_can_be_shown_at_once(pages: Pages) -> None:
    page = _opened(pages)
    page.get_by_role("button", name="Show all steps").click()
    assert len(page.evaluate(MARKED)["shown"]) == STEPS
    assert page.get_by_role("button", name="Next").is_hidden()
    assert page.locator(".walk-hint").inner_text() == "Lit arrows point where the gradient goes."
    page.get_by_role("button", name="Step by step").click()
    assert page.evaluate(MARKED)["shown"] == ["loss"]


def test_with_all_steps_the_whole_way_is_lit_and_no_step_of_it(pages: Pages) -> None:
    page = _opened(pages)
    _next(page, 2)
    page.get_by_role("button", name="Show all steps").click()
    seen = page.evaluate(MARKED)
    assert (seen["boxes"], seen["now"], seen["walked"]) == ([], [], STEPS)
    assert page.locator(".map .travel").count() == STEPS
    assert page.evaluate(CROWDED) == []
    page.evaluate("() => { location.hash = '#walk-step-n5' }")
    page.wait_for_function("() => location.hash === '#walk-step-n5'")
    assert page.evaluate(MARKED)["boxes"] == []
    page.get_by_role("button", name="Step by step").click()
    seen = page.evaluate(MARKED)
    assert (len(seen["boxes"]), seen["walked"]) == (1, 3)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_without_its_script_the_list_is_whole(pages: Pages, size: Size) -> None:
    page = _opened(pages, size=size, scripted=False)
    assert page.locator(".walk-step:visible").count() == STEPS
    assert page.locator("#backward button").count() == 0
    page.locator(".map .gv-node[data-node='n5'] a").click()
    box = page.locator("#walk-step-n5").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < size[1]


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", NARROW)])
def test_axe_finds_nothing(pages: Pages, scheme: str, size: Size) -> None:
    page = _opened(pages, size=size, color_scheme=scheme)
    _next(page, 4)
    assert faults_found_by_axe(page, "#backward", colours=False) == []
    page.get_by_role("button", name="Show all steps").click()
    assert faults_found_by_axe(page, "#backward") == []


def test_nothing_sticks_out_sideways(pages: Pages) -> None:
    page = _opened(pages, size=NARROW)
    for step in range(STEPS):
        _next(page, min(step, 1))
        assert _overflow(page, (320, 900)) == [], step
    page.get_by_role("button", name="Show all steps").click()
    assert _overflow(page, (320, 390, 900, 1400)) == []


def _overflow(page: Page, widths: Sequence[int]) -> list[int]:
    """In which of the widths something sticks out."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        found += [width] if page.evaluate(OVERFLOW) > 0 else []
    return found


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_number_beside_an_arrow_can_be_read(pages: Pages, size: Size) -> None:
    page = _opened(pages, size=size)
    _next(page, STEPS - 1)
    assert page.locator(".map .travel").count() == STEPS
    assert page.evaluate(CROWDED) == []


def test_on_a_phone_picture_and_step_are_in_sight_together(pages: Pages) -> None:
    page = _opened(pages, size=NARROW)
    _next(page, 3)
    page.locator(".map").evaluate("map => scrollTo(0, scrollY + map.getBoundingClientRect().top)")
    step = page.locator(".walk-step.now .work > div >> nth=1").bounding_box()
    assert step is not None
    assert step["y"] + step["height"] <= NARROW[1]


@pytest.mark.parametrize(("motion", "moving"), [("reduce", 0), ("no-preference", 1)])
def test_the_number_travels_unless_peace_is_asked_for(
    pages: Pages, motion: str, moving: int
) -> None:
    page = _opened(pages, reduced_motion=motion)
    script = """() => {
      const found = [...document.querySelectorAll(".walk-controls button")];
      found.find((button) => button.textContent === "Next").click();
      return document.querySelector(".map svg").getAnimations({ subtree: true }).length;
    }"""
    assert page.evaluate(script) == moving


def test_on_paper_every_step_is_there(pages: Pages) -> None:
    page = _opened(pages)
    _next(page, 2)
    page.emulate_media(media="print")
    assert page.locator(".walk-step:visible").count() == STEPS
    assert page.locator(".walk-controls").is_hidden()
