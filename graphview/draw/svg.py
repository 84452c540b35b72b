"""A scene -> the SVG that we publish: named, described, coloured, themable.

One file serves browsers, slide programs and converters: the theme's colours are presentation
attributes, which all of them read, and everything else stands inside `@supports`, which those
without CSS variables skip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import islice

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
from graphview.draw.pen import Pen, number
from graphview.draw.read import scene_of
from graphview.draw.scene import Frame, Placed, Point, Route, Scene
from graphview.draw.shapes import shown

# Slide programs know Courier New; the style sheet asks browsers for something sturdier.
PLAIN_FONT = "'Courier New', Courier, 'Liberation Mono', monospace"
SCREEN_FONT = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"

LONGEST_DESCRIPTION = 4000
# In bytes: enough that no two pictures of one page have the same.
DIGEST = 4
PARTS_AT_ONCE = 1000
# So many different boxes and arrows are remembered as they are drawn; and so many elements of a
# picture, some 100 KiB, go to a file at once.
REMEMBERED, TOGETHER = 4096, 256
MOVED = ' transform="translate(%.2f %.2f)"'


@dataclass(frozen=True, slots=True)
class Links:
    """Where a box leads (`#...`), by its id, and which boxes were seen in a picture before."""

    targets: Mapping[str, str]
    seen_before: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is published.

    `theme` is light, dark, print, or auto (light, and dark where the reader asks for it). `prefix`
    goes before every id, so that several pictures share a page; without one it is made from what
    the picture shows. `inline` leaves out the style sheet
    and the XML declaration: the page brings its own. `links` make the boxes of a page clickable.
    `sheet` is the page, one as large as the scene by default, and `background` its colour.
    """

    title: str
    description: str
    theme: str = "auto"
    prefix: str | None = None
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
    return "".join(_Writer(scene, look).pieces())


def stream_svg(scene: Scene, look: Look) -> Iterator[bytes]:
    """What `write_svg` writes, encoded, a part at a time: large pictures are never held whole."""
    pieces = _Writer(scene, look).pieces()
    while part := "".join(islice(pieces, TOGETHER)):
        yield part.encode()


class _Writer:
    """Writes a scene element by element.

    What looks alike is written once, as it stands at (0, 0), and moved to where it belongs: of a
    large model most boxes and arrows look like others.
    """

    def __init__(self, scene: Scene, look: Look) -> None:
        self.scene, self.look, self.colours = scene, look, look.colours
        self.sheet = look.sheet or plain_sheet(scene)
        self.links = look.links or Links({})
        self.prefix = escape(own_prefix(scene, look) if look.prefix is None else look.prefix)
        pen, remember = Pen(self.colours), lru_cache(maxsize=REMEMBERED)
        self.box_drawn, self.frame_drawn = remember(pen.box), remember(pen.frame)
        self.stroke_drawn, self.title = remember(pen.stroke), remember(_title)
        self.name, self.moved = remember(_name), remember(_moved)

    def pieces(self) -> Iterator[str]:
        """The text in pieces that each end with a line."""
        yield from self._head()
        yield from self._background()
        scene = self.scene
        yield (
            f'<g id="{self.prefix}graph" class="graph"{self._transform()} '
            f'font-family="{PLAIN_FONT}" font-size="{number(FONT_SIZE)}" text-anchor="middle">\n'
        )
        yield from map(self._frame, scene.frames)
        yield from map(self._route, scene.routes)
        yield from map(self._box, scene.boxes)
        yield "</g>\n</svg>\n"

    def _head(self) -> Iterator[str]:
        look, sheet, prefix = self.look, self.sheet, self.prefix
        width, height = sheet.pixels
        # Beside the ids also the style sheet's rules are for this picture alone.
        own = "" if look.inline else prefix.rstrip("-")
        classes = f"gv-picture {own}".rstrip()
        if not look.inline:
            yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {number(sheet.width)} {number(sheet.height)}" role="group" '
            f'class="{classes}" aria-labelledby="{prefix}title {prefix}desc">\n'
        )
        yield f'<title id="{prefix}title">{_told(look.title)}</title>\n'
        yield f'<desc id="{prefix}desc">{_told(look.description)}</desc>\n'
        if not look.inline:
            css = style_sheet(look.theme, _kinds(self.scene), f".{own}")
            yield f"<style>{css}</style>\n"

    def _background(self) -> Iterator[str]:
        sheet, heading = self.sheet, self.sheet.heading
        if self.look.background is not None:
            fill = escape(self.look.background)
            yield (
                f'<rect class="gv-page" width="{number(sheet.width)}" '
                f'height="{number(sheet.height)}" fill="{fill}"/>\n'
            )
        if heading is not None:
            # The title is told already.
            yield (
                f'<text class="gv-heading" aria-hidden="true" x="{number(heading.x)}" '
                f'y="{number(heading.y)}" font-family="{PLAIN_FONT}" '
                f'font-size="{number(heading.size)}" font-weight="bold" text-anchor="middle" '
                f'fill="{self.colours.text}">{escape(heading.text, quote=False)}</text>\n'
            )

    def _transform(self) -> str:
        sheet = self.sheet
        if (sheet.x, sheet.y, sheet.scale) == (0.0, 0.0, 1.0):
            return ""
        # Of the scale two decimals would not be enough.
        scale = "" if sheet.scale == 1.0 else f" scale({sheet.scale:.5g})"
        return f' transform="translate({number(sheet.x)} {number(sheet.y)}){scale}"'

    def _frame(self, frame: Frame) -> str:
        title, name = self.title(frame.title), self.name(frame.id)
        # Apart from the label, frames of equal groups are alike.
        inset = frame.label_x - frame.x
        plain = frame._replace(id="", title="", x=0.0, y=0.0, label_x=inset)
        return (
            f'<g id="{self.prefix}{name}" class="gv-frame"{_moved(frame.x, frame.y)} role="img" '
            f'aria-label="{title}" data-frame="{name}">\n<title>{title}</title>\n'
            f"{self.frame_drawn(plain)}</g>\n"
        )

    def _route(self, route: Route) -> str:
        number, tail, head, curve, tip, origin = route
        name = self.name
        return (
            f'<g id="{self.prefix}{_name(number)}" class="gv-edge"{self.moved(*origin)} '
            f'aria-hidden="true" data-from="{name(tail)}" data-to="{name(head)}">\n'
            f"{self.stroke_drawn(curve, tip)}</g>\n"
        )

    def _box(self, placed: Placed) -> str:
        box, x, y, width, height = placed
        id_, kind, lines, told, copies = box
        title, name = self.title(told), self.name(id_)
        drawn = self.box_drawn(kind, lines, copies, width, height)
        target = self.links.targets.get(id_)
        if target is None:
            seen, named = "", f' role="img" aria-label="{title}"'
            inner = f"<title>{title}</title>\n{drawn}"
        else:
            seen, named = " gv-seen" if id_ in self.links.seen_before else "", ""
            link = f'<a href="{escape(target)}" aria-label="{title}">'
            inner = f"{link}\n<title>{title}</title>\n{drawn}</a>\n"
        return (
            f'<g id="{self.prefix}{name}" class="gv-node gv-{kind}{seen}"'
            f'{_moved(x, y)}{named} data-node="{name}">\n{inner}</g>\n'
        )


def own_prefix(scene: Scene, look: Look) -> str:
    """The same for the same picture, another one for a picture that differs in anything."""
    digest, parts, between = hashlib.blake2b(digest_size=DIGEST), _parts(scene, look), ""
    while some := list(islice(parts, PARTS_AT_ONCE)):
        digest.update((between + "\n".join(some)).encode(errors="replace"))
        between = "\n"
    return f"gv-{digest.hexdigest()}-"


def _parts(scene: Scene, look: Look) -> Iterator[str]:
    """All that a picture is made of."""
    sheet = look.sheet or plain_sheet(scene)
    about = look.title, look.description, look.theme, look.background, sheet
    yield from (repr(part) for part in (*about, *scene.frames))
    # Most arrows are one of a few curves, seen from elsewhere.
    curves: dict[tuple[Point, ...], int] = {}
    # And one after the other they are seen from the same place, whose digits take their time.
    before, digits = None, ""
    for id_, tail, head, curve, tip, origin in scene.routes:
        if origin is not before:
            before, digits = origin, repr(origin)
        yield f"{id_} {tail} {head} {curves.setdefault(curve, len(curves))} {digits} {tip}"
    for (id_, kind, lines, title, copies), x, y, width, height in scene.boxes:
        yield f"{id_} {kind} {title} {copies} {' '.join(lines)} {x} {y} {width} {height}"
    yield from map(repr, curves)


def _told(text: str) -> str:
    return escape(shown(text, LONGEST_DESCRIPTION), quote=False)


def _title(text: str) -> str:
    return escape(shown(text, LONGEST_TITLE))


def _moved(x: float, y: float) -> str:
    """The attribute that moves what was drawn at (0, 0); none where it stays there."""
    if x == 0.0 and y == 0.0:
        return ""
    return (MOVED % (x, y)).replace(".00", "")


def _name(text: str) -> str:
    return text if text.isalnum() else escape(text)


def _kinds(scene: Scene) -> frozenset[str]:
    """The kinds whose colours the picture needs."""
    found = {placed.box.kind for placed in scene.boxes} - {NOTE}
    return frozenset(found | {"frame"} if scene.frames else found)


def style_sheet(theme: str, kinds: Collection[str] = EVERY_KIND, scope: str = ".gv-picture") -> str:
    """The CSS of the picture `scope`, for a file of its own; skipped by whoever cannot read it."""
    rules = f"{scope}{{{css_variables(THEMES.get(theme, LIGHT), kinds)}}}"
    if theme == "auto":
        dark = f"{scope}{{{css_variables(DARK, kinds)}}}"
        rules += f"@media (prefers-color-scheme:dark){{{dark}}}"
        rules += f"@media print{{{scope}{{{css_variables(LIGHT, kinds)}}}}}"
    # LibreOffice reads this rule too, and would take it at its word for a heading.
    rules += f"{scope} .graph text{{font-family:{SCREEN_FONT}}}{css_rules(scope, kinds)}"
    return f"@supports (color:var(--gv)){{{rules}}}"
