"""A scene as the shapes of one slide, in the XML of PowerPoint."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import count

from graphview.draw.drawing import LONGEST_TITLE
from graphview.draw.fit import Heading, Sheet
from graphview.draw.formats.connectors import Connectors
from graphview.draw.formats.drawingml import NAMESPACES, emu, fill, preset, transform
from graphview.draw.palette import DASHED, Colours
from graphview.draw.scene import Frame, Placed, Scene
from graphview.draw.shapes import (
    LABEL_BASELINE,
    Line,
    Panel,
    Shape,
    shape_of,
    shape_of_frame,
    shown,
)

# On Windows and macOS; elsewhere there is a font of the same widths for it.
FONT = "Courier New"
SMALLEST_FONT = 1.0
# From a line's upper edge to its baseline, in its font size.
ASCENT = 0.83
NO_FILL = "<a:noFill/>"


class Slide:
    """Writes one slide."""

    def __init__(self, scene: Scene, sheet: Sheet, colours: Colours) -> None:
        self.scene, self.sheet, self.colours = scene, sheet, colours
        self.numbers = count(2)
        self.glue = {placed.box.id: (next(self.numbers), placed) for placed in scene.boxes}

    def shapes(self) -> str:
        """All shapes from back to front, in one element."""
        scene, heading = self.scene, self.sheet.heading
        connectors = Connectors(scene, self.sheet, self.colours, self.glue)
        parts = [self._heading(heading)] if heading is not None else []
        parts += [self._frame(frame) for frame in scene.frames]
        parts += [connectors.write(route, next(self.numbers)) for route in scene.routes]
        parts += [self._box(placed) for placed in scene.boxes]
        return f"<p:spTree {NAMESPACES}>{''.join(parts)}</p:spTree>"

    def background(self, colour: str) -> str:
        return f"<p:bg {NAMESPACES}><p:bgPr>{fill(colour)}<a:effectLst/></p:bgPr></p:bg>"

    def _heading(self, heading: Heading) -> str:
        """The slide's title, so that it has a name in an outline and for a screen reader."""
        top, height = heading.y - heading.size, heading.size * 1.4
        place = transform(0, emu(top), emu(self.sheet.width), emu(height))
        text = self._text([Line(heading.text, 0, 0, heading.size, bold=True)], scale=1.0)
        return _shape(f'id="{next(self.numbers)}" name="Title"', place, text, title=True)

    def _frame(self, frame: Frame) -> str:
        shape, number = shape_of_frame(frame), next(self.numbers)
        text = self._text(shape.lines, inset=frame.label_x - frame.x)
        return self._whole(shape, "frame", number, f"frame {shown(frame.label)}", frame.title, text)

    def _box(self, placed: Placed) -> str:
        box, shape = placed.box, shape_of(placed)
        number, name = self.glue[box.id][0], " ".join([box.kind, *map(shown, box.lines[:1])])
        text = self._text(shape.lines)
        if shape.body is None:
            panel = Panel(placed.x, placed.y, placed.width, placed.height)
            looks = self._place(panel) + preset("rect") + NO_FILL
            return _shape(_described(number, name, box.title), looks, text)
        return self._whole(shape, box.kind, number, name, box.title, text)

    def _whole(self, shape: Shape, kind: str, number: int, name: str, title: str, text: str) -> str:
        """One shape, or several that move together: sheets, the body, a root's second outline."""
        body = shape.body or Panel(0, 0, 0, 0)
        if shape.ring is not None:
            # An arrow is glued to the outermost.
            ring = self._panel(shape.ring, kind, _named(number, name), hollow=True)
            inner = self._panel(body, kind, _named(next(self.numbers), name), text)
            return self._group(
                [shape.ring], _described(next(self.numbers), name, title), ring + inner
            )
        if not shape.sheets:
            return self._panel(body, kind, _described(number, name, title), text)
        parts = [
            self._panel(sheet, kind, _named(next(self.numbers), f"{name}, one more"))
            for sheet in shape.sheets
        ]
        parts.append(self._panel(body, kind, _named(number, name), text))
        described = _described(next(self.numbers), name, title)
        return self._group([*shape.sheets, body], described, "".join(parts))

    def _group(self, panels: Sequence[Panel], described: str, parts: str) -> str:
        left, top = min(p.x for p in panels), min(p.y for p in panels)
        right = max(p.x + p.width for p in panels)
        bottom = max(p.y + p.height for p in panels)
        x, y, wide, high = self._numbers(Panel(left, top, right - left, bottom - top))
        outer = f'<a:off x="{x}" y="{y}"/><a:ext cx="{wide}" cy="{high}"/>'
        inner = f'<a:chOff x="{x}" y="{y}"/><a:chExt cx="{wide}" cy="{high}"/>'
        return (
            f"<p:grpSp><p:nvGrpSpPr><p:cNvPr {described}/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>"
            f"<p:grpSpPr><a:xfrm>{outer}{inner}</a:xfrm></p:grpSpPr>{parts}</p:grpSp>"
        )

    def _panel(
        self, panel: Panel, kind: str, described: str, text: str = "", *, hollow: bool = False
    ) -> str:
        inside, line = self.colours.of(kind)
        painted = NO_FILL if hollow else fill(inside)
        looks = f"{self._place(panel)}{_geometry(panel)}{painted}{self._outline(kind, line)}"
        return _shape(described, looks, text or self._text(()))

    def _outline(self, kind: str, colour: str) -> str:
        width = self.colours.weights.get(kind, 1.0) * self.sheet.scale
        dash = "dash" if kind in DASHED else "sysDot" if kind in self.colours.dotted else None
        dashed = f'<a:prstDash val="{dash}"/>' if dash is not None else ""
        return f'<a:ln w="{max(1, emu(width))}">{fill(colour)}{dashed}</a:ln>'

    def _text(
        self, lines: Sequence[Line], *, inset: float | None = None, scale: float | None = None
    ) -> str:
        """Lines in the middle of their shape, or at its upper edge from `inset` on."""
        scale = self.sheet.scale if scale is None else scale
        anchor, side, left, top = "ctr", "ctr", 0, 0
        if inset is not None and lines:
            above = LABEL_BASELINE - ASCENT * lines[0].size
            anchor, side, left, top = "t", "l", emu(inset * scale), emu(above * scale)
        paragraphs = "".join(self._line(line, side, scale) for line in lines) or "<a:p/>"
        return (
            f'<p:txBody><a:bodyPr wrap="none" lIns="{left}" tIns="{top}" rIns="0" bIns="0" '
            f'anchor="{anchor}"><a:noAutofit/></a:bodyPr><a:lstStyle/>{paragraphs}</p:txBody>'
        )

    def _line(self, line: Line, side: str, scale: float) -> str:
        size = round(max(SMALLEST_FONT, line.size * scale) * 100)
        bold = "1" if line.bold else "0"
        return (
            f'<a:p><a:pPr algn="{side}"/><a:r><a:rPr lang="en-US" sz="{size}" b="{bold}" '
            f'noProof="1">{fill(self.colours.text)}<a:latin typeface="{FONT}"/>'
            f'<a:cs typeface="{FONT}"/></a:rPr>'
            f"<a:t>{escape(line.text, quote=False)}</a:t></a:r></a:p>"
        )

    def _place(self, panel: Panel) -> str:
        return transform(*self._numbers(panel))

    def _numbers(self, panel: Panel) -> tuple[int, int, int, int]:
        sheet = self.sheet
        x, y = emu(sheet.x + panel.x * sheet.scale), emu(sheet.y + panel.y * sheet.scale)
        return x, y, emu(panel.width * sheet.scale), emu(panel.height * sheet.scale)


def _shape(described: str, looks: str, text: str, *, title: bool = False) -> str:
    place = '<p:nvPr><p:ph type="title"/></p:nvPr>' if title else "<p:nvPr/>"
    return (
        f"<p:sp><p:nvSpPr><p:cNvPr {described}/><p:cNvSpPr/>{place}</p:nvSpPr>"
        f"<p:spPr>{looks}</p:spPr>{text}</p:sp>"
    )


def _named(number: int, name: str) -> str:
    return f'id="{number}" name="{escape(name)}"'


def _described(number: int, name: str, title: str) -> str:
    """With what a screen reader says."""
    return f'{_named(number, name)} descr="{escape(shown(title, LONGEST_TITLE))}"'


def _geometry(panel: Panel) -> str:
    shortest = max(min(panel.width, panel.height), 1e-6)
    if panel.rounding:
        return preset("roundRect", panel.rounding / shortest)
    return preset("snip1Rect", panel.snip / shortest) if panel.snip else preset("rect")
