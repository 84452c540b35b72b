"""A scene -> the SVG that we publish: named, described, coloured, themable.

One file serves browsers, slide programs and converters: the theme's colours are presentation
attributes, which all of them read, and everything else stands inside `@supports`, which those
without CSS variables skip.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import chain

from graphview.draw.drawing import FONT_SIZE, LONGEST_TITLE
from graphview.draw.fit import Sheet, plain_sheet
from graphview.draw.palette import (
    DARK,
    EVERY_KIND,
    LIGHT,
    NOTE,
    THEMES,
    Colours,
    css_rules,
    css_variables,
)
from graphview.draw.read import scene_of
from graphview.draw.scene import Frame, Placed, Point, Route, Scene
from graphview.draw.shapes import (
    DASHES,
    DOTS,
    Line,
    Panel,
    Shape,
    shape_of,
    shape_of_frame,
    shown,
    stroke_of,
)

# Slide programs know Courier New; the style sheet asks browsers for something sturdier.
PLAIN_FONT = "'Courier New', Courier, 'Liberation Mono', monospace"
SCREEN_FONT = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"

LONGEST_DESCRIPTION = 4000


@dataclass(frozen=True, slots=True)
class Links:
    """Where a box leads (`#...`), by its id, and which boxes were seen in a picture before."""

    targets: Mapping[str, str]
    seen_before: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is published.

    `theme` is light, dark, print, or auto (light, and dark where the reader asks for it). `prefix`
    goes before every id, so that several pictures share a page. `inline` leaves out the style sheet
    and the XML declaration: the page brings its own. `links` make the boxes of a page clickable.
    `sheet` is the page, one as large as the scene by default, and `background` its colour.
    """

    title: str
    description: str
    theme: str = "auto"
    prefix: str = "gv-"
    inline: bool = False
    links: Links | None = None
    sheet: Sheet | None = None
    background: str | None = None

    @property
    def colours(self) -> Colours:
        return THEMES.get(self.theme, LIGHT)


def publish(drawn: bytes, look: Look) -> str:
    """Turn Graphviz's SVG into ours. Errors: xml.etree's ParseError if `drawn` is not SVG."""
    return write_svg(scene_of(drawn), look)


def write_svg(scene: Scene, look: Look) -> str:
    """Write a scene as SVG; the same input gives the same bytes. Sizes are in px at 96 an inch."""
    return "\n".join(_Writer(scene, look).lines()) + "\n"


class _Writer:
    def __init__(self, scene: Scene, look: Look) -> None:
        self.scene, self.look, self.colours = scene, look, look.colours
        self.sheet = look.sheet or plain_sheet(scene)
        self.links = look.links or Links({})
        self.prefix = escape(look.prefix)
        self.solid = f'fill="{self.colours.line}" stroke="{self.colours.line}"'
        self.paints = {kind: self._paint(kind) for kind in EVERY_KIND}

    def lines(self) -> Iterator[str]:
        yield from self._head()
        yield from self._background()
        scene = self.scene
        yield (
            f'<g id="{self.prefix}graph" class="graph"{self._transform()} '
            f'font-family="{PLAIN_FONT}" font-size="{number(FONT_SIZE)}" text-anchor="middle">'
        )
        for frame in scene.frames:
            yield from self._frame(frame)
        yield from map(self._route, scene.routes)
        for placed in scene.boxes:
            yield from self._box(placed)
        yield "</g>"
        yield "</svg>"

    def _head(self) -> Iterator[str]:
        look, sheet, prefix = self.look, self.sheet, self.prefix
        width, height = sheet.pixels
        if not look.inline:
            yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {number(sheet.width)} {number(sheet.height)}" role="group" '
            f'class="gv-picture" aria-labelledby="{prefix}title {prefix}desc">'
        )
        yield f'<title id="{prefix}title">{_told(look.title)}</title>'
        yield f'<desc id="{prefix}desc">{_told(look.description)}</desc>'
        if not look.inline:
            yield f"<style>{style_sheet(look.theme, _kinds(self.scene))}</style>"

    def _background(self) -> Iterator[str]:
        sheet, heading = self.sheet, self.sheet.heading
        if self.look.background is not None:
            fill = escape(self.look.background)
            yield (
                f'<rect class="gv-page" width="{number(sheet.width)}" '
                f'height="{number(sheet.height)}" fill="{fill}"/>'
            )
        if heading is not None:
            # The title is told already.
            yield (
                f'<text class="gv-heading" aria-hidden="true" x="{number(heading.x)}" '
                f'y="{number(heading.y)}" font-family="{PLAIN_FONT}" '
                f'font-size="{number(heading.size)}" font-weight="bold" text-anchor="middle" '
                f'fill="{self.colours.text}">{escape(heading.text, quote=False)}</text>'
            )

    def _transform(self) -> str:
        sheet = self.sheet
        if (sheet.x, sheet.y, sheet.scale) == (0.0, 0.0, 1.0):
            return ""
        # Of the scale two decimals would not be enough.
        scale = "" if sheet.scale == 1.0 else f" scale({sheet.scale:.5g})"
        return f' transform="translate({number(sheet.x)} {number(sheet.y)}){scale}"'

    def _frame(self, frame: Frame) -> Iterator[str]:
        title, name = escape(shown(frame.title, LONGEST_TITLE)), _name(frame.id)
        yield (
            f'<g id="{self.prefix}{name}" class="gv-frame" role="img" '
            f'aria-label="{title}" data-frame="{name}">\n<title>{title}</title>'
        )
        yield from self._shape(shape_of_frame(frame), "frame", ' text-anchor="start"')
        yield "</g>"

    def _route(self, route: Route) -> str:
        (points, head), line = stroke_of(route), self.colours.line
        tip = f'\n<polygon points="{_corners(head)}" {self.solid}/>' if head is not None else ""
        return (
            f'<g id="{self.prefix}{_name(route.id)}" class="gv-edge" '
            f'aria-hidden="true" data-from="{_name(route.tail)}" data-to="{_name(route.head)}">\n'
            f'<path d="{_path(points)}" fill="none" stroke="{line}"/>{tip}\n</g>'
        )

    def _box(self, placed: Placed) -> Iterator[str]:
        box = placed.box
        title, name = escape(shown(box.title, LONGEST_TITLE)), _name(box.id)
        target = self.links.targets.get(box.id)
        seen = " gv-seen" if target is not None and box.id in self.links.seen_before else ""
        named = f'role="img" aria-label="{title}" ' if target is None else ""
        link = f'<a href="{escape(target)}" aria-label="{title}">\n' if target is not None else ""
        yield (
            f'<g id="{self.prefix}{name}" class="gv-node gv-{box.kind}{seen}" '
            f'{named}data-node="{name}">\n{link}<title>{title}</title>'
        )
        yield from self._shape(shape_of(placed), box.kind)
        yield "</a>\n</g>" if link else "</g>"

    def _shape(self, shape: Shape, kind: str, more: str = "") -> Iterator[str]:
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
        dashes = DASHES if kind == "constant" else DOTS if kind in self.colours.dotted else None
        wide = f' stroke-width="{number(weight)}"' if weight is not None else ""
        dash = f' stroke-dasharray="{dashes[0]:g} {dashes[1]:g}"' if dashes is not None else ""
        return f' fill="{fill}" stroke="{line}"{wide}{dash}'


def _told(text: str) -> str:
    return escape(shown(text, LONGEST_DESCRIPTION), quote=False)


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


def _name(text: str) -> str:
    return text if text.isalnum() else escape(text)


def _outline(panel: Panel) -> str:
    left, top, width, height, rounding, _ = panel
    if rounding:
        return f'path d="{_rounded(left, top, left + width, top + height, rounding)}"'
    return f'polygon points="{_corners(panel.corners)}"'


def _rounded(left: float, top: float, right: float, bottom: float, by: float) -> str:
    """Straight lines, and at each corner a curve that is drawn to it."""
    sides = (
        ("M", (left + by, top)),
        ("L", (right - by, top)),
        ("Q", (right, top), (right, top + by)),
        ("L", (right, bottom - by)),
        ("Q", (right, bottom), (right - by, bottom)),
        ("L", (left + by, bottom)),
        ("Q", (left, bottom), (left, bottom - by)),
        ("L", (left, top + by)),
        ("Q", (left, top), (left + by, top)),
    )
    return "".join([f"{how}{_corners(points)}" for how, *points in sides]) + "Z"


def _kinds(scene: Scene) -> frozenset[str]:
    """The kinds whose colours the picture needs."""
    found = {placed.box.kind for placed in scene.boxes} - {NOTE}
    return frozenset(found | {"frame"} if scene.frames else found)


def style_sheet(theme: str, kinds: Collection[str] = EVERY_KIND) -> str:
    """The CSS of a picture that stands alone, skipped by whoever cannot read it."""
    scope = ".gv-picture"
    rules = f"{scope}{{{css_variables(THEMES.get(theme, LIGHT), kinds)}}}"
    if theme == "auto":
        dark = f"{scope}{{{css_variables(DARK, kinds)}}}"
        rules += f"@media (prefers-color-scheme:dark){{{dark}}}"
        rules += f"@media print{{{scope}{{{css_variables(LIGHT, kinds)}}}}}"
    # LibreOffice reads this rule too, and would take it at its word for a heading.
    rules += f"{scope} .graph text{{font-family:{SCREEN_FONT}}}{css_rules(scope, kinds)}"
    return f"@supports (color:var(--gv)){{{rules}}}"
