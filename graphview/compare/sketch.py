"""A graph as it is compared: operations by family, inside the calls of modules, without numbers.

What differs between machines, devices and runs is left out: ids, addresses, source lines, names of
backward classes. What stays is what people mean by "the same graph".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter

from graphview.collector import collector_paused
from graphview.model.graph import Graph, Node, TensorInfo, shape_text

# What goes into an operation: another one's place among all, a leaf's name, or no gradient.
Link = int | str | None


@dataclass(slots=True, eq=False)
class Op:
    """One operation: `place` is that in the order of the forward pass, `name` is unique in `frame`.

    `results` tell shape and dtype of what it gives, `arguments` what its links are called, and
    `taken` which result of an operation with several goes in at each link. `node` is its index in
    the graph; None in a baseline, which has no graph. Operations and frames with the same `hash`
    are alike, once they were matched.
    """

    place: int
    name: str
    family: str
    results: str
    arguments: tuple[str, ...]
    links: tuple[Link, ...]
    frame: Frame
    taken: tuple[int, ...] = ()
    node: int | None = None
    hash: int = 0

    def __str__(self) -> str:
        return f"{self.frame.key}/{self.name}" if self.frame.key else self.name


@dataclass(slots=True, eq=False)
class Frame:
    """One call of a module, or (with an empty key) what runs outside of all.

    `key` is the module's path, with `#1` for its second call; `module` is the path alone.
    """

    key: str
    kind: str
    module: str
    parent: Frame | None = None
    parts: list[Op | Frame] = field(default_factory=list)
    hash: int = 0

    def ops(self) -> Iterator[Op]:
        """All operations in it and in the frames inside, in order."""
        stack: list[Op | Frame] = [self]
        while stack:
            part = stack.pop()
            if isinstance(part, Op):
                yield part
            else:
                stack += reversed(part.parts)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a root is: its shape and dtype, and which result of what."""

    tensor: str
    link: Link
    taken: int = 0


@dataclass(slots=True, eq=False)
class Sketch:
    """`leaves` have their shape and dtype by name, `roots` that and what they are the result of."""

    ops: list[Op]
    top: Frame
    leaves: dict[str, str]
    roots: dict[str, Origin]
    _frames: list[Frame] = field(default_factory=list)

    def frames(self) -> Sequence[Frame]:
        """All frames, each before those in it; of a sketch to which no more is added."""
        if self._frames:
            return self._frames
        stack = [self.top]
        while stack:
            frame = stack.pop()
            self._frames.append(frame)
            stack += [part for part in reversed(frame.parts) if isinstance(part, Frame)]
        return self._frames


def sketch(graph: Graph) -> Sketch:
    """Sketch a graph. Time grows linearly with its nodes."""
    with collector_paused():
        frames, top = _frames(graph)
        names, nodes = _leaf_names(graph), _in_order(graph)
        links: dict[int | None, Link] = {None: None}
        links.update(names.items())
        links.update((node.index, place) for place, node in enumerate(nodes))
        homes = [frames.get(_home(node), top) for node in nodes]
        ops = _ops(graph, nodes, links, homes)
        _fill(ops, top)
        leaves = {names[leaf.node]: _told(leaf.tensor) for leaf in graph.leaves}
        roots = {
            root.name: Origin(_told(root.tensor), links[root.node], root.output)
            for root in graph.roots
        }
        return Sketch(ops, top, leaves, roots)


def _ops(
    graph: Graph,
    nodes: list[Node],
    links: dict[int | None, Link],
    homes: list[Frame],
) -> list[Op]:
    """The operations, in order, without the names that tell them apart."""
    # Few differ, however many nodes there are.
    told, unique = cache(described), cache(_unique)
    families = {name: operator.family for name, operator in graph.operators.items()}
    return [
        Op(
            place,
            "",
            families[node.operator],
            ", ".join([told(output.shape, output.dtype) for output in node.outputs]),
            unique(tuple([edge.argument for edge in node.inputs])),
            tuple([links[edge.node] for edge in node.inputs]),
            frame,
            tuple([edge.output for edge in node.inputs]),
            node.index,
        )
        for place, (node, frame) in enumerate(zip(nodes, homes, strict=True))
    ]


def _told(tensor: TensorInfo) -> str:
    return described(tensor.shape, tensor.dtype)


def described(shape: tuple[int | str, ...] | None, dtype: str) -> str:
    """`(32, 8) float32`."""
    return f"{shape_text(shape)} {dtype}"


def _unique(arguments: tuple[str | None, ...]) -> tuple[str, ...]:
    """A list of tensors has one argument's name for all; what has none is called by its place."""
    names = [argument or str(place) for place, argument in enumerate(arguments)]
    return tuple(_told_apart(names))


def _told_apart(names: Iterable[str]) -> Iterator[str]:
    """The names, in which the second of the same is `name~1`."""
    seen = Counter[str]()
    for name in names:
        yield f"{name}~{seen[name]}" if name in seen else name
        seen[name] += 1


def _in_order(graph: Graph) -> list[Node]:
    """Operations in the order of the forward pass where it is known, else in that of the walk."""
    nodes = list(graph.operations)
    if all(node.sequence is not None for node in nodes):
        # Those of one place stay in the order of the walk.
        nodes.sort(key=attrgetter("sequence"))
    return nodes


def _home(node: Node) -> int | str | None:
    return node.module if node.call is None else node.call


def _frames(graph: Graph) -> tuple[dict[int | str | None, Frame], Frame]:
    """A frame for each call of a module, and for modules whose calls were not seen."""
    top = Frame("", "", "")
    found: dict[int | str | None, Frame] = {}
    for index, call in enumerate(graph.calls):
        parent = top if call.parent is None else found[call.parent]
        path = call.module or (f"{parent.key}/{call.kind}" if parent.key else call.kind)
        key = f"{path}#{call.number}" if call.number else path
        found[index] = Frame(key, call.kind, path, parent)
    known = {frame.key for frame in found.values()}
    for module in dict.fromkeys(node.module for node in graph.nodes if node.call is None):
        if module and module not in known:
            found[module] = Frame(module, "", module, top)
    # Two modules of one class without a known path would share a key.
    keys = list(_told_apart(frame.key for frame in found.values()))
    for frame, key in zip(found.values(), keys, strict=True):
        frame.key = key
    return found, top


def _leaf_names(graph: Graph) -> dict[int, str]:
    """A name for each leaf's node; where several share one, the later ones are numbered."""
    names = _told_apart(leaf.name or "leaf" for leaf in graph.leaves)
    return {leaf.node: name for leaf, name in zip(graph.leaves, names, strict=True)}


def _fill(ops: list[Op], top: Frame) -> None:
    """Put each operation into its frame, and each frame into the one around it where it begins."""
    begun = {top}
    counts: dict[Frame, dict[str, int]] = {}
    for op in ops:
        frame, family = op.frame, op.family
        if frame not in counts:
            counts[frame] = {}
            _begin(frame, begun)
        count = counts[frame][family] = counts[frame].get(family, 0) + 1
        op.name = family if count == 1 else f"{family}#{count}"
        frame.parts.append(op)


def _begin(frame: Frame, begun: set[Frame]) -> None:
    waiting = []
    at: Frame | None = frame
    while at is not None and at not in begun:
        begun.add(at)
        waiting.append(at)
        at = at.parent
    for each in reversed(waiting):
        if each.parent is not None:
            each.parent.parts.append(each)
