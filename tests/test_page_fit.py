"""Where a picture stands on its page, how large its text is, and when that is too small."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from svgs import EVERYTHING

from graphview.draw.fit import PAGES, Sheet, Style, plain_sheet, sheet_of, too_small
from graphview.draw.scene import Scene

WIDE, TALL = Scene(2000, 100, (), ()), Scene(100, 2000, (), ())


@pytest.mark.parametrize(
    ("fit", "size"), [("16:9", (13.333, 7.5)), ("4:3", (10, 7.5)), ("a4", (8.268, 11.693))]
)
def test_a_page_has_its_size_in_inches(fit: str, size: tuple[float, float]) -> None:
    sheet = sheet_of(TALL, Style(fit=fit))
    assert (sheet.width / 72, sheet.height / 72) == pytest.approx(size, abs=0.001)


def test_paper_is_turned_for_what_is_wide() -> None:
    tall, wide = sheet_of(TALL, Style(fit="a4")), sheet_of(WIDE, Style(fit="a4"))
    assert tall.width < tall.height
    assert (wide.width, wide.height) == (tall.height, tall.width)


@given(
    st.floats(1, 1e6),
    st.floats(1, 1e6),
    st.sampled_from(sorted(PAGES)),
    st.none() | st.text(max_size=90),
    st.none() | st.floats(1, 200),
)
def test_the_picture_lies_in_the_middle_within_the_margins(
    width: float, height: float, fit: str, title: str | None, font_size: float | None
) -> None:
    sheet = sheet_of(Scene(width, height, (), ()), Style(fit=fit, title=title, font_size=font_size))
    margin = PAGES[fit][2]
    wide, high = width * sheet.scale, height * sheet.scale
    top = margin if sheet.heading is None else sheet.heading.y
    assert sheet.x >= margin - 0.01 and sheet.x + wide <= sheet.width - margin + 0.01
    assert sheet.y >= top - 0.01 and sheet.y + high <= sheet.height - margin + 0.01
    assert sheet.x + wide / 2 == pytest.approx(sheet.width / 2)
    assert sheet.text_size <= (font_size or 24) + 0.01


def test_small_pictures_do_not_become_posters() -> None:
    assert sheet_of(Scene(50, 50, (), ()), Style(fit="16:9")).text_size == 24


def test_without_a_page_the_sheet_is_the_scene() -> None:
    assert sheet_of(EVERYTHING, Style()) == plain_sheet(EVERYTHING)
    assert sheet_of(EVERYTHING, Style(fit="none")) == plain_sheet(EVERYTHING)
    assert plain_sheet(EVERYTHING).pixels == (453, 467)


def test_the_font_size_is_that_of_the_boxes() -> None:
    sheet = sheet_of(EVERYTHING, Style(font_size=15))
    assert sheet.text_size == 15
    assert (sheet.width, sheet.height) == (EVERYTHING.width * 1.5, EVERYTHING.height * 1.5)


@pytest.mark.parametrize("fit", [None, "none", *PAGES])
def test_the_width_is_in_px(fit: str | None) -> None:
    assert sheet_of(EVERYTHING, Style(fit=fit, width=1920)).pixels[0] == 1920


def test_a_slide_of_full_hd_is_full_hd() -> None:
    assert sheet_of(EVERYTHING, Style(fit="16:9")).pixels == (1280, 720)
    assert sheet_of(EVERYTHING, Style(fit="16:9", width=1920)).pixels == (1920, 1080)
    assert sheet_of(EVERYTHING, Style(fit="16:9", scale=2)).pixels == (2560, 1440)


def test_a_heading_stands_above_the_picture_and_has_room() -> None:
    narrow = Scene(30, 30, (), ())
    for style in (Style(title="A rather long title"), Style(title="A title", fit="4:3")):
        sheet = sheet_of(narrow, style)
        heading = sheet.heading
        assert heading is not None
        assert heading.y < sheet.y
        half = len(heading.text) * 0.6 * heading.size / 2
        assert half < heading.x < sheet.width - half
        assert heading.x == pytest.approx(sheet.width / 2)


def test_a_title_too_long_is_shortened_and_still_fits_its_slide() -> None:
    sheet = sheet_of(EVERYTHING, Style(title="word " * 90, fit="16:9"))
    assert sheet.heading is not None
    assert len(sheet.heading.text) == 80
    assert 80 * 0.6 * sheet.heading.size <= sheet.width


def test_text_too_small_on_a_page_is_said() -> None:
    style = Style(fit="16:9")
    assert too_small(sheet_of(EVERYTHING, style), style) is None
    said = too_small(sheet_of(TALL, style), style)
    assert said == "on a page of 16:9 the text is 2.4 pt, too small to read"


def test_text_too_small_at_a_width_is_said() -> None:
    style = Style(width=200)
    said = too_small(sheet_of(EVERYTHING, style), style) or ""
    assert said.startswith("200 px wide the text is")
    style = Style(width=600)
    assert too_small(sheet_of(EVERYTHING, style), style) is None


def test_nothing_is_said_of_what_was_asked_for() -> None:
    style = Style(font_size=4)
    assert too_small(sheet_of(EVERYTHING, style), style) is None


def test_the_least_sheet_has_a_pixel() -> None:
    assert Sheet(0, 0).pixels == (1, 1)
    assert sheet_of(Scene(0, 0, (), ()), Style(fit="16:9")).text_size == 24
