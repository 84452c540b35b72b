"""DOT, for Graphviz and all that reads it: the drawing that was laid out, else one of the scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphview.draw.drawing import LONGEST_TITLE
from graphview.draw.fit import Style
from graphview.draw.formats.nesting import Nest, flows_of, nest_of
from graphview.draw.formats.picture import Picture
from graphview.draw.scene import Placed, Scene
from graphview.draw.shapes import LONGEST_LABEL, shown

MANY: bool = False
USES: frozenset[str] = frozenset()
NEEDS: str | None = None
FIT: str | None = None
STYLES = {
    "leaf": " style=rounded",
    "root": " peripheries=2",
    "group": " penwidth=2",
    "constant": " style=dashed",
    "note": " shape=plain",
}


def write(pictures: Sequence[Picture], style: Style) -> bytes:
    (picture,) = pictures
    if picture.dot is not None:
        return picture.dot.encode()
    return "\n".join([*_lines(picture.scene), ""]).encode()


def _lines(scene: Scene) -> Iterator[str]:
    yield "digraph {"
    yield '\tgraph [bgcolor="transparent" fontname="Courier" fontsize=10 labeljust=l]'
    yield '\tnode [fontname="Courier" fontsize=10 shape=box]'
    yield '\tedge [fontname="Courier" fontsize=10 arrowsize=0.7]'
    yield from _nest(nest_of(scene), "\t")
    for tail, head, tip, text in flows_of(scene):
        label = f"label={_quoted(text)}" if text else ""
        attributes = " ".join(filter(None, (label, "" if tip else "dir=none")))
        yield f"\t{_quoted(tail)} -> {_quoted(head)}" + (f" [{attributes}]" if attributes else "")
    yield "}"


def _nest(nest: Nest, tab: str) -> Iterator[str]:
    for placed in nest.boxes:
        yield tab + _node(placed)
    for inner in nest.frames:
        if inner.frame is not None:
            yield f"{tab}subgraph {_quoted(f'cluster_{inner.frame.id}')} {{"
            yield f"{tab}\tlabel={_quoted(shown(inner.frame.label, LONGEST_LABEL))}"
            yield from _nest(inner, tab + "\t")
            yield f"{tab}}}"


def _node(placed: Placed) -> str:
    box = placed.box
    label = "\\n".join(_escaped(shown(line)) for line in box.lines)
    # Graphviz reads the escapes of a tooltip twice.
    tooltip = _escaped(shown(box.title, LONGEST_TITLE).replace("\\", "\\\\"))
    style = STYLES.get(box.kind, "")
    return f'{_quoted(box.id)} [class="{box.kind}" label="{label}"{style} tooltip="{tooltip}"]'


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """Graphviz reads entities, backslashes and quotes in a quoted string."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
