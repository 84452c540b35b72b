"""What is drawn of a box, a frame and an arrow: SVG, as it stands at (0, 0)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from itertools import chain

from graphview.draw.drawing import FONT_SIZE, Box
from graphview.draw.palette import DASHED, EVERY_KIND, Colours
from graphview.draw.scene import Frame, Placed, Point
from graphview.draw.shapes import (
    DASHES,
    DOTS,
    Line,
    Panel,
    Shape,
    shape_of,
    shape_of_frame,
    stroke_along,
)

AT = "%.2f,%.2f"
CORNER = f"L{AT}Q{AT} {AT}"
ROUNDED = f"M{AT}{CORNER * 4}Z"


class Pen:
    """Draws in the colours of one theme. All that it gives is whole lines."""

    def __init__(self, colours: Colours) -> None:
        self.colours = colours
        self.solid = f'fill="{colours.line}" stroke="{colours.line}"'
        self.paints = {kind: self._paint(kind) for kind in EVERY_KIND}

    def box(
        self, kind: str, lines: tuple[str, ...], copies: int, width: float, height: float
    ) -> str:
        """A box of this kind and size, without its title."""
        placed = Placed(Box("", kind, lines, "", copies), 0.0, 0.0, width, height)
        return self._shape(shape_of(placed), kind)

    def frame(self, frame: Frame) -> str:
        """A frame with its label, without its title."""
        return self._shape(shape_of_frame(frame), "frame", ' text-anchor="start"')

    def stroke(self, curve: tuple[Point, ...], tip: bool) -> str:
        """An arrow along Béziers."""
        points, head = stroke_along(curve, tip)
        line = f'<path d="{_path(points)}" fill="none" stroke="{self.colours.line}"/>\n'
        return (
            line if head is None else f'{line}<polygon points="{_corners(head)}" {self.solid}/>\n'
        )

    def _shape(self, shape: Shape, kind: str, more: str = "") -> str:
        return "".join([f"{element}\n" for element in self._elements(shape, kind, more)])

    def _elements(self, shape: Shape, kind: str, more: str) -> Iterator[str]:
        for panel in shape.sheets:
            yield f'<{_outline(panel)} class="gv-sheet"{self.paints[kind]}/>'
        if shape.body is not None:
            yield f'<{_outline(shape.body)} class="gv-shape"{self.paints[kind]}/>'
        if shape.ring is not None:
            # It must not cover the fill of the first one.
            ring = f'fill="none" stroke="{self.colours.of(kind)[1]}"'
            yield f'<{_outline(shape.ring)} class="gv-ring" {ring}/>'
        for line in shape.lines:
            yield self._line(line, more)

    def _line(self, line: Line, more: str) -> str:
        text, x, y, size, bold = line
        small = "" if size == FONT_SIZE else f' font-size="{number(size)}"'
        weight = ' font-weight="bold"' if bold else ""
        return (
            f'<text x="{number(x)}" y="{number(y)}"{small}{weight}{more} '
            f'fill="{self.colours.text}">{escape(text, quote=False)}</text>'
        )

    def _paint(self, kind: str) -> str:
        fill, line = self.colours.of(kind)
        weight = self.colours.weights.get(kind)
        dashes = DASHES if kind in DASHED else DOTS if kind in self.colours.dotted else None
        wide = f' stroke-width="{number(weight)}"' if weight is not None else ""
        dash = f' stroke-dasharray="{dashes[0]:g} {dashes[1]:g}"' if dashes is not None else ""
        return f' fill="{fill}" stroke="{line}"{wide}{dash}'


def number(value: float) -> str:
    """With two decimals or none: less than a hundredth of a point is nothing that anybody sees."""
    return f"{value:.2f}".replace(".00", "")


@cache
def _pairs(count: int, curve: bool = False) -> str:
    """The format of so many points; one for all is several times as fast as one for each."""
    pairs = " ".join(["%.2f,%.2f"] * count)
    return f"M{pairs}".replace(" ", "C", 1) if curve else pairs


def _corners(points: Sequence[Point]) -> str:
    return (_pairs(len(points)) % tuple(chain(*points))).replace(".00", "")


def _path(points: Sequence[Point]) -> str:
    return (_pairs(len(points), curve=True) % tuple(chain(*points))).replace(".00", "")


def _outline(panel: Panel) -> str:
    left, top, width, height, rounding, _ = panel
    if rounding:
        return f'path d="{_rounded(left, top, left + width, top + height, rounding)}"'
    return f'polygon points="{_corners(panel.corners)}"'


def _rounded(left: float, top: float, right: float, bottom: float, by: float) -> str:
    """Straight lines, and at each corner a curve that is drawn to it."""
    path = ROUNDED % (
        *(left + by, top, right - by, top),
        *(right, top, right, top + by, right, bottom - by),
        *(right, bottom, right - by, bottom, left + by, bottom),
        *(left, bottom, left, bottom - by, left, top + by),
        *(left, top, left + by, top),
    )
    return path.replace(".00", "")
