"""Pages of programs in Chromium: accessible, within the window, without a script, on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from programs import PROGRAMS
from recordings import page_of

pytestmark = pytest.mark.browser

WIDE, NARROW = (1400, 900), (390, 844)
LEAST_TEXT = 9
Opener = Callable[..., Page]
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All the pages, as files."""
    folder = tmp_path_factory.mktemp("programs")
    for name, recording in PROGRAMS.items():
        (folder / f"{name}.html").write_text(page_of(recording()), encoding="utf-8")
    return folder


@pytest.fixture
def open_page(browser: Browser, folder: Path) -> Iterator[Opener]:
    """Open a page; afterwards nothing may have been logged or raised."""
    contexts: list[BrowserContext] = []
    noise: list[str] = []

    def opened(which: str, size: tuple[int, int] = WIDE, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: noise.append(message.text))
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.goto((folder / f"{which}.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert noise == []


@pytest.mark.parametrize(
    ("which", "scheme", "size"),
    [
        ("cut", "light", WIDE),
        ("cut", "dark", NARROW),
        ("measured", "dark", WIDE),
        ("measured", "light", NARROW),
        ("raised", "light", WIDE),
        ("several", "dark", WIDE),
        ("large", "light", NARROW),
        ("nothing", "dark", NARROW),
        ("long run", "light", NARROW),
        ("spoilt", "light", WIDE),
        ("spoilt", "dark", NARROW),
    ],
)
def test_axe_finds_nothing(
    open_page: Opener, which: str, scheme: str, size: tuple[int, int]
) -> None:
    page = open_page(which, size, color_scheme=scheme)
    found = Axe().run(page).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found] == []


@pytest.mark.parametrize("which", PROGRAMS)
def test_nothing_sticks_out_sideways(open_page: Opener, which: str) -> None:
    page = open_page(which, NARROW)
    for width in (320, 390, 1023, 1400):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(OVERFLOW) <= 0, width
        assert page.evaluate(CUT_OFF) == [], width


@pytest.mark.parametrize("which", ["healthy", "several", "long run", "spoilt"])
def test_every_text_of_a_picture_can_be_read(open_page: Opener, which: str) -> None:
    page = open_page(which)
    for width in (390, 1400):
        page.set_viewport_size({"width": width, "height": 844})
        texts = page.evaluate(TEXTS)
        assert len(texts) > 40
        assert [t["text"] for t in texts if t["size"] < LEAST_TEXT] == []
        assert [t["text"] for t in texts if not t["inView"]] == []


def test_small_pictures_stand_side_by_side_and_a_large_one_scrolls(open_page: Opener) -> None:
    page = open_page("several")
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


def test_a_box_of_any_picture_opens_its_card_in_sight(open_page: Opener) -> None:
    page = open_page("several")
    page.locator(".picture").nth(3).locator(".gv-root a").click()
    panel = page.locator("#panel")
    assert panel.locator("h3").inner_text() == "aux"
    box = panel.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < WIDE[1] - 200


def test_the_longest_names_of_a_legend_are_whole(open_page: Opener) -> None:
    page = open_page("healthy", NARROW)
    keys = page.locator("figure:has(#chart-gradients) .keys li")
    assert [text.strip() for text in keys.all_inner_texts()] == [
        "SGD",
        "0.weight",
        "2.weight",
        "0.bias",
    ]
    assert page.locator("figure:has(#chart-gradients) path.line").count() == 4


@pytest.mark.parametrize("which", PROGRAMS)
def test_it_is_whole_without_its_script_and_prints(open_page: Opener, which: str) -> None:
    page = open_page(which, java_script_enabled=False)
    assert page.locator("section:visible").count() == page.locator("section").count() >= 3
    assert page.locator("button").count() == 0
    assert page.pdf().startswith(b"%PDF")


def test_escape_does_no_harm_where_there_is_no_graph(open_page: Opener) -> None:
    page = open_page("nothing")
    page.keyboard.press("Escape")
    page.evaluate("() => { location.hash = '#card-c1' }")
    assert page.locator("#missing").is_visible()
