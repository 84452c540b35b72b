"""Parts of one scene, each with all that the part before it has: a picture that builds itself up.

Everything keeps its place, so that a talk can go from one to the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from graphview.draw.folding.parts import Group, Item, Part, Tree
from graphview.draw.nesting import Nest, flows_of, nest_of, notes_on_arrows, walk
from graphview.draw.scene import Placed, Point, Route, Scene

# They come together with what they belong to.
BESIDE = frozenset({"leaf", "constant", "saved", "note"})
# Where a graph grows by its operations, so does the bookkeeping between them and their leaves.
FOLLOWING = BESIDE | {"accumulate"}
# In points: so near to each other an arrow ends and goes on.
NEAR = 1.0


def part_of(scene: Scene, ids: Collection[str]) -> Scene:
    """Only these boxes, the frames around them and the arrows between them, each in its place.

    A note on an arrow, and a piece of one that goes through frames, come with the arrow's end.
    """
    ids = set(ids)
    frames = _frames_around(nest_of(scene), ids)
    routes = _between(scene, ids)
    notes = notes_on_arrows(scene)
    shown = (ids - notes) | {route.head for route in routes if route.head in notes}
    return replace(
        scene,
        boxes=tuple(placed for placed in scene.boxes if placed.box.id in shown),
        routes=routes,
        frames=tuple(frame for frame in scene.frames if frame.id in frames),
    )


def _between(scene: Scene, ids: set[str]) -> tuple[Route, ...]:
    """The arrows from one of these boxes to another, with all pieces on their way."""
    of = defaultdict[str, list[Route]](list)
    for route in scene.routes:
        of[route.tail].append(route)
    notes = notes_on_arrows(scene)
    passed = {placed.box.id: placed for placed in scene.boxes if placed.box.id in notes}
    waiting = [
        route
        for route in scene.routes
        if route.tail in ids and route.head in ids and route.head not in passed
    ]
    shown = {route.id for route in waiting}
    while waiting:
        start = waiting.pop()
        for each in of[start.tail]:
            if each.id not in shown and _leads_to(each, start.points[0], passed):
                shown.add(each.id)
                waiting.append(each)
    return tuple(route for route in scene.routes if route.id in shown)


def _leads_to(route: Route, start: Point, passed: dict[str, Placed]) -> bool:
    """Whether what starts there goes on from this arrow's end, or from the note at its end."""
    note = passed.get(route.head)
    if note is None:
        (left, top) = (right, bottom) = route.points[-1]
    else:
        left, top, right, bottom = note.x, note.y, note.x + note.width, note.y + note.height
    return left - NEAR < start[0] < right + NEAR and top - NEAR < start[1] < bottom + NEAR


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
    So does the lowest of folded boxes that use each other.
    """
    passed = notes_on_arrows(scene)
    boxes = {placed.box.id: placed for placed in scene.boxes if placed.box.id not in passed}
    inputs, saved = _connected(scene, boxes)
    kept = {head for heads in saved.values() for head in heads}
    # What uses a box and is not there yet.
    waiting = {name: set[str]() for name in boxes if name not in kept}
    for name, tails in inputs.items():
        for tail in tails:
            waiting[tail].add(name)
    ready = [name for name, left in waiting.items() if not left]
    shown, steps = set[str](), list[set[str]]()
    while waiting:
        ready = ready or [_lowest(waiting, boxes)]
        due = _together(ready, boxes, first=not steps)
        ready = [name for name in ready if name not in due]
        for name in due:
            del waiting[name]
            shown |= {name, *saved[name]}
            ready += _released(name, inputs[name], waiting)
        if steps and all(boxes[name].box.kind in BESIDE for name in due):
            steps[-1] = set(shown)
        else:
            steps.append(set(shown))
    return steps


def _connected(
    scene: Scene, boxes: Mapping[str, Placed]
) -> tuple[defaultdict[str, list[str]], defaultdict[str, list[str]]]:
    """What goes into each box, and what each saved."""
    inputs, saved = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for flow in flows_of(scene):
        if boxes[flow.head].box.kind == "saved":
            saved[flow.tail].append(flow.head)
        else:
            inputs[flow.head].append(flow.tail)
    return inputs, saved


def _together(ready: list[str], boxes: dict[str, Placed], *, first: bool) -> list[str]:
    """What comes in one step: all roots, all that only stands beside, or else one box."""
    if first:
        return list(ready)
    beside = [name for name in ready if boxes[name].box.kind in BESIDE]
    if beside:
        return beside
    return [_lowest(ready, boxes)]


def _lowest(names: Iterable[str], boxes: dict[str, Placed]) -> str:
    return max(names, key=lambda name: (boxes[name].y + boxes[name].height, -boxes[name].x))


def _released(name: str, inputs: Iterable[str], waiting: dict[str, set[str]]) -> list[str]:
    """The inputs of a box of which it was the last user."""
    found = []
    for each in inputs:
        if each in waiting:
            waiting[each].discard(name)
            if not waiting[each]:
                found.append(each)
    return found


def known_in(scene: Scene, known: Collection[str], inside: Mapping[str, set[str]]) -> set[str]:
    """The boxes of which something is known, with what stands beside them.

    `known` are ids of nodes and roots; of a folded group `inside` has those of its nodes, and one
    of them is enough.
    """
    core = [placed.box for placed in scene.boxes if placed.box.kind not in FOLLOWING]
    shown = {box.id for box in core if not inside.get(box.id, {box.id}).isdisjoint(known)}
    follows = {placed.box.id for placed in scene.boxes} - {box.id for box in core}
    beside = defaultdict[str, list[str]](list)
    for flow in flows_of(scene):
        for one, other in ((flow.tail, flow.head), (flow.head, flow.tail)):
            if other in follows:
                beside[one].append(other)
    waiting = list(shown)
    while waiting:
        new = [each for each in beside[waiting.pop()] if each not in shown]
        shown.update(new)
        waiting += new
    return shown


def inside_groups(scene: Scene, tree: Tree) -> dict[str, set[str]]:
    """For each folded group of a scene that shows the tree: the ids of the nodes in it."""
    closed = {placed.box.id for placed in scene.boxes if placed.box.kind == "group"}
    found: dict[str, set[str]] = {}
    waiting: list[Part] = list(tree.top.parts)
    while waiting:
        part = waiting.pop()
        if isinstance(part, Item):
            continue
        if part.id in closed:
            found[part.id] = _items(tree, part)
        else:
            waiting += part.parts
    return found


def _items(tree: Tree, group: Group) -> set[str]:
    return {tree.item(position).id for position in range(group.position, group.end)}
