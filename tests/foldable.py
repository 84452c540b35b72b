"""Graphs with calls of modules in them, to be folded: written down or drawn, without torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from handmade import OPERATORS, ROW, SCALAR
from hypothesis import strategies as st

from graphview.draw.folding.parts import Group, Item
from graphview.model.graph import (
    ACCUMULATE,
    Call,
    Edge,
    Graph,
    Leaf,
    Node,
    Operator,
    Root,
    Source,
    TensorInfo,
)

NAMES = ("AddBackward0", "MulBackward0", "TanhBackward0", "MmBackward0", "CatBackward0")


@dataclass
class Writer:
    """Writes a graph down in the order of its forward pass."""

    nodes: list[Node] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    # The calls that are going on, and how often each module was called.
    around: list[int] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)

    def leaf(self, name: str | None = None, tensor: TensorInfo = ROW) -> int:
        index = len(self.nodes)
        self.nodes.append(Node(index, ACCUMULATE, ACCUMULATE, (), (tensor,)))
        self.leaves.append(Leaf(index, name or f"w{index}", tensor))
        return index

    def op(
        self,
        name: str,
        *inputs: int,
        line: int | None = None,
        function: str = "forward",
        tensor: TensorInfo = ROW,
    ) -> int:
        index = len(self.nodes)
        source = None
        if line is not None:
            place = Source("model.py", line, line, None, None, function, None, f"v{line}")
            if place not in self.sources:
                self.sources.append(place)
            source = self.sources.index(place)
        edges = tuple(Edge(None, each) for each in inputs)
        call = self.around[-1] if self.around else None
        self.nodes.append(
            Node(
                index, f"{name}Backward0", f"{name}Backward0", edges, (tensor,),
                source=source, call=call, sequence=index,
            )
        )  # fmt: skip
        return index

    def enter(self, kind: str, module: str | None = None) -> None:
        again = self.times.get(module, 0) if module else 0
        if module:
            self.times[module] = again + 1
        parent = self.around[-1] if self.around else None
        self.around.append(len(self.calls))
        self.calls.append(Call(kind, module, again, parent))

    def leave(self) -> None:
        self.around.pop()

    def graph(self, *roots: int, **named: int) -> Graph:
        found = {f"root{place}": place for place in roots} | named
        operators = {n.name: Operator(n.name, n.name, n.name, "unknown") for n in self.nodes}
        return Graph(
            tuple(Root(name, SCALAR, place) for name, place in found.items()),
            tuple(self.nodes),
            tuple(self.leaves),
            operators | {ACCUMULATE: OPERATORS[ACCUMULATE]},
            tuple(self.sources),
            tuple(self.calls),
        )


def linear(writer: Writer, module: str, data: int) -> int:
    """A module with two leaves and two operations, as torch's own on a matrix."""
    writer.enter("Linear", module)
    weight, bias = writer.leaf(f"{module}.weight"), writer.leaf(f"{module}.bias")
    done = writer.op("Addmm", data, writer.op("T", weight), bias)
    writer.leave()
    return done


def blocks(count: int, *, inner: int = 2) -> Graph:
    """A net of equal blocks one after the other, each with linear modules and a way past them."""
    writer = Writer()
    writer.enter("Net", "")
    data = writer.op("Embedding", writer.leaf("tokens.weight"))
    for number in range(count):
        writer.enter("Block", f"layers.{number}")
        past = data
        for place in range(inner):
            data = writer.op("Relu", linear(writer, f"layers.{number}.fc{place}", data))
        data = writer.op("Add", past, data)
        writer.leave()
    writer.leave()
    return writer.graph(loss=writer.op("Mean", data))


def chain(length: int, names: Iterable[str] = ("Mul",)) -> Graph:
    """Operations one after the other, outside of modules."""
    writer, names = Writer(), list(names)
    data = writer.op("Mul", writer.leaf("x"))
    for step in range(1, length):
        data = writer.op(names[step % len(names)], data)
    return writer.graph(y=data)


@st.composite
def nests(draw: st.DrawFn, most: int = 30) -> Graph:
    """Any graph whose operations ran in calls within calls, some of them several times."""
    writer = Writer()
    values = [writer.leaf()]
    kinds = ("Net", "Block", "Cell")
    for _ in range(draw(st.integers(1, most))):
        step = draw(st.sampled_from(("enter", "leave", "leaf", "op", "op", "op", "op")))
        if step == "enter" and len(writer.around) < 5:
            writer.enter(draw(st.sampled_from(kinds)), draw(st.sampled_from((None, "a", "b.c"))))
        elif step == "leave" and writer.around:
            writer.leave()
        elif step == "leaf":
            values.append(writer.leaf())
        else:
            # Near values oftener than far ones, as in models.
            near = st.integers(max(0, len(values) - 4), len(values) - 1)
            any_of = near | st.integers(0, len(values) - 1)
            inputs = draw(st.lists(any_of, min_size=1, max_size=3))
            name = draw(st.sampled_from(("Add", "Mul")))
            line = draw(st.sampled_from((None, 1, 2)))
            values.append(writer.op(name, *(values[each] for each in inputs), line=line))
    roots = draw(st.sets(st.sampled_from(values), max_size=3))
    return _reached(writer.graph(*sorted({*roots, values[-1]})))


def _reached(graph: Graph) -> Graph:
    """Only what the roots are computed from, as autograd would walk it."""
    wanted = {root.node for root in graph.roots}
    for node in reversed(graph.nodes):
        if node.index in wanted:
            wanted.update(edge.node for edge in node.inputs if edge.node is not None)
    numbers = {index: place for place, index in enumerate(sorted(wanted))}
    nodes = [
        replace(
            graph.nodes[index],
            index=numbers[index],
            inputs=tuple(
                replace(edge, node=numbers[edge.node])
                for edge in graph.nodes[index].inputs
                if edge.node is not None
            ),
        )
        for index in sorted(wanted)
    ]
    return replace(
        graph,
        nodes=tuple(nodes),
        roots=tuple(replace(root, node=numbers[root.node]) for root in graph.roots),
        leaves=tuple(
            replace(leaf, node=numbers[leaf.node]) for leaf in graph.leaves if leaf.node in wanted
        ),
    )


def shuffled(graph: Graph, calls: list[int | None]) -> Graph:
    """The same with each operation in some call or other, as no forward pass would have it."""
    nodes = [
        node if node.kind == "accumulate" else replace(node, call=call, sequence=None)
        for node, call in zip(graph.nodes, calls, strict=True)
    ]
    return replace(graph, nodes=tuple(nodes))


def outline(group: Group, indent: str = "") -> list[str]:
    """A tree as text: of a group its path, name, kind and units; of an item its leaves too."""
    found = []
    for part in group.parts:
        if isinstance(part, Item):
            found.append(indent + " ".join([part.id, *(each.id for each in part.above)]))
            continue
        units = f" {len(part.units)} x {len(part.units[0])}" if part.units else ""
        found.append(f"{indent}{part.path or '-'} [{part.name}|{part.kind}]{units}")
        found += outline(part, indent + "  ")
    return found
