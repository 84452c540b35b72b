"""Laid-out levels -> one scene: every box, frame and arrow where it stands."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from functools import lru_cache

from graphview.draw.boxes import leaf_box, node_box, root_box
from graphview.draw.detail import Detail
from graphview.draw.drawing import Box
from graphview.draw.folding.blocks import Block, Blocks, Note, Way
from graphview.draw.folding.cluster import Cluster, cluster_of
from graphview.draw.folding.labels import Labels
from graphview.draw.folding.levels import Level, levels_of
from graphview.draw.folding.parts import Group, Item, Part, Tree
from graphview.draw.folding.view import View
from graphview.draw.layout.problem import Curve, Point, straight
from graphview.draw.scene import Frame, Placed, Route, Scene
from graphview.draw.shapes import MARGIN
from graphview.model.graph import Node


def compose(view: View, detail: Detail, engine: str, *, notes: bool = True) -> Scene:
    """Lay out what a view shows, with `notes` of what flows in and out of folded groups.

    Errors: LayoutError for an engine that does not exist.
    """
    levels, flows = levels_of(view)
    # Where much is folded, bookkeeping folds into its leaf.
    shown = detail if view.spread else replace(detail, accumulate=False)
    boxes = _Boxes(view.tree, shown)
    blocks = Blocks(boxes.labels, boxes.size, engine)
    if notes and not view.spread:
        blocks.annotate(levels, flows)
    blocks.lay_out(levels)
    scene = _Writer(boxes, blocks).scene(levels)
    for level in levels:
        # Levels that know each other would wait for the collector.
        level.inner.clear()
    return scene


class _Boxes:
    """What is drawn for each visible part."""

    def __init__(self, tree: Tree, detail: Detail) -> None:
        graph = tree.graph
        self.graph, self.detail, self.labels = graph, detail, Labels(graph)
        self._mark = tree.mark
        self._nodes: dict[Hashable, Box] = {}
        self._leaves = graph.leaf_at()
        self.made: dict[Part, Cluster] = {}
        # Of a leaf that is used again and again, by its number and how it is called there.
        self._columns: dict[tuple[int, str], list[Box]] = {}

    def of(self, part: Part) -> Cluster:
        made = self.made.get(part)
        if made is None:
            made = self.made[part] = self._make(part)
        return made

    def id(self, part: Part) -> str:
        """Of an item the very string that its box has: a scene has very many of them."""
        return self.made[part].boxes[0].id if isinstance(part, Item) else part.id

    def size(self, part: Part) -> tuple[float, float, float]:
        form = self.of(part).form
        return form.width, form.height, form.room

    def _make(self, part: Part) -> Cluster:
        if isinstance(part, Group):
            return cluster_of(self.labels.box(part))
        if part.kind == "operation" and not part.above and not part.aside:
            return cluster_of(self._box(part))
        path = _path_around(part)
        aside = [box for each in part.aside for box in self._beside(each, path)]
        if part.kind == "leaf":
            *column, box = self._beside(part, path)
            return cluster_of(box, [tuple(column)] if column else [], aside)
        above = [tuple(self._beside(each, path)) for each in part.above]
        return cluster_of(self._box(part), above, aside, inputs=len(set(part.inputs)))

    def _box(self, item: Item) -> Box:
        if item.kind == "root":
            return root_box(item.number, self.graph.roots[item.number], self.detail)
        node = self.graph.nodes[item.number]
        # Of the same mark differ the number, and the variable that the result was assigned to.
        return self._node(node, (self._mark(item.position), node.variable))

    def _node(self, node: Node, look: Hashable) -> Box:
        """The box of a node; those with the same `look` are equal but for the id."""
        like = self._nodes.get(look)
        if like is None:
            like = self._nodes[look] = node_box(self.graph, node, self.detail)
        return Box(node.id, *like[1:])

    def _beside(self, item: Item, path: str) -> list[Box]:
        """A box, or those of a leaf and its AccumulateGrad, from top to bottom."""
        if item.extra is not None:
            return [item.extra]
        key = (item.number, path)
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = list(self._column(item.number, path))
        if not item.use:
            return column
        return [box._replace(id=item.suffixed(box.id)) for box in column]

    def _column(self, number: int, path: str) -> Iterator[Box]:
        """A leaf is called by its path from the module around it, which the frame says already."""
        box = leaf_box(self._leaves[number], self.detail)
        name, *facts = box.lines
        yield box._replace(lines=(name.removeprefix(path), *facts))
        if self.detail.accumulate:
            node = self.graph.nodes[number]
            yield self._node(node, node.operator)


def _path_around(item: Item) -> str:
    """What the names of all leaves in the module around an item begin with."""
    group = item.parent
    # Functions, lines and runs inside a module have no leaves of their own.
    while group is not None and (group.is_trivial or group.outside is None):
        group = group.parent
    path = "" if group is None else group.path.partition("#")[0]
    return f"{path}." if path else ""


class _Writer:
    def __init__(self, boxes: _Boxes, blocks: Blocks) -> None:
        # All items are made, for their sizes were asked for.
        self.boxes, self.blocks, self.made = boxes, blocks, boxes.made
        self.placed: list[Placed] = []
        self.routes: list[Route] = []
        self.frames: list[Frame] = []

    def scene(self, levels: list[Level]) -> Scene:
        outermost = self.blocks.made[levels[0].group]
        corners: dict[Group, Point] = {levels[0].group: (MARGIN, MARGIN)}
        for level in levels:
            # Levels come from outside in: nobody asks for this one again.
            block = self.blocks.made.pop(level.group)
            self._write(block, corners.pop(level.group), corners)
        return Scene(
            outermost.width + 2 * MARGIN,
            outermost.height + 2 * MARGIN,
            tuple(self.placed),
            tuple(self.routes),
            tuple(self.frames),
        )

    def _write(self, block: Block, corner: Point, corners: dict[Group, Point]) -> None:
        x, y = corner[0] + block.left, corner[1] + block.top
        if block.level.framed:
            self._frame(block, corner)
        for part, spot in zip(block.parts, block.placement.spots, strict=True):
            at = (x + spot[0], y + spot[1])
            if isinstance(part, Note):
                self.placed.append(Placed(part.box, *at, *part.box.points))
            elif part in block.level.inner and isinstance(part, Group):
                corners[part] = at
            else:
                self._boxes(part, at)
        origin = x, y
        for way, curve in zip(block.ends, block.placement.curves, strict=True):
            self._route(block, origin, way, curve)

    def _frame(self, block: Block, corner: Point) -> None:
        group = block.level.group
        self.frames.append(
            Frame(
                group.id,
                block.label,
                self.boxes.labels.title(group),
                *corner,
                block.width,
                block.height,
                corner[0] + block.label_x,
                block.level.depth,
                group.copies,
            )
        )

    def _boxes(self, part: Part, at: Point) -> None:
        x, y = at
        boxes, form = self.made[part]
        for box, ((left, top), (width, height)) in zip(boxes, form.spots, strict=True):
            self.placed.append(Placed(box, x + left, y + top, width, height))
        for tail, head, curve, tip in form.arrows:
            self._arrow(boxes[tail].id, boxes[head].id, curve, tip, at)

    def _arrow(self, tail: str, head: str, curve: Curve, tip: bool, origin: Point) -> None:
        self.routes.append(Route(f"e{len(self.routes)}", tail, head, curve, tip, origin))

    def _route(self, block: Block, origin: Point, way: Way, curve: Curve) -> None:
        """`origin` is where the block's placement begins."""
        tail, head, source = way
        above = below = 0.0
        if isinstance(tail, Item):
            above = self.made[tail].form.drop
        elif tail is None and block.top:
            above = block.top + curve[0][1]
        if isinstance(head, Item):
            boxes, form = self.made[head]
            # Between the leaves above it, down to the operation itself.
            target, tip, below = boxes[0].id, True, form.lane
        else:
            target = self._target(head, block.level)
            tip = isinstance(head, Group) and head not in block.level.inner
            if head is None and block.level.framed:
                below = block.height - block.top - curve[-1][1]
        if above or below:
            curve = _lengthened(curve, above, below)
        self._arrow(self.boxes.id(source), target, curve, tip, origin)

    def _target(self, head: Group | Note | None, level: Level) -> str:
        if isinstance(head, Note):
            return head.box.id
        if head is not None and head.number >= 0:
            return head.id
        # A stretch has no frame of its own.
        while not level.framed and level.parent is not None:
            level = level.parent
        return level.group.id


@lru_cache(maxsize=10_000)
def _lengthened(curve: Curve, above: float, below: float) -> Curve:
    """The curve with a straight piece before it and one after it, each where it has a length."""
    (x, y), (end_x, end_y) = curve[0], curve[-1]
    if above:
        curve = (*straight((x, y - above), (x, y))[:3], *curve)
    if below:
        curve = (*curve, *straight((end_x, end_y), (end_x, end_y + below))[1:])
    return curve
