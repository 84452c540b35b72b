"""Where a scene stands on its page, how large it is there, and whether it can still be read.

Lengths are in points, 72 an inch, unless they are said to be in px, 96 an inch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graphview.draw.columns.wrap import Wrapped, in_columns
from graphview.draw.drawing import CHARACTER_WIDTH, FONT_SIZE, columns, legible
from graphview.draw.scene import Scene

PIXELS_A_POINT = 4 / 3
# Pages by name: width, height, and the margin on each side.
PAGES = {
    "16:9": (960.0, 540.0, 27.0),
    "4:3": (720.0, 540.0, 27.0),
    "a4": (595.28, 841.89, 40.0),
}
# A page that may be turned on its side.
TURNED = frozenset({"a4"})
# Pages that are wider than high, on which what is high may stand in columns.
WIDE = frozenset({"16:9", "4:3"})
FITS = (*PAGES, "none")
# In points. Text that is larger than this on a slide looks odd, and smaller can't be read.
LARGEST_TEXT, SMALLEST_TEXT = 24.0, 8.0
# In points: text that needs no columns to be read from afar. By how much more each column, and each
# arrow that leads to one, must make it larger.
COMFORTABLE_TEXT, DEARER_COLUMN, DEARER_LANE = 12.0, 0.12, 0.04
HEADING, PAGE_HEADING, LONGEST_HEADING = 14.0, 24.0, 80
# Between a heading's upper edge and what is below it, in its font size.
HEADING_SPACE = 1.9


@dataclass(frozen=True, slots=True)
class Style:
    """How a picture is to look, in any format.

    `theme` is auto, light, dark or print, `background` none, white or page (the theme's own), and
    `fit` the name of a page. `width` is in px, `scale` multiplies px, `font_size` is that of the
    boxes in points. None is whatever suits the format.
    """

    theme: str = "auto"
    background: str | None = None
    fit: str | None = None
    width: int | None = None
    scale: float | None = None
    title: str | None = None
    font_size: float | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A line above the picture: its middle, its baseline and font size."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page, the scene's upper left corner and scale on it, and px for each 1/96 inch."""

    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    zoom: float = 1.0
    heading: Heading | None = None

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in px."""
        by = PIXELS_A_POINT * self.zoom
        return max(1, round(self.width * by)), max(1, round(self.height * by))

    @property
    def text_size(self) -> float:
        """The size of the boxes' text on the page, in points."""
        return FONT_SIZE * self.scale


def plain_sheet(scene: Scene) -> Sheet:
    """A page as large as the scene."""
    return Sheet(scene.width, scene.height)


def sheet_of(scene: Scene, style: Style) -> Sheet:
    """Lay the scene on the page that is asked for, in its middle below the heading."""
    page = PAGES.get(style.fit or "")
    sheet = _grown(scene, style) if page is None else _fitted(page, scene, style)
    if style.width is None:
        return _zoomed(sheet, style.scale or 1.0)
    return _zoomed(sheet, style.width / (sheet.width * PIXELS_A_POINT))


def arranged(scene: Scene, style: Style) -> Scene:
    """The scene, or on a slide the same one in columns where that makes its text larger."""
    if style.fit not in WIDE:
        return scene
    size = sheet_of(scene, style).text_size
    if size >= COMFORTABLE_TEXT:
        return scene
    best, most = scene, size
    for wrapped in in_columns(scene):
        worth = _worth(wrapped, style)
        if worth > most:
            best, most = wrapped.scene, worth
        elif best is not scene:
            # More columns are wider still.
            break
    return best


def _worth(wrapped: Wrapped, style: Style) -> float:
    """The size of a scene's text in columns, less what it costs to read it in these."""
    size = min(COMFORTABLE_TEXT, sheet_of(wrapped.scene, style).text_size)
    return size / (1 + DEARER_COLUMN * (wrapped.columns - 1) + DEARER_LANE * wrapped.lanes)


def too_small(sheet: Sheet, style: Style) -> str | None:
    """What is said of a picture whose text became too small to read, and None for any other."""
    if style.fit in PAGES:
        size, place = sheet.text_size, f"on a page of {style.fit}"
    elif style.width is not None:
        size, place = sheet.text_size * sheet.zoom, f"{style.width:,} px wide"
    else:
        return None
    if size >= SMALLEST_TEXT:
        return None
    return f"{place} the text is {size:.1f} pt, too small to read"


def _zoomed(sheet: Sheet, zoom: float) -> Sheet:
    return replace(sheet, zoom=zoom)


def _grown(scene: Scene, style: Style) -> Sheet:
    """A page around the scene."""
    scale = 1.0 if style.font_size is None else style.font_size / FONT_SIZE
    width, height = scene.width * scale, scene.height * scale
    if style.title is None:
        return Sheet(width, height, scale=scale)
    text, size = legible(style.title, LONGEST_HEADING), HEADING * scale
    wide = max(width, (columns(text) + 2) * CHARACTER_WIDTH * size)
    above = HEADING_SPACE * size
    heading = Heading(text, wide / 2, size * 1.2, size)
    return Sheet(wide, height + above, (wide - width) / 2, above, scale, heading=heading)


def _fitted(page: tuple[float, float, float], scene: Scene, style: Style) -> Sheet:
    width, height, margin = page
    sheet = _on(width, height, margin, scene, style)
    if style.fit not in TURNED:
        return sheet
    lying = _on(height, width, margin, scene, style)
    return lying if lying.scale > sheet.scale else sheet


def _on(width: float, height: float, margin: float, scene: Scene, style: Style) -> Sheet:
    """The scene as large as a page of this size lets it be."""
    heading = None
    above = margin
    if style.title is not None:
        text = legible(style.title, LONGEST_HEADING)
        size = min(PAGE_HEADING, (width - 2 * margin) / (columns(text) * CHARACTER_WIDTH))
        heading = Heading(text, width / 2, margin + size * 0.8, size)
        above += HEADING_SPACE * size
    free_width, free_height = width - 2 * margin, height - above - margin
    scale = min(
        (style.font_size or LARGEST_TEXT) / FONT_SIZE,
        free_width / max(scene.width, 1.0),
        free_height / max(scene.height, 1.0),
    )
    x = (width - scene.width * scale) / 2
    y = above + (free_height - scene.height * scale) / 2
    return Sheet(width, height, x, y, scale, heading=heading)
