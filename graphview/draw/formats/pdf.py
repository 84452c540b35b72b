"""PDF: vectors straight from the scene, with our own font inside; a page for each picture."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from graphview.draw.drawing import LONGEST_TITLE
from graphview.draw.fit import Sheet, Style, sheet_of
from graphview.draw.fonts import BOLD, FAMILY, REGULAR
from graphview.draw.formats.picture import LOOKS, Picture, background_of, colours_of
from graphview.draw.palette import DASHED, Colours
from graphview.draw.scene import Point, Scene
from graphview.draw.shapes import (
    DASHES,
    DOTS,
    Line,
    Panel,
    Shape,
    Stroke,
    shape_of,
    shape_of_frame,
    shown,
    stroke_of,
)

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

MANY: bool = True
USES: frozenset[str] = LOOKS
NEEDS: str | None = "reportlab"
FIT: str | None = None
BOLD_FAMILY = f"{FAMILY} Bold"
# A viewer's most, in points: 200 inches.
LONGEST_SIDE = 14_400.0


def write(pictures: Sequence[Picture], style: Style) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    _register_fonts()
    stream = BytesIO()
    # Neither the time nor a random number goes into the file.
    canvas = Canvas(stream, invariant=1, pageCompression=1)
    first = pictures[0]
    canvas.setTitle(shown(style.title or first.title, LONGEST_TITLE))
    canvas.setSubject(shown(first.description, LONGEST_TITLE))
    canvas.setCreator("graphview")
    for picture in pictures:
        _Page(canvas, picture.scene, style).draw()
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _register_fonts() -> None:
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    registerFont(TTFont(FAMILY, str(REGULAR)))
    registerFont(TTFont(BOLD_FAMILY, str(BOLD)))


class _Page:
    def __init__(self, canvas: Canvas, scene: Scene, style: Style) -> None:
        self.canvas, self.scene, self.style = canvas, scene, style
        self.colours: Colours = colours_of(style)

    def draw(self) -> None:
        canvas, sheet = self.canvas, sheet_of(self.scene, self.style)
        zoom = sheet.zoom * min(1.0, LONGEST_SIDE / (max(sheet.width, sheet.height) * sheet.zoom))
        canvas.setPageSize((sheet.width * zoom, sheet.height * zoom))
        # From here on y grows downwards.
        canvas.transform(zoom, 0, 0, -zoom, 0, sheet.height * zoom)
        self._background(sheet)
        canvas.transform(sheet.scale, 0, 0, sheet.scale, sheet.x, sheet.y)
        for frame in self.scene.frames:
            self._shape(shape_of_frame(frame), "frame", centred=False)
        for route in self.scene.routes:
            self._arrow(stroke_of(route))
        for placed in self.scene.boxes:
            self._shape(shape_of(placed), placed.box.kind)

    def _background(self, sheet: Sheet) -> None:
        colour, heading = background_of(self.style), sheet.heading
        if colour is not None:
            self.canvas.setFillColor(colour)
            self.canvas.rect(0, 0, sheet.width, sheet.height, stroke=0, fill=1)
        if heading is not None:
            self._text(Line(heading.text, heading.x, heading.y, heading.size, bold=True))

    def _shape(self, shape: Shape, kind: str, *, centred: bool = True) -> None:
        if shape.body is not None:
            self._pen(kind)
            for panel in (*shape.sheets, shape.body):
                self._panel(panel, fill=1)
            if shape.ring is not None:
                self._panel(shape.ring, fill=0)
            self.canvas.setDash()
        for line in shape.lines:
            self._text(line, centred=centred)

    def _pen(self, kind: str) -> None:
        fill, line = self.colours.of(kind)
        self.canvas.setFillColor(fill)
        self.canvas.setStrokeColor(line)
        self.canvas.setLineWidth(self.colours.weights.get(kind, 1.0))
        if kind in DASHED:
            self.canvas.setDash(list(DASHES))
        elif kind in self.colours.dotted:
            self.canvas.setDash(list(DOTS))

    def _panel(self, panel: Panel, *, fill: int) -> None:
        x, y, width, height, rounding, snip = panel
        if rounding:
            self.canvas.roundRect(x, y, width, height, rounding, stroke=1, fill=fill)
        elif snip:
            self._polygon(panel.corners, fill=fill)
        else:
            self.canvas.rect(x, y, width, height, stroke=1, fill=fill)

    def _polygon(self, corners: Sequence[Point], *, fill: int) -> None:
        path = self.canvas.beginPath()
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        path.close()
        self.canvas.drawPath(path, stroke=1, fill=fill)

    def _arrow(self, stroke: Stroke) -> None:
        self.canvas.setLineWidth(1)
        self.canvas.setStrokeColor(self.colours.line)
        path = self.canvas.beginPath()
        points = stroke.points
        path.moveTo(*points[0])
        for i in range(1, len(points) - 2, 3):
            path.curveTo(*points[i], *points[i + 1], *points[i + 2])
        self.canvas.drawPath(path, stroke=1, fill=0)
        if stroke.head is not None:
            self.canvas.setFillColor(self.colours.line)
            self._polygon(stroke.head, fill=1)

    def _text(self, line: Line, *, centred: bool = True) -> None:
        font = BOLD_FAMILY if line.bold else FAMILY
        left = line.x
        if centred:
            left -= self.canvas.stringWidth(line.text, font, line.size) / 2
        text = self.canvas.beginText()
        # Letters stand upright, though y grows downwards.
        text.setTextTransform(1, 0, 0, -1, left, line.y)
        text.setFont(font, line.size)
        text.setFillColor(self.colours.text)
        text.textOut(line.text)
        self.canvas.drawText(text)
