"""What a user calls by a name -> the nodes, and from them the part of a graph that is drawn.

Nodes stand in the order of the walk, so each comes after all that it is computed from: one pass
over them follows every path, whatever the depth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import translate

from graphview.draw.drawing import legible
from graphview.errors import SelectionError
from graphview.model.graph import Graph, Leaf, Node, Root

# More digits than any graph has nodes.
ID = re.compile("(?P<kind>n|leaf|root)(?P<number>[0-9]{1,9})")
MOST_NEAR, MOST_PLACES = 5, 8
# difflib takes time with the square of the length.
LONGEST_NAME, LONGEST_COMPARED = 80, 200

Named = tuple[str, int]
Matches = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of a graph that is drawn; nodes are called what they are called in the whole.

    `before` has, for each kept node, the nodes left out that it is computed from; `after` those
    that it is used by.
    """

    graph: Graph
    kept: frozenset[int]
    before: Mapping[int, tuple[int, ...]]
    after: Mapping[int, tuple[int, ...]]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node for node in self.graph.nodes if node.index in self.kept)

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(leaf for leaf in self.graph.leaves if leaf.node in self.kept)

    @property
    def roots(self) -> tuple[tuple[int, Root], ...]:
        """The kept roots, each with its position in the whole graph."""
        return tuple((i, root) for i, root in enumerate(self.graph.roots) if root.node in self.kept)

    def edges(self) -> Iterator[tuple[int, int]]:
        """(producer, user) for each use of a result, where both are kept."""
        kept = self.kept
        return (pair for pair in self.graph.edges() if pair[0] in kept and pair[1] in kept)


def focus(graph: Graph, text: str, radius: int = 1) -> frozenset[int]:
    """The nodes that are meant, and all that at most `radius` edges lead to, in both directions.

    Errors: SelectionError, as in `nodes_named`.
    """
    return neighbourhood(graph, nodes_named(graph, text), radius)


def neighbourhood(graph: Graph, nodes: Iterable[int], radius: int) -> frozenset[int]:
    """The nodes and all that at most `radius` edges lead to, in both directions."""
    found = set(nodes)
    near = _neighbours(graph) if radius > 0 else []
    edge = found
    for _ in range(radius):
        edge = {other for index in edge for other in near[index]} - found
        if not edge:
            break
        found |= edge
    return frozenset(found)


def between(graph: Graph, start: str | None, end: str | None) -> frozenset[int]:
    """The nodes on the paths from `start` to `end` along the forward pass, both included.

    Without `start` all that leads to `end`, without `end` all that `start` leads to. Errors:
    SelectionError, as in `nodes_named` and where no path leads from one to the other.
    """
    everything = frozenset(range(len(graph.nodes)))
    first = everything if start is None else nodes_named(graph, start)
    last = everything if end is None else nodes_named(graph, end)
    found = _downstream(graph, first) & _upstream(graph, last)
    if found or start is None or end is None:
        return frozenset(found)
    told = f"nothing lies between {_quoted(start)} and {_quoted(end)}"
    if _downstream(graph, last) & _upstream(graph, first):
        raise SelectionError(f"{told}: in the forward pass {_quoted(end)} is first; swap the two.")
    roots = ", ".join(dict.fromkeys(_short(root.name) for root in graph.roots[:MOST_NEAR]))
    raise SelectionError(
        f"{told}: no path connects them, in either direction; give two on one path, as from a "
        f"leaf to a root ({roots})."
    )


def restrict(graph: Graph, keep: Iterable[int]) -> Selection:
    """Keep only these nodes, and note what each of them loses."""
    kept = frozenset(keep)
    before: dict[int, dict[int, None]] = {}
    after: dict[int, dict[int, None]] = {}
    for producer, user in graph.edges():
        if user in kept and producer not in kept:
            before.setdefault(user, {})[producer] = None
        elif producer in kept and user not in kept:
            after.setdefault(producer, {})[user] = None
    return Selection(graph, kept, _listed(before), _listed(after))


def _listed(lost: Mapping[int, Mapping[int, None]]) -> dict[int, tuple[int, ...]]:
    return {index: tuple(others) for index, others in lost.items()}


def _neighbours(graph: Graph) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in graph.nodes]
    for producer, user in graph.edges():
        near[producer].append(user)
        near[user].append(producer)
    return near


def _downstream(graph: Graph, start: Iterable[int]) -> set[int]:
    found = set(start)
    for node in graph.nodes:
        if any(edge.node in found for edge in node.inputs):
            found.add(node.index)
    return found


def _upstream(graph: Graph, end: Iterable[int]) -> set[int]:
    found = set(end)
    for node in reversed(graph.nodes):
        if node.index in found:
            found.update(edge.node for edge in node.inputs if edge.node is not None)
    return found


def nodes_named(graph: Graph, text: str) -> frozenset[int]:
    """The nodes that `text` means; the first of these that is in the graph:

    the id of a box (`n12`, `leaf3`, `root0`); the path of a module, for all that ran in it, or of
    one call of it (`cell#3`); a root; a leaf or a variable; a node's name, op or family; the class
    of modules. A module may be many nodes, and so may a pattern with `*` or `?`; anything else is
    one. Errors: SelectionError, with the closest names where nothing is meant, and with the places
    where several are.
    """
    index = _with_id(graph, text)
    if index is not None:
        return frozenset({index})
    matches, several = _pattern(text), bool(re.search("[*?]", text))
    if found := _in_modules(graph, text):
        return frozenset(found)
    for names in _readings(graph):
        found = _called(names, matches)
        if len(found) > 1 and not several:
            raise SelectionError(_ambiguous(graph, text, sorted(found)))
        if found:
            return frozenset(found)
    if found := _in_calls(graph, [matches(call.kind) for call in graph.calls]):
        return frozenset(found)
    raise SelectionError(_unknown(graph, text))


def _with_id(graph: Graph, text: str) -> int | None:
    match = ID.fullmatch(text)
    if match is None:
        return None
    number = int(match["number"])
    if match["kind"] == "root":
        return graph.roots[number].node if number < len(graph.roots) else None
    known = graph.leaf_at() if match["kind"] == "leaf" else range(len(graph.nodes))
    return number if number in known else None


def _pattern(*texts: str) -> Matches:
    """Whether a name is one of the texts; in these `*` is anything and `?` any character."""
    # Brackets stand in names: params['w'], ws[0].
    patterns = [re.compile(translate(text.replace("[", "[[]"))) for text in texts]
    return lambda name: any(pattern.match(name) for pattern in patterns)


def _in_modules(graph: Graph, text: str) -> set[int]:
    """The nodes that ran in a module of this path; where nothing runs in it, its parameters."""
    inside = _pattern(text, f"{text}.*", f"{text}/*")
    found = _called([(node.module, node.index) for node in graph.nodes if node.module], inside)
    # A module that was made elsewhere runs inside the one that calls it, whatever its own path.
    found |= _in_calls(graph, [any(map(inside, names)) for names in _call_names(graph)])
    return found or _called(_leaf_names(graph), _pattern(f"{text}.*"))


def _call_names(graph: Graph) -> list[tuple[str, str]]:
    """The path of each call's module, for all of its calls, and with its number: `cell`, `cell#3`.

    Where the module's own path is not known its class follows the call around it.
    """
    names: list[tuple[str, str]] = []
    for call in graph.calls:
        plain, numbered = ("", "") if call.parent is None else names[call.parent]
        around = numbered if call.parent is not None and graph.calls[call.parent].number else plain
        path = call.module or (f"{around}/{call.kind}" if around else call.kind)
        names.append((path, f"{path}#{call.number}"))
    return names


def _in_calls(graph: Graph, wanted: list[bool]) -> set[int]:
    """The nodes inside the calls that are wanted."""
    inside: list[bool] = []
    for call, want in zip(graph.calls, wanted, strict=True):
        inside.append(want or (call.parent is not None and inside[call.parent]))
    return {node.index for node in graph.nodes if node.call is not None and inside[node.call]}


def _readings(graph: Graph) -> Iterator[list[Named]]:
    """What nodes are called, with the nodes, the likeliest first."""
    yield [(root.name, root.node) for root in graph.roots]
    variables = [(node.variable, node.index) for node in graph.nodes if node.variable]
    yield _leaf_names(graph) + variables
    operations = [(node, graph.operator_of(node)) for node in graph.nodes]
    yield [
        (name, node.index)
        for node, operator in operations
        for name in {node.name, operator.op, operator.family}
    ]


def _leaf_names(graph: Graph) -> list[Named]:
    return [(leaf.name, leaf.node) for leaf in graph.leaves if leaf.name]


def _called(names: list[Named], matches: Matches) -> set[int]:
    # Many nodes share a name, and it is matched once.
    wanted = {name for name in dict(names) if matches(name)}
    return {index for name, index in names if name in wanted}


def _ambiguous(graph: Graph, text: str, found: list[int]) -> str:
    leaves = graph.leaf_at()
    places = [_place(graph, graph.nodes[i], leaves.get(i)) for i in found[:MOST_PLACES]]
    more = len(found) - len(places)
    listed = ", ".join(places) + (f" and {more:,} more" if more else "")
    return f"{_quoted(text)} means {len(found):,} nodes: {listed}; give the id of one of them."


def _place(graph: Graph, node: Node, leaf: Leaf | None) -> str:
    if leaf is not None:
        return f"{node.id} (leaf {_short(leaf.name or 'without a name')})"
    source = graph.source_of(node)
    parts = [f"{_short(source.file)}:{source.line}"] if source else []
    parts += [f"in {_short(node.module)}"] if node.module else []
    return f"{node.id} ({' '.join(parts) or node.name})"


def _unknown(graph: Graph, text: str) -> str:
    if not text:
        return f"no name was given; {_advice(graph)}."
    if keeper := _keeper(graph, text):
        return (
            f"{_quoted(text)} is not in this graph, as no gradient goes to it; {keeper.id} "
            f"({keeper.name}) keeps it for backward: give {keeper.id}."
        )
    if near := _near(graph, text):
        meant = ", ".join(map(_short, near))
        return f"nothing in this graph is called {_quoted(text)}; did you mean {meant}?"
    return f"nothing in this graph is called {_quoted(text)}; {_advice(graph)}."


def _keeper(graph: Graph, variable: str) -> Node | None:
    """The first node that saved a tensor of this name: data, or a parameter that is frozen."""
    names = ((node, saved.variable) for node in graph.nodes for saved in node.saved)
    return next((node for node, name in names if name == variable), None)


def _advice(graph: Graph) -> str:
    last = len(graph.nodes) - 1
    told = f"give a node's id (n0 to n{last}), or the name of a module, leaf, variable or operation"
    if any(node.source is not None or node.module for node in graph.nodes):
        return told
    return f"{told} (recorded without source lines, it has no modules and no variables)"


def _near(graph: Graph, text: str) -> list[str]:
    if len(text) > LONGEST_COMPARED:
        return []
    names = {name.lower(): name for name in _all_names(graph) if len(name) <= LONGEST_COMPARED}
    return [names[key] for key in get_close_matches(text.lower(), sorted(names), MOST_NEAR)]


def _all_names(graph: Graph) -> Iterator[str]:
    for names in _readings(graph):
        yield from dict(names)
    for call, (path, numbered) in zip(graph.calls, _call_names(graph), strict=True):
        yield from (call.kind, path, *([numbered] if call.number else []))
    for module in {node.module for node in graph.nodes if node.module}:
        parts = re.split("([./])", module)
        yield from ("".join(parts[: end + 1]) for end in range(0, len(parts), 2))


def _short(name: str) -> str:
    return legible(name, LONGEST_NAME)


def _quoted(text: str) -> str:
    return f"'{_short(text)}'"
