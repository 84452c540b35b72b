"""`devices`: where the graph is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphview.check.causes import at_line
from graphview.check.patterns import Patterns
from graphview.check.rule import Case, Code, Found
from graphview.check.value import Value
from graphview.check.words import at, leaf_text, places_text, several, ticked
from graphview.model.graph import Node, counted

KEY = "devices"
EXAMPLE = 'devices = ["cuda"]'
ONE = "one"
DEVICE = Code(
    "GV112",
    "device",
    "A part of the graph is computed on a device that the contract does not allow.",
    "Each step from one device to another waits for a copy; what stays on the CPU is slow, and "
    "nothing says so.",
    "Make the tensor on the device that it is needed on, or move the model and the data together.",
)
CODES: tuple[Code, ...] = (DEVICE,)


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices that are allowed; None for one, whichever it is."""

    allowed: tuple[str, ...] | None = None

    def allow(self, device: str) -> bool:
        kind = device.partition(":")[0]
        return any(
            text in (device, kind) or Patterns((text,)).match(device) for text in self.allowed or ()
        )


def read(value: Value) -> Devices:
    """A list of devices, or `"one"` for all on one."""
    if isinstance(value.raw, str) and value.raw == ONE:
        return Devices()
    return Devices(value.words())


def check(asked: Devices, case: Case) -> Iterator[Found]:
    places = _places(case)
    if asked.allowed is None:
        # The root's device is the one that the rest is to be on.
        asked = Devices((case.graph.roots[0].tensor.device,))
        expected = f"all on {several(asked.allowed or ())}, where {ticked(case.name)} is"
        if len(places) < 2:
            return
    else:
        expected = f"only {several(asked.allowed)}"
    for device, nodes in places.items():
        if not asked.allow(device):
            yield _found(device, nodes, expected, case)


def _places(case: Case) -> dict[str, list[Node]]:
    """The nodes that have a result on each device."""
    found: dict[str, list[Node]] = {}
    for node in case.graph.nodes:
        for device in {tensor.device for tensor in node.outputs}:
            found.setdefault(device, []).append(node)
    return found


def _found(device: str, nodes: list[Node], expected: str, case: Case) -> Found:
    graph = case.graph
    leaves = graph.leaf_at()
    first = min(nodes, key=lambda node: node.index if node.sequence is None else node.sequence)
    source = graph.source_of(first)
    leaf = leaves.get(first.index)
    what = first.name if leaf is None else leaf_text(leaf)
    more = f", with {counted(len(nodes) - 1, 'other node')}" if len(nodes) > 1 else ""
    names = [leaf_text(leaves[node.index]) for node in nodes if node.index in leaves]
    lines = [graph.source_of(node) for node in nodes if node.index not in leaves]
    parts = [f"leaves {several(names)}"] if names else []
    parts += [f"operations at {places_text(lines)}"] if lines else []
    return Found(
        DEVICE,
        f"{what} is on {device}{at(source)}{more}",
        expected=expected,
        actual=f"on {device}: {'; '.join(parts)}",
        node=first.index,
        source=source,
        hint="Make it there at once (device=...), or move model and data by one .to(device).",
        cause=at_line(source) or ("device", device),
    )
