"""A graph -> its tree: operations inside the calls of modules, leaves beside what uses them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from math import prod

from graphview.draw.boxes import extras_of, stubs_of
from graphview.draw.detail import PLAIN, Detail
from graphview.draw.folding.parts import Group, Item, Part, Tree
from graphview.draw.folding.places import fold_places
from graphview.draw.folding.repeats import Keys
from graphview.draw.select import Selection
from graphview.model.graph import Call, Graph, Node, TensorInfo

# Parts with the time when their operation ran.
Timed = dict[Group, list[tuple[int, Part]]]


def tree_of(graph: Graph, detail: Detail = PLAIN, *, only: Selection | None = None) -> Tree:
    """Fold a graph: by the calls of modules, by what repeats, by function and source line.

    `only` is the part of it to show, all by default.
    """
    order = _order(graph)
    items = _items(graph, order, detail, only)
    top = Group("", "", "")
    calls = _call_groups(graph, top)
    own: Timed = defaultdict(list)
    end = max(order, default=0) + 1
    for item in items:
        call = None if item.kind == "root" else graph.nodes[item.number].call
        time = end if item.kind == "root" else order[item.number]
        own[top if call is None else calls[call]].append((time, item))
    _fill(calls, top, own)
    tree = Tree(graph, top, tuple(_placed(top)))
    _finish(tree)
    return tree


def _order(graph: Graph) -> list[int]:
    """A number for each node that grows along every edge: time where that is known and does so."""
    by_time = [-1 if node.sequence is None else node.sequence for node in graph.nodes]
    grows = all(by_time[tail] < by_time[head] for tail, head in graph.edges() if by_time[tail] >= 0)
    known = all(node.sequence is not None for node in graph.operations)
    # Another thread, as that of a GPU's backward, counts for itself.
    return by_time if known and grows else [node.index for node in graph.nodes]


def _items(graph: Graph, order: list[int], detail: Detail, only: Selection | None) -> list[Item]:
    """Operations in order, then roots; what belongs to one of them stands among its inputs.

    Before them stand leaves that nothing uses of all that is shown.
    """
    nodes = graph.nodes if only is None else only.nodes
    chosen = [node for node in nodes if node.kind == "operation"]
    made = {
        node.index: Item("operation", node.index)
        for node in sorted(chosen, key=lambda node: order[node.index])
    }
    shown = made.keys() | (_leaves(nodes) if detail.leaves else set())
    uses: dict[int, int] = defaultdict(int)
    beside = detail.saved or detail.constants or only is not None
    for item in made.values():
        for producer in dict.fromkeys([edge.node for edge in graph.nodes[item.number].inputs]):
            if producer in made:
                item.inputs.append(made[producer])
            elif producer is not None and producer in shown:
                item.above.append(Item("leaf", producer, uses[producer]))
                uses[producer] += 1
        if beside:
            _set_beside(graph, item, detail, only)
    roots = _roots(graph, made, uses, shown, only)
    alone = [Item("leaf", index) for index in sorted(shown - made.keys() - uses.keys())]
    for item in alone:
        _set_beside(graph, item, detail, only)
    return [*alone, *made.values(), *roots]


def _leaves(nodes: Iterable[Node]) -> set[int]:
    return {node.index for node in nodes if node.kind == "accumulate"}


def _set_beside(graph: Graph, item: Item, detail: Detail, only: Selection | None) -> None:
    """Put constants, saved tensors and notes above an operation or aside."""
    node = graph.nodes[item.number]
    found = extras_of(graph, node, detail)
    found += [] if only is None else stubs_of(only, node, detail)
    for box, (tail, _) in found:
        (item.above if tail == box.id else item.aside).append(Item("extra", item.number, extra=box))


def _roots(
    graph: Graph,
    made: Mapping[int, Item],
    uses: dict[int, int],
    shown: Collection[int],
    only: Selection | None,
) -> list[Item]:
    found = []
    for place, root in enumerate(graph.roots):
        if only is not None and root.node not in only.kept:
            continue
        item = Item("root", place)
        found.append(item)
        if root.node in made:
            item.inputs.append(made[root.node])
        elif root.node in shown:
            # The root is a leaf itself.
            item.above.append(Item("leaf", root.node, uses[root.node]))
            uses[root.node] += 1
    return found


def _call_groups(graph: Graph, top: Group) -> list[Group]:
    groups: list[Group] = []
    for call in graph.calls:
        parent = top if call.parent is None else groups[call.parent]
        outer = None if call.parent is None else graph.calls[call.parent]
        name = _name(call, outer)
        path = call.module or (f"{parent.path}/{name}" if parent.path else name)
        again = f"#{call.number}" if call.number else ""
        groups.append(Group(f"{name}{again}", call.kind, f"{path}{again}", parent=parent))
    return groups


def _name(call: Call, outer: Call | None) -> str:
    """The path from the module around it, or the class where no path is known."""
    if not call.module:
        return call.kind
    around = outer.module if outer is not None else None
    start = f"{around}." if around else ""
    return call.module.removeprefix(start)


def _fill(calls: list[Group], top: Group, own: Timed) -> None:
    """Give each group its parts in the order of time; an inner group stands where it began."""
    # From inside out, so that a call without a single operation is seen to be empty.
    for group in (*reversed(calls), top):
        timed = sorted(own.pop(group, []), key=lambda pair: pair[0])
        group.parts = [part for _, part in timed]
        if timed and group.parent is not None:
            own[group.parent].append((timed[0][0], group))


def _placed(top: Group) -> list[Item]:
    """All items in the order of the tree; notes in each part where it stands."""
    found: list[Item] = []
    stack: list[Part] = [top]
    while stack:
        part = stack.pop()
        if isinstance(part, Item):
            part.position = len(found)
            found.append(part)
            continue
        for child in part.parts:
            child.parent = part
        stack += reversed(part.parts)
    return found


def _finish(tree: Tree) -> None:
    """Fold what repeats, then what is still too much, from inside out; number the groups."""
    keys, groups = Keys(tree.graph), [tree.top, *tree.groups()]
    for group in reversed(groups):
        keys.fold(group)
        fold_places(group, tree.graph)
    _number(tree)
    _count(tree)


def _number(tree: Tree) -> None:
    """Number the groups from outside in."""
    for number, group in enumerate((tree.top, *tree.groups())):
        group.number = number
        for part in group.parts:
            part.parent = group
            if isinstance(part, Group):
                part.depth = group.depth + 1


def _count(tree: Tree) -> None:
    """Count what is in each group, from inside out."""
    sizes = {leaf.node: _elements(leaf.tensor) for leaf in tree.graph.leaves}
    leaves: dict[Group, set[int]] = {}
    for group in reversed((tree.top, *tree.groups())):
        inner = [part for part in group.parts if isinstance(part, Group)]
        used: list[int] = []
        for part in group.parts:
            if isinstance(part, Item):
                group.operations += part.kind == "operation"
                used += [each.number for each in (part, *part.above) if each.kind == "leaf"]
        group.operations += sum(part.operations for part in inner)
        group.leaves = len(used) + sum(part.leaves for part in inner)
        group.position = group.parts[0].position if group.parts else 0
        # The largest set grows and is handed on, so that in deep nests nothing is copied.
        largest = max(inner, key=lambda part: len(leaves[part]), default=None)
        found = set[int]() if largest is None else leaves.pop(largest)
        group.elements = 0 if largest is None else largest.elements
        for leaf in chain(used, *(leaves.pop(part) for part in inner if part is not largest)):
            if leaf not in found:
                found.add(leaf)
                group.elements += sizes[leaf]
        leaves[group] = found


def _elements(tensor: TensorInfo) -> int:
    return prod(size for size in tensor.shape or () if isinstance(size, int))
