"""What a folded group, and what flows between parts, say of themselves."""

from __future__ import annotations

from graphview.draw.drawing import LONGEST_LINE, Box, legible
from graphview.draw.folding.parts import STRETCH, Group, Item
from graphview.draw.shapes import BETWEEN
from graphview.model.graph import Graph, counted, shape_text

# What people say of a model's size.
UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
# Below so many one more digit tells something.
FEW = 10


class Labels:
    """Texts about the groups of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def box(self, group: Group) -> Box:
        """The box of a closed group: its name, its class and how often, how much is in it."""
        lines = (*_heading(group), self.contents(group))
        return Box(group.id, "group", lines, self.title(group), copies=group.copies)

    def contents(self, group: Group) -> str:
        """`54 operations · 7.1 M in leaves`: each leaf once, however often it is used."""
        told = counted(group.operations, "operation")
        return f"{told} · {amount(group.elements)} in leaves" if group.leaves else told

    def title(self, group: Group) -> str:
        told = f"{group.path or heading(group)}: {self.contents(group)}"
        if group.variants > 1:
            told += f"; the {group.copies:,} have {group.variants} different shapes"
        return told

    def flow(self, results: tuple[Item, ...]) -> str:
        """The shape of what flows: `(8, 64, 96)`, `2 × (1, 64)`; of different ones how many."""
        shapes = [self._shape(item) for item in results]
        if len(set(shapes)) > 1:
            return counted(len(shapes), "tensor")
        if not shapes[0]:
            return ""
        return shapes[0] if len(shapes) == 1 else f"{len(shapes)} × {shapes[0]}"

    def _shape(self, item: Item) -> str:
        outputs = self.graph.nodes[item.number].outputs
        return shape_text(outputs[0].shape) if outputs else ""


def heading(group: Group) -> str:
    """The label of an open group's frame."""
    return BETWEEN.join(legible(line, LONGEST_LINE) for line in _heading(group))


def _heading(group: Group) -> tuple[str, ...]:
    times = f"{group.copies:,} × " if group.units else ""
    if group.units and not group.name:
        return (f"{times}{counted(len(group.units[0]), 'part')}",)
    if group.kind in ("", group.name, "function", STRETCH):
        return (f"{times}{group.name}",)
    return (group.name, f"{times}{group.kind}")


def amount(count: float) -> str:
    """`512`, `7.1 M`, `70 B`."""
    for size, letter in UNITS:
        if count >= size:
            value = count / size
            return f"{value:.1f} {letter}" if value < FEW else f"{value:.0f} {letter}"
    return f"{count:.0f}"
