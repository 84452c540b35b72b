"""Mermaid, for a README: GitHub and others draw it where it stands in a ```mermaid block."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from graphview.draw.drawing import LONGEST_TITLE
from graphview.draw.fit import Style
from graphview.draw.formats.picture import Picture, colours_of
from graphview.draw.nesting import Nest, flows_of, nest_of, outline, walk
from graphview.draw.palette import DASHED, EVERY_KIND, NOTE, Colours
from graphview.draw.scene import Frame, Placed
from graphview.draw.shapes import LONGEST_LABEL, shown

MANY: bool = False
USES: frozenset[str] = frozenset({"theme", "title"})
NEEDS: str | None = None
FIT: str | None = None
# By kind what stands around the label; others are square.
SHAPES = {"leaf": ("([", "])"), "root": ("[[", "]]"), "saved": ("[/", "/]")}
# The characters that a label may hold as they are: others could end it, or mean something in it.
PLAIN = re.compile(r"[^\w .,:()×·…/=+-]")
# What Markdown would make a list of.
LIST = re.compile(r"^(?:(\d+)([.)])|([-+]))(?=\s|$)")
WIDTHS = {"group": 2}


def write(pictures: Sequence[Picture], style: Style) -> bytes:
    (picture,) = pictures
    return "\n".join([*_lines(picture, style), ""]).encode()


def _lines(picture: Picture, style: Style) -> Iterator[str]:
    scene = picture.scene
    if style.title is not None:
        yield from ("---", f"title: '{_spoken(style.title)}'", "---")
    yield "flowchart TD"
    yield f"    accTitle: {_spoken(style.title or picture.title)}"
    yield f"    accDescr: {_spoken(picture.description)}"
    nest = nest_of(scene)
    # What a box is called in its recording may be a word of Mermaid's own.
    inside = [placed for each in walk(nest) for placed in each.boxes]
    names = {placed.box.id: f"b{i}" for i, placed in enumerate(inside)}
    names |= {frame.id: f"f{i}" for i, frame in enumerate(scene.frames)}
    yield from _boxes(nest, names)
    for tail, head, tip, text in flows_of(scene):
        arrow = "-->" if tip else "---"
        label = f'|"{_escaped(shown(text))}"|' if text else ""
        yield f"    {names[tail]} {arrow}{label} {names[head]}"
    frames = [names[frame.id] for frame in scene.frames]
    yield from (f"    class {name} frame" for name in frames)
    there = {placed.box.kind for placed in scene.boxes} | ({"frame"} if frames else set())
    yield from _classes(there, colours_of(style))


def _boxes(nest: Nest, names: Mapping[str, str]) -> Iterator[str]:
    return outline(
        nest,
        "    ",
        lambda placed: _node(placed, names[placed.box.id]),
        lambda frame: (_subgraph(frame, names[frame.id]),),
        "end",
    )


def _subgraph(frame: Frame, name: str) -> str:
    return f'subgraph {name}["{_escaped(shown(frame.label, LONGEST_LABEL))}"]'


def _node(placed: Placed, name: str) -> str:
    before, after = SHAPES.get(placed.box.kind, ("[", "]"))
    label = "<br/>".join(_escaped(shown(line)) for line in placed.box.lines)
    return f'{name}{before}"{label}"{after}:::{placed.box.kind}'


def _classes(there: Collection[str], colours: Colours) -> Iterator[str]:
    for kind in EVERY_KIND:
        if kind in there:
            fill, line = colours.of(kind)
            wide = f",stroke-width:{WIDTHS[kind]}px" if kind in WIDTHS else ""
            dash = ",stroke-dasharray:4 3" if kind in DASHED else ""
            yield (
                f"    classDef {kind} fill:{fill},stroke:{line},color:{colours.text}{wide}{dash}"
            )
    if NOTE in there:
        yield f"    classDef {NOTE} fill:none,stroke:none"


def _escaped(text: str) -> str:
    text = PLAIN.sub(_code, text)
    return LIST.sub(lambda found: f"{found[1] or ''}#{ord(found[2] or found[3])};", text)


def _code(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"


def _spoken(text: str) -> str:
    """For a line of its own, where nothing can be escaped."""
    return re.sub(r"[^\w .,:()×·…-]", "\N{REPLACEMENT CHARACTER}", shown(text, LONGEST_TITLE))
