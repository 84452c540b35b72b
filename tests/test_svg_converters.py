"""What other programs make of the SVG: converters, Inkscape, a browser."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import cairosvg
import pytest
import resvg_py
from PIL import Image
from playwright.sync_api import Browser
from svgs import (
    EVERYTHING,
    GRAPHS,
    boxes,
    needed,
    svg_text,
)

from graphview.draw.palette import DARK, LIGHT, PRINT, Colours
from graphview.draw.svg import Look, write_svg

# What converters make of it.

SCALE = 2
CLOSE = 8
# From the left edge to the middle of the space before the text, in points.
MARGIN = 4


def by_cairosvg(svg: str, folder: Path) -> bytes:
    png: bytes = cairosvg.svg2png(svg.encode(), scale=SCALE)
    return png


def by_resvg(svg: str, folder: Path) -> bytes:
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=SCALE))


def by_rsvg(svg: str, folder: Path) -> bytes:
    command = [needed("rsvg-convert"), "--zoom", str(SCALE)]
    return subprocess.run(
        command, input=svg.encode(), stdout=subprocess.PIPE, check=True, timeout=60
    ).stdout


def by_inkscape(svg: str, folder: Path) -> bytes:
    command = [needed("inkscape"), "--export-type=png", f"--export-dpi={96 * SCALE}"]
    (folder / "picture.svg").write_text(svg, encoding="utf-8")
    # Without a home of its own it would read the user's settings.
    environment = {**os.environ, "HOME": str(folder), "INKSCAPE_PROFILE_DIR": str(folder)}
    command += ["--export-filename=picture.png", "picture.svg"]
    subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, check=True, timeout=120
    )
    return (folder / "picture.png").read_bytes()


CONVERTERS: dict[str, Callable[[str, Path], bytes]] = {
    "CairoSVG": by_cairosvg,
    "resvg": by_resvg,
    "rsvg-convert": by_rsvg,
}


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGBA")


def assert_drawn(png: bytes, svg: str, colours: Colours = LIGHT) -> None:
    """Right size, every box filled with its kind's colour, and text on it."""
    image, root = opened(png), ET.fromstring(svg)
    assert image.size == pytest.approx(
        (SCALE * int(root.get("width", "")), SCALE * int(root.get("height", ""))), abs=SCALE
    )
    scale = image.width / float(root.get("viewBox", "").split()[2])
    for box in boxes(root):
        at = (box.left + MARGIN) * scale, (box.top + box.bottom) / 2 * scale
        assert_colour(image, at, colours.of(box.kind)[0])


def assert_colour(image: Image.Image, at: tuple[float, float], colour: str) -> None:
    red, green, blue, alpha = image.getpixel((int(at[0]), int(at[1])))  # type: ignore[misc]
    assert alpha == 255
    wanted = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    assert (red, green, blue) == pytest.approx(wanted, abs=CLOSE)


def assert_text_shows(convert: Callable[[str], bytes], svg: str) -> None:
    """Each box of the picture differs from the same picture without its texts."""
    root = ET.fromstring(svg)
    with_text, without = opened(convert(svg)), opened(convert(re.sub(r"<text.*?</text>", "", svg)))
    scale = with_text.width / float(root.get("viewBox", "").split()[2])
    for box in boxes(root):
        corners = (box.left, box.top, box.right, box.bottom)
        part = tuple(int(number * scale) for number in corners)
        assert with_text.crop(part).tobytes() != without.crop(part).tobytes()  # type: ignore[arg-type]


@pytest.mark.parametrize("converter", CONVERTERS)
@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_converters_draw_boxes_in_their_colours(
    converter: str, name: str, theme: str, tmp_path: Path
) -> None:
    svg = svg_text(name, theme=theme)
    assert_drawn(CONVERTERS[converter](svg, tmp_path), svg, DARK if theme == "dark" else LIGHT)


@pytest.mark.parametrize("converter", CONVERTERS)
@pytest.mark.parametrize(("theme", "colours"), [("auto", LIGHT), ("dark", DARK), ("print", PRINT)])
def test_converters_draw_every_kind_of_box(
    converter: str, theme: str, colours: Colours, tmp_path: Path
) -> None:
    svg = write_svg(EVERYTHING, Look("every kind", "told", theme=theme))
    assert_drawn(CONVERTERS[converter](svg, tmp_path), svg, colours)


@pytest.mark.parametrize("converter", CONVERTERS)
def test_converters_show_the_texts(converter: str, tmp_path: Path) -> None:
    def convert(svg: str) -> bytes:
        return CONVERTERS[converter](svg, tmp_path)

    # Without any font on the machine a converter drops all text, ours and this.
    probe = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}</svg>'
    text = '<text y="9" font-family="monospace" font-size="12">M</text>'
    if convert(probe.format(text)) == convert(probe.format("")):
        pytest.skip(f"{converter} finds no font on this machine")
    assert_text_shows(convert, svg_text())


def test_inkscape_draws_boxes_in_their_colours(tmp_path: Path) -> None:
    svg = svg_text()
    assert_drawn(by_inkscape(svg, tmp_path), svg)


def photographed(browser: Browser, svg: str, scheme: str, *, media: str = "screen") -> bytes:
    """The SVG as a document of its own, on no background."""
    root = ET.fromstring(svg)
    size = {side: int(root.get(side, "")) for side in ("width", "height")}
    page = browser.new_page(
        viewport=size,
        device_scale_factor=SCALE,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    try:
        page.emulate_media(media=media)  # type: ignore[arg-type]
        url = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
        page.goto(url)
        return page.screenshot(omit_background=True)
    finally:
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", GRAPHS)
def test_a_browser_draws_boxes_in_their_colours(browser: Browser, name: str) -> None:
    svg = svg_text(name)
    assert_drawn(photographed(browser, svg, "light"), svg)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("theme", "scheme", "media", "colours"),
    [
        ("auto", "dark", "screen", DARK),
        ("auto", "dark", "print", LIGHT),
        ("light", "dark", "screen", LIGHT),
        ("dark", "light", "screen", DARK),
    ],
)
def test_a_browser_follows_the_theme(
    browser: Browser, theme: str, scheme: str, media: str, colours: Colours
) -> None:
    svg = svg_text(theme=theme)
    assert_drawn(photographed(browser, svg, scheme, media=media), svg, colours)


@pytest.mark.browser
def test_a_browser_shows_the_texts(browser: Browser) -> None:
    assert_text_shows(lambda svg: photographed(browser, svg, "light"), svg_text())
