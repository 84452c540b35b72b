"""SVG: see `draw/svg.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphview.draw.fit import Style, sheet_of
from graphview.draw.formats.picture import LOOKS, Picture, background_of, steady
from graphview.draw.svg import Look, stream_svg

MANY: bool = False
USES: frozenset[str] = LOOKS
NEEDS: str | None = None
FIT: str | None = None


def write(pictures: Sequence[Picture], style: Style) -> bytes:
    return b"".join(stream(pictures, style))


def stream(pictures: Sequence[Picture], style: Style) -> Iterator[bytes]:
    """What `write` gives, in parts."""
    (picture,) = pictures
    return stream_svg(picture.scene, look_of_picture(picture, steady(style)))


def look_of_picture(
    picture: Picture, style: Style, *, prefix: str | None = None, inline: bool = False
) -> Look:
    """How it is published as SVG."""
    return Look(
        style.title or picture.title,
        picture.description,
        theme=style.theme,
        prefix=prefix,
        inline=inline,
        sheet=sheet_of(picture.scene, style),
        background=background_of(style),
    )
