"""A card for each leaf, operation and root: all that is known of it, in the order of reading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphview.draw.operands import operand
from graphview.explain import kind_words, operation_words
from graphview.model.graph import (
    Attribute,
    Edge,
    Formula,
    Graph,
    Leaf,
    Node,
    Root,
    SavedTensor,
    Source,
    TensorInfo,
    node_id,
    root_id,
    shape_text,
)
from graphview.model.run import TrainingRun
from graphview.report.evidence import Fact
from graphview.report.given import is_given
from graphview.report.identity import Keys
from graphview.report.numbers import listed, number, size

Leaves = Mapping[int, Leaf]
# As many are named of those for which a node was recorded.
MOST_LEAVES = 5


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A card that another one leads to."""

    key: str
    name: str


@dataclass(slots=True)
class Card:
    """What the page says of one node. `graphs` are those in which it stands.

    `here` says why it is in this graph. `numbers` are those of the backward pass, and `wrong` says
    what is not well with them; `made_from` and `goes_to` are its neighbours in any graph, along the
    arrows.
    """

    key: str
    kind: str
    kind_title: str
    name: str
    what: str
    here: str | None = None
    mathematics: str | None = None
    backward: str | None = None
    formulas: tuple[Formula, ...] = ()
    schema: str | None = None
    facts: list[Fact] = field(default_factory=list)
    source: Source | None = None
    opaque: str | None = None
    graphs: list[str] = field(default_factory=list)
    numbers: Sequence[Fact] = ()
    wrong: Sequence[str] = ()
    made_from: list[Neighbour] = field(default_factory=list)
    goes_to: list[Neighbour] = field(default_factory=list)


def cards(
    graphs: Mapping[str, Graph],
    keys: Mapping[str, Keys],
    run: TrainingRun | None,
    numbers: Mapping[str, Sequence[Fact]] | None = None,
    others: Mapping[str, Graph] | None = None,
) -> list[Card]:
    """One card for each key, in the order in which the forward pass made things.

    `numbers` are the facts of a backward pass, by key. What `others` have besides gets a card too;
    the card of what `graphs` have already tells nothing of them.
    """
    found: dict[str, Card] = {}
    _add(found, graphs, keys, run)
    _add(found, others or {}, keys, run, known=set(found))
    for key, facts in (numbers or {}).items():
        _add_numbers(found[key], facts, run)
    return list(found.values())


def _add(
    found: dict[str, Card],
    graphs: Mapping[str, Graph],
    keys: Mapping[str, Keys],
    run: TrainingRun | None,
    known: Collection[str] = (),
) -> None:
    for name, graph in graphs.items():
        for key, card in _cards_of(graph, keys[name], run):
            told = found.setdefault(key, card)
            if key not in known and name not in told.graphs:
                told.graphs.append(name)
    for name, graph in graphs.items():
        for producer, user in _arrows(graph, keys[name]):
            _introduce(found[producer], found[user], known)


def _arrows(graph: Graph, keys: Keys) -> Iterator[tuple[str, str]]:
    for leaf in graph.leaves:
        yield keys[leaf.id], keys[node_id(leaf.node)]
    for producer, user in graph.edges():
        yield keys[node_id(producer)], keys[node_id(user)]
    for position, root in enumerate(graph.roots):
        yield keys[node_id(root.node)], keys[root_id(position)]


def _introduce(producer: Card, user: Card, known: Collection[str]) -> None:
    to, made_from = Neighbour(user.key, user.name), Neighbour(producer.key, producer.name)
    if producer.key not in known and to not in producer.goes_to:
        producer.goes_to.append(to)
    if user.key not in known and made_from not in user.made_from:
        user.made_from.append(made_from)


def _add_numbers(card: Card, facts: Sequence[Fact], run: TrainingRun | None) -> None:
    # The run's first epoch has the same numbers of its parameters, and says more of them.
    known = card.kind == "leaf" and run is not None and card.name in run.parameters
    card.numbers = () if known else facts


def _cards_of(graph: Graph, keys: Keys, run: TrainingRun | None) -> list[tuple[str, Card]]:
    leaves = graph.leaf_at()
    made, reached = [], _reached_leaves(graph, leaves)
    for node in graph.nodes:
        leaf = leaves.get(node.index)
        if leaf is not None:
            made.append(_leaf_card(keys[leaf.id], leaf, run))
            made.append(_accumulate_card(keys[node.id], node, leaf))
        else:
            made.append(_operation_card(keys[node.id], graph, node, leaves, reached))
    for position, root in enumerate(graph.roots):
        made.append(_root_card(keys[root_id(position)], graph, root))
    return [(card.key, card) for card in made]


def _leaf_card(key: str, leaf: Leaf, run: TrainingRun | None) -> Card:
    words, name = kind_words("leaf"), leaf.name or "an unnamed leaf"
    facts = [*_tensor_facts(leaf.tensor), ("memory", size(leaf.bytes))]
    if run is not None and leaf.name in run.parameters:
        first, gradient = run.parameters[leaf.name][0], run.gradients[leaf.name][0]
        facts.append(("value in epoch 0", number(first)))
        facts.append(("its .grad after backward in epoch 0", number(gradient)))
        facts.append(("value after training", number(run.parameters[leaf.name][-1])))
    return Card(key, "leaf", words.title, name, words.what, facts=facts)


def _accumulate_card(key: str, node: Node, leaf: Leaf) -> Card:
    words = kind_words("accumulate")
    name = f"AccumulateGrad of {leaf.name or 'an unnamed leaf'}"
    return Card(
        key,
        "accumulate",
        "Bookkeeping",
        name,
        f"{words.what} {words.why}",
        mathematics="leaf.grad  ←  leaf.grad + g",
        facts=_tensor_facts(node.outputs[0]) if node.outputs else [],
    )


def _root_card(key: str, graph: Graph, root: Root) -> Card:
    words, node = kind_words("root"), graph.nodes[root.node]
    facts = [*_tensor_facts(root.tensor), ("made by", node.name)]
    source = graph.source_of(node)
    # A tensor of shape (1) or (1, 1) is a single number too.
    single = set(root.tensor.shape or ()) <= {1} and root.tensor.shape is not None
    what = f"{words.what} {words.why}" if single else (
        f"{words.what} backward() itself needs a single number to start from, and {root.name} has "
        f"shape {shape_text(root.tensor.shape)}: call it on a number made of it, such as a loss."
    )  # fmt: skip
    return Card(key, "root", words.title, root.name, what, facts=facts, source=source)


def _operation_card(
    key: str, graph: Graph, node: Node, leaves: Leaves, reached: list[list[str]]
) -> Card:
    operator = graph.operator_of(node)
    words = operation_words(operator)
    return Card(
        key,
        "operation",
        kind_words("operation").title,
        node.name,
        words.what,
        _here(graph, node, reached) or None,
        mathematics=words.mathematics,
        backward=words.backward,
        formulas=operator.formulas,
        schema=operator.schema,
        facts=_operation_facts(graph, node, leaves),
        source=graph.source_of(node),
        opaque=operator.opaque,
    )


def _here(graph: Graph, node: Node, reached: list[list[str]]) -> str:
    """Why autograd recorded this operation, and which inputs it need not follow."""
    wanted: dict[str, None] = {}
    for edge in node.inputs:
        wanted |= dict.fromkeys(reached[edge.node] if edge.node is not None else ())
    verb = "needs" if len(wanted) == 1 else "need"
    text = f"Recorded because {listed(_few(list(wanted)))} {verb} a gradient." if wanted else ""
    stops = [
        _constant(graph, node, edge.argument) for edge in _inputs(graph, node) if edge.node is None
    ]
    return " ".join(filter(None, [text, *stops]))


def _few(names: list[str]) -> list[str]:
    """A deep node needs all the leaves of its network."""
    if len(names) <= MOST_LEAVES:
        return names
    return [*names[: MOST_LEAVES - 1], f"{len(names) - MOST_LEAVES + 1:,} more"]


def _inputs(graph: Graph, node: Node) -> list[Edge]:
    """Those of a node, without what is known to be missing."""
    return [
        edge
        for edge in node.inputs
        if edge.node is not None or is_given(graph, node, edge.argument) is not False
    ]


def _constant(graph: Graph, node: Node, argument: str | None) -> str:
    # An operation keeps an input only if another input's derivative needs it.
    kept = (saved.variable for saved in node.saved if saved.name == argument and saved.variable)
    known = next(kept, None) or operand(graph, node, argument)
    name = known or (f"Its input {argument}" if argument else "One of its inputs")
    doubt = ", if it was given," if is_given(graph, node, argument) is None else ""
    return f"{name}{doubt} does not, so no arrow comes from it."


def _reached_leaves(graph: Graph, leaves: Leaves) -> list[list[str]]:
    """For each node, the names of the leaves that backward from it would fill."""
    reached: list[dict[str, None]] = []
    for node in graph.nodes:
        leaf = leaves.get(node.index)
        own = {leaf.name or "an unnamed leaf": None} if leaf else {}
        for edge in node.inputs:
            own |= reached[edge.node] if edge.node is not None else {}
        reached.append(own)
    return [list(names) for names in reached]


def _tensor_facts(tensor: TensorInfo) -> list[Fact]:
    return [
        ("shape", shape_text(tensor.shape)),
        ("dtype, device", f"{tensor.dtype} on {tensor.device}"),
    ]


def _operation_facts(graph: Graph, node: Node, leaves: Leaves) -> list[Fact]:
    facts = [("operation", graph.operator_of(node).op)]
    facts += [("result", node.variable)] if node.variable else []
    facts += _tensor_facts(node.outputs[0]) if node.outputs else []
    facts += [_input_fact(graph, node, edge, leaves) for edge in _inputs(graph, node)]
    # `self_sym_sizes` and its like repeat the shapes of the inputs.
    facts += [
        (name, _plain(name, value)) for name, value in node.attributes.items() if "sym" not in name
    ]
    facts += [("keeps for backward", text) for text in map(_saved, node.saved)]
    facts += [("module", node.module)] if node.module else []
    return facts


def _input_fact(graph: Graph, node: Node, edge: Edge, leaves: Leaves) -> Fact:
    label = f"input {edge.argument}" if edge.argument else "input"
    if edge.node is None:
        given = is_given(graph, node, edge.argument)
        return label, "needs no gradient" if given else "needs no gradient, or was not given"
    leaf = leaves.get(edge.node)
    if leaf is not None:
        return label, leaf.name or "an unnamed leaf"
    return label, f"from {graph.nodes[edge.node].name}"


def _saved(saved: SavedTensor) -> str:
    name = f"{saved.name} ({saved.variable})" if saved.variable else saved.name
    if saved.status != "kept" or saved.tensor is None:
        return f"{name}: {saved.status}"
    shared = "" if saved.bytes else ", memory shared with another"
    weight = f", {size(saved.bytes)}" if saved.bytes else shared
    return f"{name}: {shape_text(saved.tensor.shape)} {saved.tensor.dtype}{weight}"


def _plain(name: str, value: Attribute) -> str:
    # Torch numbers the reductions of a loss as its C++ does.
    if name == "reduction" and value in (0, 1, 2):
        return ("none", "mean", "sum")[int(str(value))]
    return "none" if value is None else str(value)
