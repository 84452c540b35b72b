"""PowerPoint: a slide for each picture, of shapes that can be moved, restyled and animated.

The shapes are written as XML here: python-pptx looks for a free number at each shape, which takes
the square of their count. It does the rest of the file. Lengths are in EMU, 12,700 a point.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from graphview.draw.fit import Sheet, Style, sheet_of
from graphview.draw.formats.picture import LOOKS, Picture, background_of, colours_of
from graphview.draw.formats.slide import Slide
from graphview.draw.scene import Scene
from graphview.draw.shapes import shown

if TYPE_CHECKING:
    from pptx.presentation import Presentation

MANY: bool = True
USES: frozenset[str] = LOOKS - {"width", "scale"}
NEEDS: str | None = "pptx"
FIT: str | None = "16:9"
# PowerPoint's own bounds of a slide, in points.
SMALLEST, LARGEST = 72.0, 4032.0
TITLE_ONLY, BLANK = 5, 6
# Of what is told about a file, in characters.
LONGEST_PROPERTY = 255
# The time in a file would differ from run to run; zip knows none before this one.
EPOCH = datetime(1980, 1, 1)


def write(pictures: Sequence[Picture], style: Style) -> bytes:
    from pptx import Presentation as presentation

    deck = presentation()
    sheets = [_sheet(picture.scene, style) for picture in pictures]
    width, height = max(s.width for s in sheets), max(s.height for s in sheets)
    _resize(deck, width, height)
    for picture, sheet in zip(pictures, sheets, strict=True):
        _add(deck, picture, sheet, style)
    _describe(deck, pictures[0], style)
    stream = BytesIO()
    deck.save(stream)
    return _timeless(stream.getvalue())


def _sheet(scene: Scene, style: Style) -> Sheet:
    """The slide, within the bounds of PowerPoint."""
    sheet = sheet_of(scene, style)
    longest, shortest = max(sheet.width, sheet.height), min(sheet.width, sheet.height)
    if longest > LARGEST:
        return _scaled(sheet, LARGEST / longest)
    return sheet if shortest >= SMALLEST else _widened(sheet)


def _scaled(sheet: Sheet, by: float) -> Sheet:
    heading = sheet.heading
    if heading is not None:
        heading = replace(heading, x=heading.x * by, y=heading.y * by, size=heading.size * by)
    return _widened(
        replace(
            sheet,
            width=sheet.width * by,
            height=sheet.height * by,
            x=sheet.x * by,
            y=sheet.y * by,
            scale=sheet.scale * by,
            heading=heading,
        )
    )


def _widened(sheet: Sheet) -> Sheet:
    return replace(sheet, width=max(sheet.width, SMALLEST), height=max(sheet.height, SMALLEST))


def _resize(deck: Presentation, width: float, height: float) -> None:
    """Set the size of the slides, and let the template's own places for text follow."""
    from pptx.util import Pt

    by = Pt(width) / (deck.slide_width or Pt(width))
    deck.slide_width, deck.slide_height = Pt(width), Pt(height)
    for page in (deck.slide_master, *deck.slide_layouts):
        for shape in page.placeholders:
            shape.left, shape.width = round(shape.left * by), round(shape.width * by)


def _add(deck: Presentation, picture: Picture, sheet: Sheet, style: Style) -> None:
    from pptx.oxml import parse_xml

    layout = deck.slide_layouts[BLANK if sheet.heading is None else TITLE_ONLY]
    slide = deck.slides.add_slide(layout)
    written = Slide(picture.scene, sheet, colours_of(style))
    tree = slide.shapes._spTree
    for shape in list(slide.placeholders):
        tree.remove(shape._element)
    for shape in parse_xml(written.shapes()):
        tree.append(shape)
    # On a slide there is always something behind.
    colour = background_of(style, usual="page")
    if colour is not None:
        slide._element.cSld.insert(0, parse_xml(written.background(colour)))


def _describe(deck: Presentation, picture: Picture, style: Style) -> None:
    properties = deck.core_properties
    properties.title = shown(style.title or picture.title, LONGEST_PROPERTY)
    properties.subject = shown(picture.description, LONGEST_PROPERTY)
    properties.author = properties.last_modified_by = "graphview"
    properties.created = properties.modified = EPOCH
    properties.last_printed = EPOCH
    properties.revision = 1


def _timeless(content: bytes) -> bytes:
    """The same parts in the same order, each with the same time."""
    stream = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            part = zipfile.ZipInfo(entry.filename, EPOCH.timetuple()[:6])
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(entry))
    return stream.getvalue()
