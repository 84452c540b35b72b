"""Laid-out levels -> one scene: every box, frame and arrow where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graphview.draw.boxes import leaf_box, node_box, root_box
from graphview.draw.detail import Detail
from graphview.draw.drawing import Box
from graphview.draw.folding.blocks import Block, Blocks, Note
from graphview.draw.folding.cluster import Cluster, cluster_of
from graphview.draw.folding.labels import Labels
from graphview.draw.folding.levels import Level, levels_of
from graphview.draw.folding.parts import Group, Item, Part
from graphview.draw.folding.view import View
from graphview.draw.layout.problem import Curve, Point, straight
from graphview.draw.scene import Frame, Placed, Route, Scene
from graphview.model.graph import Graph

MARGIN = 4.0


def compose(view: View, detail: Detail, engine: str, *, notes: bool = True) -> Scene:
    """Lay out what a view shows, with `notes` of what flows in and out of folded groups.

    Errors: LayoutError for an engine that does not exist.
    """
    levels, flows = levels_of(view)
    # Where much is folded, bookkeeping folds into its leaf.
    shown = detail if view.spread else replace(detail, accumulate=False)
    boxes = _Boxes(view.tree.graph, shown)
    blocks = Blocks(boxes.labels, boxes.size, engine)
    if notes and not view.spread:
        blocks.annotate(levels, flows)
    blocks.lay_out(levels)
    return _Writer(boxes, blocks).scene(levels)


class _Boxes:
    """What is drawn for each visible part."""

    def __init__(self, graph: Graph, detail: Detail) -> None:
        self.graph, self.detail, self.labels = graph, detail, Labels(graph)
        self._leaves = graph.leaf_at()
        self._made: dict[Part, Cluster] = {}

    def of(self, part: Part) -> Cluster:
        if part not in self._made:
            self._made[part] = self._make(part)
        return self._made[part]

    def size(self, part: Part) -> tuple[float, float]:
        cluster = self.of(part)
        return cluster.width, cluster.height

    def _make(self, part: Part) -> Cluster:
        if isinstance(part, Group):
            return cluster_of(self.labels.box(part))
        path = _path_around(part)
        if part.kind == "leaf":
            *column, box = self._beside(part, path)
            aside = [box for each in part.aside for box in self._beside(each, path)]
            return cluster_of(box, [tuple(column)] if column else [], aside)
        box = self._box(part)
        above = [tuple(self._beside(each, path)) for each in part.above]
        aside = [box for each in part.aside for box in self._beside(each, path)]
        return cluster_of(box, above, aside, lane=bool(part.inputs))

    def _box(self, item: Item) -> Box:
        if item.kind == "root":
            return root_box(item.number, self.graph.roots[item.number], self.detail)
        return node_box(self.graph, self.graph.nodes[item.number], self.detail)

    def _beside(self, item: Item, path: str) -> Iterator[Box]:
        """A box, or those of a leaf and its AccumulateGrad, from top to bottom.

        A leaf is called by its path from the module around it, which the frame has already said.
        """
        if item.extra is not None:
            yield item.extra
            return
        box = leaf_box(self._leaves[item.number], self.detail)
        name, *facts = box.lines
        lines = (name.removeprefix(path), *facts)
        yield replace(box, id=item.suffixed(box.id), lines=lines)
        if self.detail.accumulate:
            node = node_box(self.graph, self.graph.nodes[item.number], self.detail)
            yield replace(node, id=item.suffixed(node.id))


def _path_around(item: Item) -> str:
    """What the names of all leaves in the frame around an item begin with."""
    group = item.parent
    while group is not None and group.is_trivial:
        group = group.parent
    path = "" if group is None else group.path.partition("#")[0]
    return f"{path}." if path else ""


class _Writer:
    def __init__(self, boxes: _Boxes, blocks: Blocks) -> None:
        self.boxes, self.blocks = boxes, blocks
        self.placed: list[Placed] = []
        self.routes: list[Route] = []
        self.frames: list[Frame] = []

    def scene(self, levels: list[Level]) -> Scene:
        outermost = self.blocks.made[levels[0].group]
        corners: dict[Group, Point] = {levels[0].group: (MARGIN, MARGIN)}
        for level in levels:
            block = self.blocks.made[level.group]
            self._write(block, corners[level.group], corners)
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
        for ends, curve in zip(block.ends, block.placement.curves, strict=True):
            moved = tuple((x + px, y + py) for px, py in curve)
            self._route(block, corner, ends, moved)

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
        cluster = self.boxes.of(part)
        for box, (left, top), size in cluster.spots:
            self.placed.append(Placed(box, x + left, y + top, *size))
        for tail, head, curve, tip in cluster.arrows:
            self._arrow(tail, head, tuple((x + px, y + py) for px, py in curve), tip)

    def _arrow(self, tail: str, head: str, curve: Curve, tip: bool) -> None:
        self.routes.append(Route(f"e{len(self.routes)}", tail, head, curve, tip))

    def _route(
        self,
        block: Block,
        corner: Point,
        ends: tuple[Part | Note | None, Part | Note | None, Part],
        curve: Curve,
    ) -> None:
        tail, head, source = ends
        if isinstance(head, Item) and (lane := self.boxes.of(head).lane):
            # Between the leaves above it, down to the operation itself.
            end = curve[-1]
            curve = (*curve, *straight(end, (end[0], end[1] + lane))[1:])
        if isinstance(tail, Item) and (drop := self.boxes.of(tail).drop):
            start = curve[0]
            curve = (*straight((start[0], start[1] - drop), start)[:3], *curve)
        if tail is None and block.top:
            curve = (*straight((curve[0][0], corner[1]), curve[0])[:3], *curve)
        if head is None and block.level.framed:
            bottom = corner[1] + block.height
            curve = (*curve, *straight(curve[-1], (curve[-1][0], bottom))[1:])
        tip = isinstance(head, Item) or (isinstance(head, Group) and head not in self.blocks.made)
        self._arrow(source.id, self._target(head, block.level), curve, tip)

    def _target(self, head: Part | Note | None, level: Level) -> str:
        if isinstance(head, Note):
            return head.box.id
        if isinstance(head, Item) or (head is not None and head.number >= 0):
            return head.id
        # A stretch has no frame of its own.
        while not level.framed and level.parent is not None:
            level = level.parent
        return level.group.id
