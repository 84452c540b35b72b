"""What of a scene is inside what, and what flows where: for formats that lay out for themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from graphview.draw.palette import NOTE
from graphview.draw.scene import Frame, Placed, Scene

# Deeper frames stand no further to the right: the space before them would outweigh all else.
MOST_INDENTED = 40


@dataclass(slots=True)
class Nest:
    """A frame, or the whole picture, with what stands directly in it."""

    frame: Frame | None
    frames: list[Nest] = field(default_factory=list)
    boxes: list[Placed] = field(default_factory=list)


class Flow(NamedTuple):
    """An arrow between two boxes, and what a note on its way says."""

    tail: str
    head: str
    tip: bool
    text: str | None


def nest_of(scene: Scene) -> Nest:
    """Frames within frames, and each box that is no note on an arrow in the innermost around it."""
    whole = Nest(None)
    for frame in scene.frames:
        _innermost(whole, frame.x, frame.y).frames.append(Nest(frame))
    passed = notes_on_arrows(scene)
    for placed in scene.boxes:
        if placed.box.id not in passed:
            _innermost(whole, placed.x, placed.y).boxes.append(placed)
    return whole


def flows_of(scene: Scene) -> list[Flow]:
    """Every arrow from box to box once; a scene draws one through frames and notes in pieces."""
    passed = notes_on_arrows(scene)
    said = _said(scene, passed)
    shown = {placed.box.id for placed in scene.boxes} - passed
    found: dict[tuple[str, str], Flow] = {}
    for route in scene.routes:
        if route.tail in shown and route.head in shown:
            # What is kept for backward does not flow on, and is told by its own box.
            text = said.get(route.tail) if route.tip else None
            flow = Flow(route.tail, route.head, route.tip, text)
            found.setdefault((route.tail, route.head), flow)
    return list(found.values())


def notes_on_arrows(scene: Scene) -> set[str]:
    """Notes that an arrow goes on from: nothing ends at them, so what leads there has no tip."""
    notes = {placed.box.id for placed in scene.boxes if placed.box.kind == NOTE}
    return {route.head for route in scene.routes if route.head in notes and not route.tip}


def _said(scene: Scene, passed: set[str]) -> dict[str, str]:
    """What the notes that are passed say of what comes out of a box."""
    texts = {placed.box.id: " ".join(placed.box.lines) for placed in scene.boxes}
    return {route.tail: texts[route.head] for route in scene.routes if route.head in passed}


def _innermost(nest: Nest, x: float, y: float) -> Nest:
    inner: Nest | None = nest
    while inner is not None:
        nest = inner
        inner = next((each for each in nest.frames if each.frame and each.frame.holds(x, y)), None)
    return nest


def walk(nest: Nest) -> Iterator[Nest]:
    """The nest and all within it."""
    waiting = [nest]
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting += reversed(inner.frames)


def outline(
    nest: Nest,
    tab: str,
    line_of: Callable[[Placed], str],
    opening_of: Callable[[Frame], tuple[str, ...]],
    closing: str,
) -> Iterator[str]:
    """A line for each box, and around those of a frame its opening ones and its closing one.

    `tab` stands before each line once, and once more for each frame around it.
    """
    waiting: list[tuple[Nest | None, int]] = [(nest, 1)]
    while waiting:
        inner, depth = waiting.pop()
        before = tab * min(depth, MOST_INDENTED)
        if inner is None:
            yield before + closing
            continue
        if inner.frame is not None:
            yield from (before + line for line in opening_of(inner.frame))
            waiting.append((None, depth))
            depth += 1
            before = tab * min(depth, MOST_INDENTED)
        yield from (before + line_of(placed) for placed in inner.boxes)
        waiting += ((each, depth) for each in reversed(inner.frames))
