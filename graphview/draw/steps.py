"""Parts of one scene, each with all that the part before it has: a picture that builds itself up.

Everything keeps its place, so that a talk can go from one to the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace

from graphview.draw.formats.nesting import Nest, flows_of, nest_of, walk
from graphview.draw.scene import Placed, Route, Scene

# They come together with what they belong to.
BESIDE = frozenset({"leaf", "constant", "saved", "note"})


def part_of(scene: Scene, ids: Collection[str]) -> Scene:
    """Only these boxes, the frames around them and the arrows between them, each in its place."""
    frames = _frames_around(nest_of(scene), ids)
    passed = {route.head for route in scene.routes if route.tail in ids and not route.tip}
    notes = {p.box.id for p in scene.boxes if p.box.kind == "note"} & passed
    shown = {*ids, *frames, *notes}
    routes = [route for route in scene.routes if _is_between(route, shown)]
    return replace(
        scene,
        boxes=tuple(placed for placed in scene.boxes if placed.box.id in shown),
        routes=tuple(routes),
        frames=tuple(frame for frame in scene.frames if frame.id in frames),
    )


def _is_between(route: Route, shown: Collection[str]) -> bool:
    return route.tail in shown and route.head in shown


def _frames_around(nest: Nest, ids: Collection[str]) -> set[str]:
    return {
        each.frame.id
        for each in walk(nest)
        if each.frame is not None
        and any(placed.box.id in ids for inner in walk(each) for placed in inner.boxes)
    }


def backward(scene: Scene) -> list[set[str]]:
    """The boxes that are there after each step of backward, from the roots on.

    A box comes when all that uses it is there, as autograd runs a node; of several the lowest.
    """
    boxes = {placed.box.id: placed for placed in scene.boxes}
    users, inputs = defaultdict[str, set[str]](set), defaultdict[str, list[str]](list)
    saved = defaultdict[str, list[str]](list)
    for flow in flows_of(scene):
        if boxes[flow.head].box.kind == "saved":
            saved[flow.tail].append(flow.head)
        else:
            users[flow.tail].add(flow.head)
            inputs[flow.head].append(flow.tail)
    kept = {head for heads in saved.values() for head in heads}
    waiting = {name: set(users[name]) for name in boxes if name not in kept}
    ready = [name for name, left in waiting.items() if not left]
    shown, steps = set[str](), list[set[str]]()
    while ready:
        due = _together(ready, boxes, first=not steps)
        ready = [name for name in ready if name not in due]
        for name in due:
            shown |= {name, *saved[name]}
            ready += _released(name, inputs[name], waiting)
        if steps and all(boxes[name].box.kind in BESIDE for name in due):
            steps[-1] = set(shown)
        else:
            steps.append(set(shown))
    return steps


def _together(ready: list[str], boxes: dict[str, Placed], *, first: bool) -> list[str]:
    """What comes in one step: all roots, all that only stands beside, or else one box."""
    if first:
        return list(ready)
    beside = [name for name in ready if boxes[name].box.kind in BESIDE]
    if beside:
        return beside
    return [max(ready, key=lambda name: (boxes[name].y + boxes[name].height, -boxes[name].x))]


def _released(name: str, inputs: Iterable[str], waiting: dict[str, set[str]]) -> list[str]:
    """The inputs of a box of which it was the last user."""
    found = []
    for each in inputs:
        waiting[each].discard(name)
        if not waiting[each] and name in waiting:
            found.append(each)
    return found
