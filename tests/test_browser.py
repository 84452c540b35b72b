"""The page in Chromium: seen, clicked, driven by keys, printed, and without its script."""

from __future__ import annotations

import re

import pytest
from pages import (
    LAPTOP,
    LEAST_TEXT,
    LESSONS,
    NARROW,
    OVERFLOW,
    WIDE,
    Pages,
    Size,
    contrast,
    faults_found_by_axe,
    luminance,
)
from playwright.sync_api import Locator, Page
from recordings import lesson

from graphview.report.identity import identities
from graphview.report.numbers import number

pytestmark = pytest.mark.browser

MOST_BYTES = 300_000
# In the three pictures together.
BOXES = 25
# What axe looks at: each theme in each width on a page that is whole, and what is odd once.
# All have the colours of the good one.
LOOKS: dict[str, list[tuple[str, Size]]] = {
    "good": [("light", WIDE), ("dark", NARROW)],
    "one epoch": [("light", NARROW)],
    "diverged": [("dark", NARROW)],
    "hostile": [("light", WIDE)],
    "on a GPU": [("dark", WIDE)],
}

# Colours as Chromium computes them, blended over what lies behind.
SEEN = """
() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const page = getComputedStyle(document.body).backgroundColor;
  const boxes = [...document.querySelectorAll(".picture .gv-node")].map((node) => {
    const shape = node.querySelector(".gv-shape"), style = getComputedStyle(shape);
    return {
      kind: [...node.classList].find((c) => /^gv-(?!node|seen)/.test(c)),
      fill: parse(style.fill), stroke: parse(style.stroke), shape: shape.tagName,
      outlines: node.querySelectorAll(".gv-shape, .gv-ring").length,
      texts: [...node.querySelectorAll("text")].map((t) => parse(getComputedStyle(t).fill)),
    };
  });
  const lines = [...document.querySelectorAll(".picture .gv-edge path, .chart .line")]
    .map((line) => parse(getComputedStyle(line).stroke));
  const words = [...document.querySelectorAll(".chart text")]
    .map((word) => parse(getComputedStyle(word).fill));
  return { page: parse(page), boxes, lines, words };
}
"""
TEXTS = """
() => [...document.querySelectorAll("main svg text")].map((text) => {
  const svg = text.ownerSVGElement, view = svg.viewBox.baseVal;
  const own = text.getBoundingClientRect(), frame = svg.getBoundingClientRect();
  const shape = text.closest(".gv-node")?.querySelector(".gv-shape")?.getBoundingClientRect();
  const size = parseFloat(getComputedStyle(text).fontSize) * frame.width / view.width;
  const within = (outer) => own.left >= outer.left - .5 && own.right <= outer.right + .5
    && own.top >= outer.top - 1.5 && own.bottom <= outer.bottom + 1.5;
  const inView = within(frame), inBox = !shape || within(shape);
  return { text: text.textContent.trim(), size, inView, inBox };
})
"""
HANDLERS = """
() => [...document.querySelectorAll("*")]
  .flatMap((e) => e.getAttributeNames()).filter((name) => name.startsWith("on"))
"""
REQUESTS = "() => performance.getEntriesByType('resource').length"


@pytest.fixture(scope="module", params=LESSONS)
def which(request: pytest.FixtureRequest) -> str:
    """Of the module, so that the tests of one page stand side by side and load it once."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    """The card of each thing in loss's graph, by its kind and name."""
    graph = lesson().graphs["loss"]
    ids = identities(lesson().graphs)["loss"]
    named = {f"n{node.index}": node.name for node in graph.operations}
    named |= {leaf.id: leaf.name or "" for leaf in graph.leaves} | {"root0": "loss"}
    return {name: ids[id_] for id_, name in named.items()}


def _box(page: Page, key: str, graph: str = "loss") -> Locator:
    picture = page.locator(".picture", has=page.locator(f"h3 code:text-is('{graph}')"))
    return picture.locator(f".gv-node:has(a[href='#card-{key}'])")


def _panel(page: Page) -> Locator:
    return page.locator("#panel")


def _chosen(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        ".gv-node.chosen a",
        "links => links.map(link => link.getAttribute('href').replace('#card-', ''))",
    )
    return found


# As it is


def test_nothing_is_asked_for(pages: Pages, which: str) -> None:
    assert pages.look_at(which).evaluate(REQUESTS) == 0


def test_nothing_sticks_out_sideways(pages: Pages, which: str) -> None:
    page = pages.look_at(which, NARROW)
    for width in (320, 390, 640, 1023, 1024, 1400):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(OVERFLOW) <= 0, width


def test_every_text_of_a_picture_can_be_read(pages: Pages, which: str) -> None:
    page = pages.look_at(which)
    for width in (390, 1024, 1280, 1400):
        page.set_viewport_size({"width": width, "height": 844})
        texts = page.evaluate(TEXTS)
        assert len(texts) > 40
        assert [t["text"] for t in texts if t["size"] < LEAST_TEXT] == []
        assert [t["text"] for t in texts if not t["inView"]] == []
        assert [t["text"] for t in texts if not t["inBox"]] == []


def test_axe_finds_nothing(pages: Pages, which: str) -> None:
    for scheme, size in LOOKS[which]:
        page = pages.look_at(which, size, color_scheme=scheme)
        found = faults_found_by_axe(page, colours=which == "good")
        assert found == [], (scheme, size)


def test_axe_finds_nothing_while_a_card_is_open(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open(size=NARROW)
    _box(page, keys["MulBackward0"]).click()
    assert faults_found_by_axe(page, "#panel") == []
    assert faults_found_by_axe(page, colours=False) == []


def test_no_script_of_a_recording_runs(pages: Pages) -> None:
    page = pages.open("hostile")
    assert page.locator("script").count() == 1
    assert page.evaluate(HANDLERS) == []
    # What a script has said would stand in it.
    assert pages.noise == []


def test_the_page_is_small(pages: Pages) -> None:
    assert pages.file("good").stat().st_size < MOST_BYTES


def test_the_whole_graph_of_the_loss_is_above_the_fold(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.look_at("good", LAPTOP)
    for name in ("a", "b", "loss"):
        box = _box(page, keys[name]).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= LAPTOP[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_outlines_stand_out(pages: Pages, scheme: str) -> None:
    seen = pages.look_at("good", color_scheme=scheme).evaluate(SEEN)
    assert len(seen["boxes"]) == BOXES
    for box in seen["boxes"]:
        assert contrast(box["stroke"], seen["page"]) >= 3, box
        assert box["texts"]
        for text in box["texts"]:
            assert contrast(text, box["fill"]) >= 4.5, box
    for line in seen["lines"]:
        assert contrast(line, seen["page"]) >= 3
    for word in seen["words"]:
        assert contrast(word, seen["page"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_kinds_differ_in_colour_and_in_shape(pages: Pages, scheme: str) -> None:
    boxes = pages.look_at("good", color_scheme=scheme).evaluate(SEEN)["boxes"]
    kinds = {box["kind"]: (box["shape"], box["outlines"]) for box in boxes}
    assert kinds == {
        "gv-leaf": ("path", 1),
        "gv-operation": ("polygon", 1),
        "gv-accumulate": ("polygon", 1),
        "gv-root": ("polygon", 2),
    }
    fills = {box["kind"]: tuple(box["fill"]) for box in boxes}
    assert len(set(fills.values())) == len(kinds)


def test_light_and_dark_differ(pages: Pages) -> None:
    light, dark = (
        pages.look_at("good", color_scheme=scheme).evaluate(SEEN) for scheme in ("light", "dark")
    )
    assert luminance(light["page"]) > 0.8
    assert luminance(dark["page"]) < 0.05
    assert light["boxes"][0]["fill"] != dark["boxes"][0]["fill"]


def test_a_gradient_is_the_same_wherever_it_stands(pages: Pages, keys: dict[str, str]) -> None:
    run = lesson().run
    assert run is not None
    page = pages.open()
    for place, name in enumerate("ab"):
        gradient = number(run.gradients[name][0])
        card = page.locator(f"#card-{keys[name]}")
        fact = card.locator("dt:text-is('its .grad after backward in epoch 0') + dd")
        assert fact.inner_text() == gradient
        _box(page, keys[name]).click()
        assert gradient in _panel(page).inner_text()
        figure = page.locator("figure", has=page.locator("#chart-gradients"))
        cell = figure.locator(f"tbody tr:has(th:text-is('0')) td >> nth={place}")
        assert cell.text_content() == gradient.removeprefix("−")


# With the mouse


def test_a_click_opens_the_card_and_marks_the_line_and_the_same_node_elsewhere(
    pages: Pages, keys: dict[str, str]
) -> None:
    page = pages.open()
    key = keys["MulBackward0"]
    _box(page, key).click()
    assert _panel(page).is_visible()
    assert _panel(page).locator("h3").inner_text() == "MulBackward0"
    assert _chosen(page) == [key] * 3
    assert page.locator("li.chosen").all_inner_texts() == ["yhat = a + b * x_train_tensor"]
    assert page.locator(f".cards #card-{key}.chosen").count() == 1
    assert page.url.endswith(f"#card-{key}")


def test_another_click_chooses_another(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open()
    for name in ("MulBackward0", "PowBackward0"):
        _box(page, keys[name]).click()
    assert page.locator(".gv-node.chosen").count() == 1
    assert page.locator("li.chosen").all_inner_texts() == ["loss = (error**2).mean()"]
    assert _panel(page).locator("h3").inner_text() == "PowBackward0"


def test_the_panel_closes(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open()
    _box(page, keys["loss"]).click()
    page.get_by_role("button", name="Close").click()
    assert not _panel(page).is_visible()
    assert page.locator(".chosen").count() == 0
    assert "#" not in page.url


def test_the_panel_has_no_second_of_any_id(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open()
    _box(page, keys["a"]).click()
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_the_panel_is_in_sight_on_a_phone(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open(size=NARROW)
    _box(page, keys["loss"]).click()
    box = _panel(page).bounding_box()
    assert box is not None
    assert 0 <= box["y"] < box["y"] + box["height"] <= NARROW[1]


def test_an_address_with_a_card_opens_it(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open(fragment=f"#card-{keys['AddBackward0']}")
    assert _panel(page).locator("h3").inner_text() == "AddBackward0"
    assert pages.open(fragment="#card-lost").locator(".chosen").count() == 0


def test_the_legend_filters(pages: Pages) -> None:
    page = pages.open()
    leaf, root = (page.get_by_role("button", name=re.compile(n)) for n in ("^Leaf", "^Root"))
    faded = page.locator(".picture .gv-node.faded")
    assert leaf.get_attribute("aria-pressed") == "false"
    leaf.click()
    assert leaf.get_attribute("aria-pressed") == "true"
    assert faded.count() == BOXES - 6
    root.click()
    assert faded.count() == BOXES - 9
    leaf.click()
    root.click()
    assert page.locator(".faded").count() == 0
    assert leaf.get_attribute("aria-pressed") == "false"


# With keys


def test_tab_reaches_every_box_and_enter_chooses_it(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open()
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        link = page.evaluate("() => document.activeElement.getAttribute('href') ?? ''")
        if link.startswith("#card-") and len(reached) < BOXES:
            reached.append(link.removeprefix("#card-"))
        if link == f"#card-{keys['loss']}":
            page.keyboard.press("Enter")
    assert len(reached) == BOXES
    assert set(reached) == {
        key for ids in identities(lesson().graphs).values() for key in ids.values()
    }
    assert _chosen(page) == [keys["loss"]]
    assert _panel(page).locator("h3").inner_text() == "loss"


def test_a_focused_box_is_marked(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open()
    before = page.evaluate(SEEN)["page"]
    link = _box(page, keys["loss"]).locator("a")
    page.keyboard.press("Tab")
    link.focus()
    width, stroke = link.evaluate(
        "a => { const s = getComputedStyle(a.querySelector('.gv-shape'));"
        " return [parseFloat(s.strokeWidth), s.stroke.match(/[\\d.]+/g).map(Number)] }"
    )
    assert width >= 2
    assert contrast(stroke, before) >= 7


def test_arrows_follow_the_edges(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open()
    _box(page, keys["loss"]).locator("a").focus()
    for name in ("MeanBackward0", "PowBackward0", "SubBackward0", "AddBackward0"):
        page.keyboard.press("ArrowUp")
        assert set(_chosen(page)) == {keys[name]}
        assert _panel(page).locator("h3").inner_text() == name
    for name in ("SubBackward0", "PowBackward0"):
        page.keyboard.press("ArrowDown")
        assert set(_chosen(page)) == {keys[name]}


def test_arrows_reach_the_neighbours(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open()
    _box(page, keys["MeanBackward0"]).locator("a").focus()
    seen = set()
    for direction in ("ArrowLeft", "ArrowRight"):
        for _ in range(20):
            page.keyboard.press(direction)
            seen |= set(_chosen(page))
    assert len(seen) == len(identities(lesson().graphs)["loss"])


def test_escape_closes_and_gives_the_focus_back(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open()
    focused = "() => document.activeElement.getAttribute('href')"
    _box(page, keys["loss"]).locator("a").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert not _panel(page).is_visible()
    assert page.evaluate(focused) == f"#card-{keys['loss']}"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Enter")
    assert not _panel(page).is_visible()
    assert page.evaluate(focused) == f"#card-{keys['loss']}"


def test_the_first_tab_skips_to_the_contents(pages: Pages) -> None:
    page = pages.open()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


# Without a script, on paper, in peace


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_without_its_script_the_page_is_whole(
    pages: Pages, keys: dict[str, str], size: Size
) -> None:
    page = pages.open(size=size, scripted=False, reduced_motion="reduce")
    assert page.locator("article.card:visible").count() == page.locator(".card").count() > 12
    assert page.locator("svg.chart:visible").count() == 10
    assert page.locator("article.step:visible").count() == len(lesson().steps)
    assert page.locator("button").count() == 0
    assert not _panel(page).is_visible()
    link = _box(page, keys["MulBackward0"]).locator("a")
    assert link.get_attribute("href") == f"#card-{keys['MulBackward0']}"
    link.click()
    card = page.locator(f"#card-{keys['MulBackward0']}").bounding_box()
    assert card is not None
    assert 0 <= card["y"] < size[1]
    page.locator("summary").first.click()
    assert page.locator("details[open]").count() == 1


def test_on_paper_it_is_light_and_has_no_panel(pages: Pages, keys: dict[str, str]) -> None:
    page = pages.open(color_scheme="dark")
    _box(page, keys["loss"]).click()
    page.emulate_media(media="print", color_scheme="dark")
    assert not _panel(page).is_visible()
    assert not page.locator("body > nav").is_visible()
    seen = page.evaluate(SEEN)
    assert seen["page"][:3] == [255, 255, 255]
    for box in seen["boxes"]:
        assert luminance(box["fill"]) > 0.2, box
        assert all(contrast(text, box["fill"]) >= 4.5 for text in box["texts"])
    assert all(contrast(word, seen["page"]) >= 4.5 for word in seen["words"])


def test_it_prints(pages: Pages) -> None:
    page = pages.open()
    opened = page.locator("details[open]")
    assert opened.count() == 0
    assert page.pdf().startswith(b"%PDF")
    assert opened.count() == 0, "what was closed on the screen is closed again after printing"


def test_on_paper_every_detail_is_open(pages: Pages) -> None:
    page = pages.open()
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


@pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_nothing_moves_for_who_asked_for_peace(pages: Pages, motion: str, behaviour: str) -> None:
    page = pages.open(reduced_motion=motion)
    script = "() => getComputedStyle(document.documentElement).scrollBehavior"
    assert page.evaluate(script) == behaviour
    moving = "() => document.getAnimations().length"
    assert page.evaluate(moving) == 0
