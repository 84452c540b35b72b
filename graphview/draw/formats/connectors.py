"""The arrows of a slide, in the XML of PowerPoint.

Straight ones are connectors, which follow their boxes when somebody moves these. Curved connectors
are led anew by each program in a way of its own, around boxes or through them, so what is bent is a
freeform line along the very curve of the scene.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import hypot

from graphview.draw.fit import Sheet
from graphview.draw.formats.drawingml import emu, fill, transform
from graphview.draw.palette import Colours
from graphview.draw.scene import Placed, Point, Route, Scene

# Where connectors may be glued: which number a side has. A snipped rectangle counts otherwise.
SIDES = {"top": 0, "left": 1, "bottom": 2, "right": 3}
SNIPPED = {"right": 0, "bottom": 1, "left": 2, "top": 3}
# An arrow is straight if it is at most so far from being so, and ends at a box if it is this near.
STRAIGHT, NEAR = 2.0, 4.0
# Of more boxes nobody asks whether a straight arrow would cross one.
MOST_CROSSED = 400
# The points of a slight bend: a curve and an arrowhead.
SLIGHT = 7


class Connectors:
    """Writes the arrows of one slide; `glue` has the number of each box's shape."""

    def __init__(
        self, scene: Scene, sheet: Sheet, colours: Colours, glue: Mapping[str, tuple[int, Placed]]
    ) -> None:
        self.scene, self.sheet, self.colours, self.glue = scene, sheet, colours, glue

    def write(self, route: Route, number: int) -> str:
        """One arrow as the shape of this number."""
        points = route.points
        named = f'id="{number}" name="arrow {escape(route.id)}"'
        line = self._line(route)
        geometry = self._straight(route)
        if geometry is None:
            return (
                f"<p:sp><p:nvSpPr><p:cNvPr {named}/><p:cNvSpPr/><p:nvPr/></p:nvSpPr>"
                f"<p:spPr>{self._freeform(points)}<a:noFill/>{line}</p:spPr></p:sp>"
            )
        ends = self._glued("stCxn", route.tail, points[0])
        ends += self._glued("endCxn", route.head, points[-1])
        return (
            f"<p:cxnSp><p:nvCxnSpPr><p:cNvPr {named}/><p:cNvCxnSpPr>{ends}</p:cNvCxnSpPr>"
            f"<p:nvPr/></p:nvCxnSpPr><p:spPr>{geometry}{line}</p:spPr></p:cxnSp>"
        )

    def _line(self, route: Route) -> str:
        head = '<a:tailEnd type="triangle" w="med" len="lg"/>' if route.tip else ""
        width = max(1, emu(self.sheet.scale))
        return f'<a:ln w="{width}">{fill(self.colours.line)}{head}</a:ln>'

    def _glued(self, element: str, box: str, point: Point) -> str:
        if box not in self.glue:
            return ""
        number, placed = self.glue[box]
        sides = SNIPPED if placed.box.kind == "saved" else SIDES
        side = _side(placed, point)
        return "" if side is None else f'<a:{element} id="{number}" idx="{sides[side]}"/>'

    def _straight(self, route: Route) -> str | None:
        points = route.points
        if _bend(points) > STRAIGHT and not self._is_free(route):
            return None
        (x0, y0), (x1, y1) = self._point(points[0]), self._point(points[-1])
        flips = (' flipH="1"' if x1 < x0 else "") + (' flipV="1"' if y1 < y0 else "")
        place = transform(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0), flips)
        return f'{place}<a:prstGeom prst="straightConnector1"><a:avLst/></a:prstGeom>'

    def _is_free(self, route: Route) -> bool:
        """Whether a bend is slight, and a straight arrow in its place would cross no other box."""
        points = route.points
        if len(self.scene.boxes) > MOST_CROSSED or len(points) > SLIGHT or _is_swing(points):
            return False
        ends = (route.tail, route.head)
        others = (placed for placed in self.scene.boxes if placed.box.id not in ends)
        return not any(_crosses(points[0], points[-1], placed) for placed in others)

    def _freeform(self, points: Sequence[Point]) -> str:
        placed = [self._point(point) for point in points]
        left, top = min(x for x, _ in placed), min(y for _, y in placed)
        width = max(1, max(x for x, _ in placed) - left)
        height = max(1, max(y for _, y in placed) - top)
        spots = [f'<a:pt x="{x - left}" y="{y - top}"/>' for x, y in placed]
        pieces = "".join(
            f"<a:cubicBezTo>{''.join(spots[i : i + 3])}</a:cubicBezTo>"
            for i in range(1, len(spots) - 2, 3)
        )
        return (
            f"{transform(left, top, width, height)}<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/>"
            '<a:cxnLst/><a:rect l="0" t="0" r="r" b="b"/><a:pathLst>'
            f'<a:path w="{width}" h="{height}" fill="none"><a:moveTo>{spots[0]}</a:moveTo>{pieces}'
            "</a:path></a:pathLst></a:custGeom>"
        )

    def _point(self, point: Point) -> tuple[int, int]:
        sheet = self.sheet
        return emu(sheet.x + point[0] * sheet.scale), emu(sheet.y + point[1] * sheet.scale)


def _side(placed: Placed, point: Point) -> str | None:
    """The side of a box that a point lies on, or nearly."""
    x, y = point
    right, bottom = placed.x + placed.width, placed.y + placed.height
    if not (placed.x - NEAR <= x <= right + NEAR and placed.y - NEAR <= y <= bottom + NEAR):
        return None
    far = {
        "top": abs(y - placed.y),
        "bottom": abs(y - bottom),
        "left": abs(x - placed.x),
        "right": abs(x - right),
    }
    side = min(far, key=far.__getitem__)
    return side if far[side] <= NEAR else None


def _bend(points: Sequence[Point]) -> float:
    """How far from the straight line between its ends a curve's own points lie at most."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    length = max(hypot(x1 - x0, y1 - y0), 1e-9)
    return max(abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length for x, y in points)


def _is_swing(points: Sequence[Point]) -> bool:
    """From above to below, leaving and arriving upright."""
    if len(points) != 4:
        return False
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    return x0 == x1 and x2 == x3 and y1 == y2 and x0 != x3 and y0 < y1 < y3


def _crosses(start: Point, end: Point, placed: Placed) -> bool:
    """Whether the line meets the box, by cutting it at the box's sides (Liang and Barsky)."""
    (x0, y0), (x1, y1) = start, end
    first, last = 0.0, 1.0
    for origin, along, low, high in (
        (x0, x1 - x0, placed.x, placed.x + placed.width),
        (y0, y1 - y0, placed.y, placed.y + placed.height),
    ):
        if along == 0:
            if not low <= origin <= high:
                return False
            continue
        near, far = sorted(((low - origin) / along, (high - origin) / along))
        first, last = max(first, near), min(last, far)
    return first <= last
