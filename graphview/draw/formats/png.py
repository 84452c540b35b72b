"""PNG, by resvg and with our own font: the same pixels on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphview.draw.fit import Style
from graphview.draw.fonts import BOLD, FAMILY, REGULAR
from graphview.draw.fonts.coverage import lacking
from graphview.draw.formats.picture import LOOKS, Picture
from graphview.draw.formats.svg import look_of_picture
from graphview.draw.svg import write_svg
from graphview.errors import OutputError

MANY: bool = False
USES: frozenset[str] = LOOKS
NEEDS: str | None = "resvg_py"
FIT: str | None = None
# Screens of today have about two px for one of CSS.
SCALE = 2.0
# Of four bytes each, and renderers need some of them more than once.
MOST_PIXELS = 100_000_000


def write(pictures: Sequence[Picture], style: Style) -> bytes:
    from resvg_py import svg_to_bytes

    (picture,) = pictures
    if style.width is None:
        style = replace(style, scale=style.scale or SCALE)
    look = look_of_picture(picture, style)
    _check_size(look.sheet.pixels if look.sheet else (0, 0))
    svg = write_svg(picture.scene, look)
    try:
        drawn = svg_to_bytes(
            svg_string=svg,
            # The system's fonts differ, so they are for what ours lacks alone.
            skip_system_fonts=not lacking(svg),
            font_files=[str(REGULAR), str(BOLD)],
            font_family=FAMILY,
            monospace_family=FAMILY,
        )
    except ValueError as error:
        raise OutputError(f"the PNG could not be drawn: {error}; write .svg instead.") from error
    return bytes(drawn)


def _check_size(pixels: tuple[int, int]) -> None:
    width, height = pixels
    if width * height > MOST_PIXELS:
        raise OutputError(
            f"a PNG of {width:,} × {height:,} px is too large; give a smaller --width or --scale, "
            "or write .svg or .pdf."
        )
