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
from graphview.draw.drawing import Drawing, to_dot
from graphview.draw.engines import layout
from graphview.draw.svg import publish
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
    """Where a box lies in the view box, in points."""

    kind: str
    left: float
    top: float
    right: float
    bottom: float
    texts: tuple[ET.Element, ...]


def boxes(svg: ET.Element) -> list[Place]:
    return [_place(group) for group in groups(svg, "gv-node")]


def _place(group: ET.Element) -> Place:
    shape = next(e for e in group.iter() if e.get("class") == "gv-shape")
    numbers = list(map(float, re.findall(r"-?[\d.]+", shape.get("points") or shape.get("d") or "")))
    xs, ys = numbers[::2], numbers[1::2]
    kind = group.get("class", "").split()[1].removeprefix("gv-")
    return Place(kind, min(xs), min(ys), max(xs), max(ys), tuple(group.iter(f"{SVG}text")))


def needed(program: str) -> str:
    """A program that a fresh machine need not have."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"no {program} on PATH")
    return path
