"""Small graphs, drawn and published, for the tests of the SVG."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from functools import cache

import pytest

from graphview.draw.boxes import drawing_of
from graphview.draw.describe import look_of
from graphview.draw.drawing import Box, Drawing, to_dot
from graphview.draw.engines import layout
from graphview.draw.scene import Frame, Placed, Route, Scene
from graphview.draw.svg import Look, publish, write_svg
from graphview.model.graph import ACCUMULATE, Edge, Graph, Leaf, Node, Operator, Root, TensorInfo

SVG = "{http://www.w3.org/2000/svg}"
THEME_NAMES = ("light", "dark", "auto")
SCALAR, ROW = (TensorInfo(shape, "float32", "cpu") for shape in ((), (80, 1)))
ACCUMULATES = Operator(ACCUMULATE, ACCUMULATE, "accumulate_grad", "builtin")


def lesson(steps: list[str], leaves: list[str], root: str) -> Graph:
    """A graph like the lesson's: all leaves go into the first step, then one step after another."""
    count = len(leaves)
    accumulates = [Node(i, ACCUMULATE, ACCUMULATE, (), (ROW,)) for i in range(count)]
    nodes = [
        Node(
            count + i,
            name,
            name,
            tuple(Edge(None, j) for j in (range(count) if i == 0 else [count + i - 1])),
            (ROW,),
        )
        for i, name in enumerate(steps)
    ]
    operators = {name: Operator(name, name, name, "unknown") for name in steps}
    return Graph(
        (Root(root, SCALAR, count + len(steps) - 1),),
        (*accumulates, *nodes),
        tuple(Leaf(i, name, ROW) for i, name in enumerate(leaves)),
        operators | {ACCUMULATE: ACCUMULATES},
    )


GRAPHS = {
    "yhat": lesson(["AddBackward0"], ["a", "b"], "yhat"),
    "error": lesson(["AddBackward0", "SubBackward0"], ["a", "b"], "error"),
    "loss": lesson(["AddBackward0", "SubBackward0", "MeanBackward0"], ["a", "b"], "loss"),
}


@cache
def drawn(name: str) -> tuple[Drawing, bytes]:
    drawing = drawing_of(GRAPHS[name])
    return drawing, layout(to_dot(drawing), engine="wasm").svg


def svg_text(name: str = "loss", **look: object) -> str:
    return publish(drawn(name)[1], replace(look_of(GRAPHS[name]), **look))


def parsed(name: str = "loss", **look: object) -> ET.Element:
    return ET.fromstring(svg_text(name, **look))


def groups(svg: ET.Element, class_: str) -> list[ET.Element]:
    return [g for g in svg.iter(f"{SVG}g") if class_ in g.get("class", "").split()]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box lies in the view box, in points; of each text the middle of its baseline."""

    kind: str
    left: float
    top: float
    right: float
    bottom: float
    texts: tuple[ET.Element, ...]
    middles: tuple[tuple[float, float], ...]


def boxes(svg: ET.Element) -> list[Place]:
    """All that have an outline."""
    outlined = (g for g in groups(svg, "gv-node") if "gv-note" not in g.get("class", ""))
    return [_place(group) for group in outlined]


def _place(group: ET.Element) -> Place:
    shape = next(e for e in group.iter() if e.get("class") == "gv-shape")
    numbers = list(map(float, re.findall(r"-?[\d.]+", shape.get("points") or shape.get("d") or "")))
    x, y = moved(group)
    xs, ys = [x + each for each in numbers[::2]], [y + each for each in numbers[1::2]]
    kind = group.get("class", "").split()[1].removeprefix("gv-")
    texts = tuple(group.iter(f"{SVG}text"))
    middles = tuple((x + float(t.get("x", "")), y + float(t.get("y", ""))) for t in texts)
    return Place(kind, min(xs), min(ys), max(xs), max(ys), texts, middles)


def moved(group: ET.Element) -> tuple[float, float]:
    """How far a box, a frame or an arrow is moved from where its shapes say that it is."""
    text = group.get("transform", "translate(0 0)")
    found = re.fullmatch(r"translate\((-?[\d.]+) (-?[\d.]+)\)", text)
    assert found, text
    return float(found[1]), float(found[2])


def needed(program: str) -> str:
    """A program that a fresh machine need not have."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"no {program} on PATH")
    return path


def straight(x0: float, y0: float, x1: float, y1: float) -> tuple[tuple[float, float], ...]:
    """One Bézier from above to below."""
    middle = (y0 + y1) / 2
    return ((x0, y0), (x0, middle), (x1, middle), (x1, y1))


def placed(
    id_: str, kind: str, x: float, y: float, *lines: str, width: float = 90, copies: int = 1
) -> Placed:
    height = 8 + 12 * len(lines)
    return Placed(Box(id_, kind, lines, f"{kind} {id_}: told", copies), x, y, width, height)


# Every kind of box, frames in a frame, sheets, arrows with and without a tip.
EVERYTHING = Scene(
    340,
    350,
    (
        placed("leaf0", "leaf", 20, 10, "weight", "(8, 8)"),
        placed("constant1_0", "constant", 130, 10, "x", "(8,)"),
        placed("n0", "accumulate", 20, 62, "AccumulateGrad"),
        placed("block/0", "group", 40, 136, "block", "3 × Block", copies=3),
        placed("n1", "operation", 40, 206, "MulBackward0"),
        placed("saved1_0", "saved", 180, 206, "result", "(8, 8)"),
        placed("note0", "note", 150, 168, "(8, 64)", width=70),
        placed("root0", "root", 40, 296, "loss", "()"),
    ),
    (
        Route("e0", "leaf0", "n0", straight(65, 42, 65, 62)),
        Route("e1", "n0", "outer", straight(65, 82, 65, 98), tip=False),
        Route("e2", "n0", "block/0", straight(65, 98, 85, 136)),
        Route("e3", "constant1_0", "n1", straight(175, 42, 110, 206)),
        Route("e4", "block/0", "n1", straight(85, 168, 85, 206)),
        Route("e5", "n1", "saved1_0", straight(130, 216, 180, 216), tip=False),
        Route("e6", "n1", "root0", straight(85, 226, 85, 296)),
    ),
    (
        Frame("outer", "model · Net", "model: told", 10, 98, 300, 180, 120, 0, 2),
        Frame("inner", "head", "model.head: told", 20, 180, 280, 60, 226, 1),
    ),
)


# Boxes of two graphs in one picture.
MARKED = (
    placed("n2", "came", 150, 236, "+ ReluBackward0"),
    placed("n3", "gone", 150, 266, "\N{MINUS SIGN} ExpBackward0"),
    placed("n4", "changed", 150, 296, "~ AddBackward0"),
)


def everything(**look: object) -> ET.Element:
    return _read(EVERYTHING, look)


def with_marks(**look: object) -> ET.Element:
    return _read(replace(EVERYTHING, boxes=(*EVERYTHING.boxes, *MARKED)), look)


def _read(scene: Scene, look: dict[str, object]) -> ET.Element:
    return ET.fromstring(write_svg(scene, replace(Look("every kind", "told"), **look)))
