"""A drawing: boxes and arrows with their texts, before anything is laid out; written as DOT."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import NamedTuple

FONT_SIZE, SMALL_FONT = 10.0, 8.5
CHARACTER_WIDTH, LINE_HEIGHT = 0.6, 1.2
# Points left and right of the text together.
PADDING, SMALL_PADDING = 16, 10
LONGEST_LINE, LONGEST_TITLE = 40, 400
POINTS_AN_INCH = 72
# Of other arrows an engine bends as many as this rather than one of the main path.
STRAIGHT = 8
# A note has an outline that nobody sees: from it an engine's SVG tells where the box is.
STYLES = {
    "leaf": "style=rounded",
    "root": "peripheries=2",
    "constant": "style=dashed",
    "note": "color=transparent",
}
# Before it no letter is two columns wide; the dot between a name and a class is one of those.
FIRST_WIDE = "\u0300"
# The lines that are written of a drawing.
ARROW_LINE = re.compile(r"\t(\w+) -> (\w+) \[id=.*\]")
BOX_LINE = re.compile(r"\t(\w+) \[id=.*\]")
OTHER_LINE = re.compile(r"digraph \{|\t(?:graph|node|edge) \[.*\]|\}|")
# Nor may a name turn the direction of the text around it.
NOT_XML = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f]"
    "|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


class Box(NamedTuple):
    """One node of the picture; of `copies` equal ones it is the first.

    `kind` is leaf, operation, accumulate or root; group, for many folded into one; saved or
    constant, for a tensor that is shown beside its operation; note, for text at an arrow.
    """

    id: str
    kind: str
    lines: tuple[str, ...]
    title: str
    copies: int = 1

    @property
    def font_size(self) -> float:
        return SMALL_FONT if self.kind == "accumulate" else FONT_SIZE

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches, from the widths of Courier: no font is measured."""
        widest = max(map(text_columns, self.lines), default=0)
        padding = SMALL_PADDING if self.kind == "accumulate" else PADDING
        width = widest * CHARACTER_WIDTH * self.font_size + padding
        height = len(self.lines) * LINE_HEIGHT * self.font_size + 8
        return ceil(width) / POINTS_AN_INCH, ceil(height) / POINTS_AN_INCH

    @property
    def points(self) -> tuple[float, float]:
        """Width and height in points."""
        width, height = self.size
        return width * POINTS_AN_INCH, height * POINTS_AN_INCH


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes in the order of drawing, and (tail, head) arrows along the forward pass."""

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[str, str], ...]


@lru_cache(maxsize=10_000)
def legible(text: str, longest: int) -> str:
    """Text that XML can carry, shortened in the middle where it is too long to read."""
    clean = NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    clean = " ".join(clean.split()) or "\N{REPLACEMENT CHARACTER}"
    if len(clean) <= longest:
        return clean
    half = (longest - 1) // 2
    return f"{clean[: longest - 1 - half]}…{clean[len(clean) - half :]}"


def legible_box(box: Box) -> Box:
    """A box with the texts that a picture shows."""
    lines = tuple([legible(line, LONGEST_LINE) for line in box.lines])
    return box._replace(lines=lines, title=legible(box.title, LONGEST_TITLE))


def to_dot(drawing: Drawing, *, texts: bool = True) -> str:
    """Write DOT with sizes fixed by us, so that every engine and machine places the same boxes.

    The main path is to run straight down. Without `texts` they stand in the same places, and an
    engine is faster by a quarter.
    """
    # To what was saved nothing flows, so these arrows have no head, as in torchviz.
    headless = {box.id for box in drawing.boxes if box.kind == "saved"}
    main = _main_path(arrow for arrow in drawing.arrows if arrow[1] not in headless)
    lines = [
        "digraph {",
        '\tgraph [bgcolor="transparent" margin=0 pad=0.06 nodesep=0.3 ranksep=0.26]',
        '\tnode [fixedsize=true fontname="Courier" margin=0 shape=box]',
        "\tedge [arrowsize=0.7]",
        *(_node(box, texts=texts) for box in drawing.boxes),
        *(_edge(i, *arrow, _how(arrow, headless, main)) for i, arrow in enumerate(drawing.arrows)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _main_path(arrows: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows of a longest path."""
    below: dict[str, list[str]] = defaultdict(list)
    missing: dict[str, int] = defaultdict(int)
    for tail, head in arrows:
        below[tail].append(head)
        missing[head] += 1
    length: dict[str, int] = defaultdict(int)
    above: dict[str, str] = {}
    ready = [box for box in below if box not in missing]
    for box in ready:
        for head in below.get(box, ()):
            missing[head] -= 1
            if not missing[head]:
                ready.append(head)
            if length[box] + 1 >= length[head]:
                length[head], above[head] = length[box] + 1, box
    at, path = max(ready, key=length.__getitem__, default=""), set[tuple[str, str]]()
    while at in above:
        path.add((above[at], at))
        at = above[at]
    return path


def _how(arrow: tuple[str, str], headless: set[str], main: set[tuple[str, str]]) -> str:
    if arrow[1] in headless:
        return " dir=none"
    return f" weight={STRAIGHT}" if arrow in main else ""


def _node(box: Box, *, texts: bool) -> str:
    width, height = box.size
    shown = legible_box(box)
    label = "\\n".join([_quoted(line) for line in shown.lines]) if texts else ""
    style = STYLES.get(box.kind, "peripheries=1")
    tooltip = f' tooltip="{_quoted(_doubled(shown.title))}"' if texts else ""
    return (
        f'\t{box.id} [id="{box.id}" class="{box.kind}" label="{label}" {style} '
        f"fontsize={box.font_size:g} width={width:.4f} height={height:.4f}{tooltip}]"
    )


def _edge(number: int, tail: str, head: str, more: str = "") -> str:
    return f'\t{tail} -> {head} [id="e{number}" class="from-{tail} to-{head}"{more}]'


def counts_of_dot(dot: str) -> tuple[int, int] | None:
    """How many boxes and arrows DOT of `to_dot` has; None for what anybody else has written."""
    boxes, arrows = set[str](), 0
    for line in dot.split("\n"):
        if found := ARROW_LINE.fullmatch(line):
            boxes.update(found.groups())
            arrows += 1
        elif found := BOX_LINE.fullmatch(line):
            boxes.add(found[1])
        elif not OTHER_LINE.fullmatch(line):
            return None
    return len(boxes), arrows


def _quoted(text: str) -> str:
    """Text for a quoted DOT string: Graphviz reads entities, backslashes and quotes in it."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')


def _doubled(text: str) -> str:
    """Graphviz reads the escapes of a tooltip twice, and would put its own name for `\\G`."""
    return text.replace("\\", "\\\\")


def text_columns(text: str) -> int:
    """How many characters wide a line is, as it is shown."""
    return columns(legible(text, LONGEST_LINE))


def columns(shown: str) -> int:
    """How many characters wide a text is, where the letters of East Asia are two."""
    if shown.isascii() or max(shown) < FIRST_WIDE:
        return len(shown)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in shown)
