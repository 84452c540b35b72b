"""DOT, for Graphviz and all that reads it: the drawing that was laid out, else one of the scene."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphview.draw.drawing import FONT_SIZE, LONGEST_TITLE
from graphview.draw.fit import Style
from graphview.draw.formats.picture import Picture, background_of, colours_of
from graphview.draw.nesting import flows_of, nest_of, outline
from graphview.draw.palette import DASHED, EVERY_KIND, NOTE, Colours
from graphview.draw.scene import Frame, Placed, Scene
from graphview.draw.shapes import LONGEST_LABEL, shown

MANY: bool = False
USES: frozenset[str] = frozenset({"theme", "background"})
NEEDS: str | None = None
FIT: str | None = None
BEGINNING = "digraph {\n"
# What shows a kind besides its colours.
SHAPES = {"root": " peripheries=2", "saved": " shape=note"}
STYLES = {"leaf": "filled,rounded", "frame": "filled,rounded"}
STYLES |= dict.fromkeys(DASHED, "filled,dashed")
WIDTHS = {"group": 2.0}
# In a drawing of ours each box is a line; no text in it can hold a quote that is not escaped.
BOX = re.compile(rf'^(\t\w+ \[.*class="({"|".join(EVERY_KIND)})".*)\]$', re.MULTILINE)


def write(pictures: Sequence[Picture], style: Style) -> bytes:
    (picture,) = pictures
    colours, page = colours_of(style), background_of(style)
    if picture.dot is not None:
        return _coloured(picture.dot, colours, page).encode()
    return "\n".join([*_lines(picture.scene, colours, page), ""]).encode()


def _coloured(dot: str, colours: Colours, page: str | None) -> str:
    """A drawing that was laid out, which has everything else already."""
    # Of an attribute that is given twice the last one counts.
    body = BOX.sub(lambda found: f"{found[1]} {_look(found[2], colours)}]", dot)
    if page is not None:
        body = body.replace('bgcolor="transparent"', f'bgcolor="{page}"', 1)
    return body.replace(BEGINNING, "\n".join([BEGINNING.rstrip(), *_inks(colours), ""]), 1)


def _lines(scene: Scene, colours: Colours, page: str | None) -> Iterator[str]:
    yield BEGINNING.rstrip()
    yield from _inks(colours)
    yield (
        f'\tgraph [bgcolor="{page or "transparent"}" fontname="Courier" fontsize=10 labeljust=l '
        "nodesep=0.3 ranksep=0.3]"
    )
    yield '\tnode [fontname="Courier" fontsize=10 margin="0.11,0.04" height=0.28 shape=box]'
    yield '\tedge [fontname="Courier" fontsize=10 arrowsize=0.7]'
    yield from outline(
        nest_of(scene),
        "\t",
        lambda placed: _node(placed, colours),
        lambda frame: _opening(frame, colours),
        "}",
    )
    for tail, head, tip, text in flows_of(scene):
        label = f"label={_quoted(text)}" if text else ""
        attributes = " ".join(filter(None, (label, "" if tip else "dir=none")))
        yield f"\t{_quoted(tail)} -> {_quoted(head)}" + (f" [{attributes}]" if attributes else "")
    yield "}"


def _inks(colours: Colours) -> Iterator[str]:
    """The colours of texts and arrows, for all that follows."""
    for each in ("graph", "node"):
        yield f'\t{each} [fontcolor="{colours.text}"]'
    yield f'\tedge [color="{colours.line}" fontcolor="{colours.text}"]'


def _opening(frame: Frame, colours: Colours) -> tuple[str, ...]:
    label = _quoted(shown(frame.label, LONGEST_LABEL))
    tooltip = _tooltip(frame.title)
    return (
        f"subgraph {_quoted(f'cluster_{frame.id}')} {{",
        f"\tgraph [label={label} {_look('frame', colours)} tooltip={tooltip}]",
    )


def _node(placed: Placed, colours: Colours) -> str:
    box = placed.box
    label = "\\n".join(_escaped(shown(line)) for line in box.lines)
    look = "shape=plain" if box.kind == NOTE else _look(box.kind, colours)
    size = "" if box.font_size == FONT_SIZE else f" fontsize={box.font_size:g}"
    return (
        f'{_quoted(box.id)} [class="{box.kind}" label="{label}" {look}{size} '
        f"tooltip={_tooltip(box.title)}]"
    )


def _look(kind: str, colours: Colours) -> str:
    """The attributes that make a kind look as in our own pictures."""
    fill, line = colours.of(kind)
    style = "filled,dotted" if kind in colours.dotted else STYLES.get(kind, "filled")
    width = colours.weights.get(kind, WIDTHS.get(kind, 1.0))
    return (
        f'style="{style}" fillcolor="{fill}" color="{line}" penwidth={width:g}'
        f"{SHAPES.get(kind, '')}"
    )


def _tooltip(title: str) -> str:
    # Graphviz reads the escapes of a tooltip twice.
    return _quoted(shown(title, LONGEST_TITLE).replace("\\", "\\\\"))


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """Graphviz reads entities, backslashes and quotes in a quoted string."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
