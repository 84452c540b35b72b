"""All items of a graph in the order of its tree, as plain lists with an entry for each position.

Of many nodes few are drawn, so an item becomes an object only when somebody asks for it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from itertools import chain
from math import prod
from operator import ge

from graphview.draw.boxes import extras_of, stubs_of
from graphview.draw.detail import Detail
from graphview.draw.drawing import Box
from graphview.draw.folding.inputs import Inputs
from graphview.draw.folding.parts import Item, ItemKind
from graphview.draw.select import Selection
from graphview.model.graph import ACCUMULATE, Graph, Node, TensorInfo

# In place of a position: of a node that is not shown, and of a leaf, which stands above others.
HIDDEN, LEAF = -1, -2
# In place of a distance to either.
NO_STEP = {HIDDEN: "hidden", LEAF: "leaf"}
# In place of a call: what ran in none.
TOP = -1

# The node of a leaf, and how many uses of it come before this one.
Use = tuple[int, int]
Extras = tuple[list[Box], list[Box]]


class Lineup:
    """Where each operation stands, what goes into it, and how it looks to what compares them.

    `parts` has for each call, and for `TOP`, what is in it in the order of time: nodes, and other
    calls as `~call`. `starts` has the position of the first item in each call, `numbers` the node
    at each position, and from `roots` on the places of roots. Two positions have the same `mark`
    where operators, shapes, leaves and the distances to all that goes in are equal; `steps` are
    those distances, by mark, and `forms` and `looks` numbers that are equal where all but these
    are, or where nothing but the name and the number of leaves is.
    """

    def __init__(self, graph: Graph, detail: Detail, only: Selection | None) -> None:
        self.graph, self.detail, self.only = graph, detail, only
        nodes = graph.nodes if only is None else only.nodes
        self._inputs = Inputs(graph)
        order = _order(graph, self._inputs)
        chosen = [node for node in nodes if node.name != ACCUMULATE]
        chosen.sort(key=lambda node: order[node.index])
        self.places = [HIDDEN] * len(graph.nodes)
        alone = self._leaves_alone(nodes, chosen) if detail.leaves else []
        # Sorted again where there is something to merge.
        both = sorted([*alone, *chosen], key=lambda n: order[n.index]) if alone else chosen
        self.parts = _parts(graph, order, both)
        self.numbers, self.starts = _line(self.parts, len(graph.calls))
        for position, number in enumerate(self.numbers):
            self.places[number] = position
        self.roots = len(self.numbers)
        self.numbers += [
            place
            for place, root in enumerate(graph.roots)
            if only is None or root.node in only.kept
        ]
        # By position, where there are any: uses of leaves and other boxes beside.
        self.uses: dict[int, tuple[Use, ...]] = {}
        self.extras: dict[int, Extras] = {}
        self.marks = [0] * len(self.numbers)
        self.steps: list[tuple[int, ...]] = []
        self.forms: list[int] = []
        self.looks: list[int] = []
        self._known: dict[Hashable, int] = {}
        self._numbers: dict[Hashable, int] = {}
        self._describe(chosen, alone)
        self._items: list[Item | None] = [None] * len(self.numbers)
        self._alone = sorted(self.places[node.index] for node in alone)
        self._used = sorted(
            [(place, leaf) for place, uses in self.uses.items() for leaf, _ in uses]
            + [(place, self.numbers[place]) for place in self._alone]
        )
        self._sizes = {leaf.node: _elements(leaf.tensor) for leaf in graph.leaves}

    def number(self, structure: Hashable) -> int:
        """A number that equal structures share."""
        return self._numbers.setdefault(structure, len(self._numbers))

    def item(self, position: int) -> Item:
        """The item at a position; there is one only, however often it is asked for."""
        found = self._items[position]
        if found is None:
            found = self._items[position] = self._item(position)
        return found

    def nodes(self, start: int, end: int) -> Iterator[Node]:
        """The operations from one position up to another."""
        for number in self.numbers[start : min(end, self.roots)]:
            node = self.graph.nodes[number]
            if node.name != ACCUMULATE:
                yield node

    def operations(self, start: int, end: int) -> int:
        found = max(min(end, self.roots) - start, 0)
        if self._alone:
            found -= bisect_left(self._alone, end) - bisect_left(self._alone, start)
        return found

    def leaves(self, start: int, end: int) -> int:
        return bisect_left(self._used, (end,)) - bisect_left(self._used, (start,))

    def elements(self, start: int, end: int) -> int:
        first, last = bisect_left(self._used, (start,)), bisect_left(self._used, (end,))
        return sum(self._sizes[leaf] for leaf in {leaf for _, leaf in self._used[first:last]})

    def _leaves_alone(self, nodes: tuple[Node, ...], chosen: list[Node]) -> list[Node]:
        """Mark the leaves among the nodes, and return those that nothing shown uses."""
        leaves = [node for node in nodes if node.name == ACCUMULATE]
        for node in leaves:
            self.places[node.index] = LEAF
        if self.only is None and not leaves:
            return []
        used = set(self._inputs.sources)
        if self.only is not None:
            used = set(chain.from_iterable([self._inputs.into(node.index) for node in chosen]))
        used.update(root.node for root in self.graph.roots)
        return [node for node in leaves if node.index not in used]

    def _describe(self, chosen: list[Node], alone: list[Node]) -> None:
        """Give each position its mark, in the order of time, in which uses of leaves count.

        Of operations that look alike only the first is described.
        """
        beside = self.detail.saved or self.detail.constants or self.only is not None
        uses: dict[int, int] = defaultdict(int)
        shapes, steps = _shape_numbers(self.graph), self._steps()
        known: dict[Hashable, int] = {}
        for node in chosen:
            index = node.index
            position, ends = self.places[index], steps[index]
            count = self._set_extras(node, position) if beside else 0
            leaves = self._leaves_into(index) if NO_STEP[LEAF] in ends else []
            if leaves:
                self._use(position, leaves, uses)
            above = tuple([shapes[leaf] for leaf in leaves]) if leaves else None
            alike = (node.operator, node.source, node.name, shapes[index], count, above, ends)
            mark = known.get(alike)
            if mark is None:
                mark = known[alike] = self._first_mark(node, leaves, count)
            self.marks[position] = mark
        for node in alone:
            position = self.places[node.index]
            count = self._set_extras(node, position)
            form = (node.operator, node.source, *_shapes(node))
            self.marks[position] = self._mark(form, "leaf", (), count)
        self._describe_roots(uses)

    def _first_mark(self, node: Node, leaves: Collection[int], count: int) -> int:
        """The mark of an operation below these leaves and so many other boxes."""
        position = self.places[node.index]
        places = [self.places[source] for source in self._inputs.into(node.index)]
        steps = tuple([position - place for place in places if place >= 0])
        inner = chain.from_iterable(_shapes(self.graph.nodes[leaf]) for leaf in leaves)
        form = (node.operator, node.source, *_shapes(node), *inner)
        return self._mark(form, node.name, steps, count + len(leaves))

    def _steps(self) -> list[tuple[int | str, ...]]:
        """For each node the distances to what goes in, and what stands for all else."""
        inputs = self._inputs
        ends = zip(
            inputs.of_users(self.places), inputs.of_sources(self.places, HIDDEN), strict=True
        )
        return inputs.by_user(
            [position - place if place >= 0 else NO_STEP[place] for position, place in ends]
        )

    def _leaves_into(self, node: int) -> list[int]:
        return [source for source in self._inputs.into(node) if self.places[source] == LEAF]

    def _describe_roots(self, uses: dict[int, int]) -> None:
        for position in range(self.roots, len(self.numbers)):
            place = self.numbers[position]
            node = self.graph.roots[place].node
            source = self.places[node]
            if source == LEAF:
                self._use(position, [node], uses)
            steps = (position - source,) if source >= 0 else ()
            self.marks[position] = self._mark(("root", place), "root", steps, int(source == LEAF))

    def _use(self, position: int, leaves: Iterable[int], uses: dict[int, int]) -> None:
        self.uses[position] = tuple([(leaf, uses[leaf]) for leaf in leaves])
        for leaf in leaves:
            uses[leaf] += 1

    def _set_extras(self, node: Node, position: int) -> int:
        """Note constants, saved tensors and notes; returns how many of them stand above."""
        found = extras_of(self.graph, node, self.detail)
        found += [] if self.only is None else stubs_of(self.only, node, self.detail)
        above = [box for box, (tail, _) in found if tail == box.id]
        aside = [box for box, (tail, _) in found if tail != box.id]
        if found:
            self.extras[position] = above, aside
        return len(above)

    def _mark(self, form: Hashable, name: str, steps: tuple[int, ...], above: int) -> int:
        key = (form, name, steps, above)
        mark = self._known.get(key)
        if mark is None:
            mark = self._known[key] = len(self.steps)
            self.steps.append(steps)
            self.forms.append(self.number((form, len(steps))))
            self.looks.append(self.number((name, above)))
        return mark

    def _item(self, position: int) -> Item:
        number = self.numbers[position]
        kind: ItemKind = "operation"
        if position >= self.roots:
            kind = "root"
        elif self.graph.nodes[number].name == ACCUMULATE:
            kind = "leaf"
        inputs = tuple([position - step for step in self.steps[self.marks[position]]])
        above = tuple([Item("leaf", leaf, use) for leaf, use in self.uses.get(position, ())])
        aside: tuple[Item, ...] = ()
        if position in self.extras:
            over, beside = self.extras[position]
            above += tuple([Item("extra", number, extra=box) for box in over])
            aside = tuple([Item("extra", number, extra=box) for box in beside])
        return Item(kind, number, 0, inputs, above, aside, position)


def _order(graph: Graph, inputs: Inputs) -> list[int]:
    """A number for each node that grows along every edge: time where that is known and does so."""
    by_time = [-1 if node.sequence is None else node.sequence for node in graph.nodes]
    unknown = [node for node in graph.nodes if node.sequence is None and node.name != ACCUMULATE]
    # Another thread, as that of a GPU's backward, counts for itself.
    if unknown or any(map(ge, inputs.of_sources(by_time, -2), inputs.of_users(by_time))):
        return [node.index for node in graph.nodes]
    return by_time


def _parts(graph: Graph, order: list[int], nodes: list[Node]) -> list[list[int]]:
    """What is in each call, in the order of time; a call stands where its first operation does."""
    parts: list[list[int]] = [[] for _ in range(len(graph.calls) + 1)]
    for node in nodes:
        parts[TOP if node.call is None else node.call].append(node.index)
    begun = [0] * len(graph.calls)

    def time(part: int) -> int:
        return order[part] if part >= 0 else begun[~part]

    # From inside out, so that a call without a single operation is seen to be empty.
    for call in reversed(range(len(graph.calls))):
        inside, around = parts[call], graph.calls[call].parent
        if inside and inside[-1] < 0:
            inside.sort(key=time)
        if inside:
            begun[call] = time(inside[0])
            parts[TOP if around is None else around].append(~call)
    parts[TOP].sort(key=time)
    return parts


def _line(parts: list[list[int]], calls: int) -> tuple[list[int], list[int]]:
    """All nodes in the order of the tree, and where each call begins."""
    line: list[int] = []
    starts = [0] * calls
    stack = [iter(parts[TOP])]
    while stack:
        for part in stack[-1]:
            if part < 0:
                starts[~part] = len(line)
                stack.append(iter(parts[~part]))
                break
            line.append(part)
        else:
            stack.pop()
    return line, starts


def _shapes(node: Node) -> tuple[Hashable, ...]:
    # As plain tuples, which are compared several times as fast.
    if len(node.outputs) == 1:
        tensor = node.outputs[0]
        return ((tensor.shape, tensor.dtype, tensor.device),)
    return tuple([(tensor.shape, tensor.dtype, tensor.device) for tensor in node.outputs])


def _shape_numbers(graph: Graph) -> list[Hashable]:
    """For each node what nodes share whose results have the same shapes, types and devices."""
    tensors = {id(tensor): tensor for node in graph.nodes for tensor in node.outputs}
    known: dict[Hashable, int] = {}
    numbers = {
        key: known.setdefault((tensor.shape, tensor.dtype, tensor.device), len(known))
        for key, tensor in tensors.items()
    }
    return [
        numbers[id(node.outputs[0])]
        if len(node.outputs) == 1
        else tuple([numbers[id(tensor)] for tensor in node.outputs])
        for node in graph.nodes
    ]


def _elements(tensor: TensorInfo) -> int:
    return prod([size for size in tensor.shape or () if isinstance(size, int)])
