"""What a folded box of a picture holds: the call, function or line, operations and leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphview.draw.folding.labels import heading
from graphview.draw.folding.parts import STRETCH, Group, Item, Tree
from graphview.draw.scene import Scene
from graphview.model.graph import Call, Graph, Leaf, Node, Source, counted, shape_text
from graphview.report.identity import Keys
from graphview.report.numbers import listed, size

# Of more leaves, of more families of operations and of more files their number is told.
MOST_LEAVES, MOST_FAMILIES, MOST_FILES = 8, 6, 3
Fact = tuple[str, str]
Line = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Held:
    """A leaf in a folded box; without a `key` it has no card."""

    key: str | None
    name: str
    shape: str


@dataclass(frozen=True, slots=True)
class Fold:
    """The card of one folded box, whose id in the picture is `box`.

    `kinds` are the kinds of nodes in it and `held` the keys of their cards; `lines` are those of
    the code that ran, `expression` what ran if it was all in one line. Of the leaves `more` are not
    listed.
    """

    key: str
    box: str
    name: str
    what: str
    facts: tuple[Fact, ...]
    leaves: tuple[Held, ...]
    more: int
    places: str | None
    expression: str | None
    kinds: tuple[str, ...]
    held: frozenset[str]
    lines: tuple[Line, ...]


def folds(tree: Tree, scene: Scene, keys: Keys, prefix: str) -> tuple[Fold, ...]:
    """What the closed groups in a picture of a tree hold; `prefix` tells it from other pictures."""
    boxes = [placed.box.id for placed in scene.boxes if placed.box.kind == "group"]
    return tuple(_fold(_Inside(tree, _named(tree, box)), keys, f"{prefix}{box}") for box in boxes)


def _named(tree: Tree, id_: str) -> Group:
    """The group with this id: groups are numbered from outside in, each before what is in it."""
    group, number = tree.top, int(id_.removeprefix("g"))
    while group.number != number:
        groups = [part for part in group.parts if isinstance(part, Group)]
        group = max((g for g in groups if g.number <= number), key=lambda g: g.number)
    return group


class _Inside:
    """What is in a group, in the order of the forward pass."""

    def __init__(self, tree: Tree, group: Group) -> None:
        self.graph, self.group = tree.graph, group
        items = [tree.item(position) for position in range(group.position, group.end)]
        self.nodes = [self.graph.nodes[i.number] for i in items if i.kind == "operation"]
        self.leaves = list(self._leaves(items))
        found = map(self.graph.source_of, self.nodes)
        self.sources = [source for source in found if source is not None]

    def _leaves(self, items: Iterable[Item]) -> Iterator[Leaf]:
        """Each once, however often it is used."""
        known = self.graph.leaf_at()
        beside = (each for item in items for each in (item, *item.above, *item.aside))
        for number in dict.fromkeys(each.number for each in beside if each.kind == "leaf"):
            yield known[number]


def _fold(inside: _Inside, keys: Keys, key: str) -> Fold:
    group, leaves = inside.group, inside.leaves
    ids = [node.id for node in inside.nodes]
    ids += [id_ for leaf in leaves for id_ in (leaf.id, f"n{leaf.node}")]
    lines = dict.fromkeys((source.file, source.line) for source in inside.sources)
    expressions = {source.expression for source in inside.sources}
    return Fold(
        key,
        group.id,
        group.path if group.path and not group.units else heading(group),
        _what(inside),
        tuple(_facts(inside)),
        tuple(_held(leaf, keys) for leaf in leaves[:MOST_LEAVES]),
        max(0, len(leaves) - MOST_LEAVES),
        _places(inside.sources),
        expressions.pop() if len(expressions) == len(lines) == 1 else None,
        ("operation", "leaf", "accumulate") if leaves else ("operation",),
        frozenset(keys[id_] for id_ in ids if id_ in keys),
        tuple(lines),
    )


def _held(leaf: Leaf, keys: Keys) -> Held:
    return Held(keys.get(leaf.id), leaf.name or "an unnamed leaf", shape_text(leaf.tensor.shape))


def _what(inside: _Inside) -> str:
    group = inside.group
    if group.units:
        return _run(group)
    if group.outside is not None:
        return _call(inside)
    if group.kind == "function":
        return f"What ran in the function {group.name}."
    if group.kind == STRETCH:
        return "Operations that follow one another, folded because there are so many of them."
    return "What one line of the code ran."


def _run(group: Group) -> str:
    """`3 calls of Encoder in a row`; of several parts or of an operation how often they come."""
    unit, copies = group.units[0], f"{group.copies:,}"
    first = unit[0]
    if len(unit) > 1:
        told = f"{copies} times the same {len(unit)} parts in a row"
    elif isinstance(first, Group) and first.outside is not None:
        told = f"{copies} calls of {first.kind} in a row"
    else:
        part = "operation" if isinstance(first, Item) else "part"
        told = f"{copies} times the same {part} in a row"
    shapes = f", in {group.variants} different shapes" if group.variants > 1 else ""
    return f"{told}{shapes}; the numbers below are those of all together."


def _call(inside: _Inside) -> str:
    group, call = inside.group, _call_of(inside)
    if call is None or not call.module:
        return f"One call of a module of the class {group.kind}."
    calls = sum(other.module == call.module for other in inside.graph.calls)
    which = "The call" if calls == 1 else f"Call {call.number + 1:,} of the {calls:,} calls"
    return f"{which} of the module {call.module}, of the class {call.kind}."


def _call_of(inside: _Inside) -> Call | None:
    """The call of a module that a group is: one around its operations, of its class and path."""
    path, calls = inside.group.path.partition("#")[0], inside.graph.calls
    number = inside.nodes[0].call if inside.nodes else None
    while number is not None:
        call = calls[number]
        if call.kind == inside.group.kind and (call.module or path) == path:
            return call
        number = call.parent
    return None


def _facts(inside: _Inside) -> Iterator[Fact]:
    yield "operations", f"{len(inside.nodes):,}"
    yield "families", _families(inside.graph, inside.nodes)
    if inside.leaves:
        yield "leaves", f"{len(inside.leaves):,}"
        yield "numbers in the leaves", f"{inside.group.elements:,}"
    # What an earlier node keeps already counts there.
    if kept := sum(node.saved_bytes for node in inside.nodes):
        yield "keeps for backward", size(kept)


def _families(graph: Graph, nodes: Sequence[Node]) -> str:
    """`4 × addmm, 2 × tanh and t`, the commonest first."""
    counts = Counter(graph.operator_of(node).family for node in nodes).most_common()
    told = [f"{count:,}\N{NO-BREAK SPACE}× {name}" if count > 1 else name for name, count in counts]
    if len(told) > MOST_FAMILIES:
        told[MOST_FAMILIES - 1 :] = [f"{len(told) - MOST_FAMILIES + 1:,} more"]
    return listed(told)


def _places(sources: Sequence[Source]) -> str | None:
    """`train.py:7` or `train.py:7–12`; of several files each, of many how many there are."""
    lines: dict[str, list[int]] = {}
    for source in sources:
        lines.setdefault(source.file, []).append(source.line)
    if len(lines) > MOST_FILES:
        return counted(len(lines), "file")
    return ", ".join(f"{file}:{_span(found)}" for file, found in lines.items()) or None


def _span(lines: Sequence[int]) -> str:
    first, last = min(lines), max(lines)
    return str(first) if first == last else f"{first}–{last}"
