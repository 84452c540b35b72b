"""Letters of names that a format with our font inside cannot show, and what to write instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from graphview.draw.drawing import legible
from graphview.draw.fit import LONGEST_HEADING, Style
from graphview.draw.fonts.coverage import lacking
from graphview.draw.formats.picture import Picture
from graphview.draw.shapes import shape_of, shape_of_frame

MOST_NAMED = 12
# A PDF has its letters as they come: from left to right, and none joined to the next.
FROM_THE_RIGHT = frozenset({"R", "AL"})
INSTEAD = {
    "pdf": "the PDF cannot show {letters} as they are written; write .svg or .png instead.",
    "png": "the PNG has boxes for {letters} where this machine has no font for them; write .svg, "
    "which leaves them to its reader's fonts.",
}


def unshown(pictures: Iterable[Picture], format: str, style: Style) -> str | None:
    """A sentence that names the letters, and None where all are shown."""
    if format not in INSTEAD:
        return None
    found = "".join(dict.fromkeys("".join(_strange(pictures, format, style))))
    if not found:
        return None
    more = "…" if len(found) > MOST_NAMED else ""
    return INSTEAD[format].format(letters=f"'{found[:MOST_NAMED]}{more}'")


def _strange(pictures: Iterable[Picture], format: str, style: Style) -> Iterator[str]:
    for text in _texts(pictures, style):
        if not text.isascii():
            yield lacking(text)
            if format == "pdf":
                yield "".join(c for c in text if unicodedata.bidirectional(c) in FROM_THE_RIGHT)


def _texts(pictures: Iterable[Picture], style: Style) -> Iterator[str]:
    """All that is written in the pictures, as far as it is drawn."""
    yield legible(style.title, LONGEST_HEADING) if style.title else ""
    for picture in pictures:
        shapes = (*map(shape_of, picture.scene.boxes), *map(shape_of_frame, picture.scene.frames))
        yield from (line.text for shape in shapes for line in shape.lines)
