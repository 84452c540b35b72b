"""A contract made of what a graph has is kept; whatever changes in the graph breaks a clause."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import Any

import handmade
import pytest
from checking import ENVIRONMENT, FILE, RULE_OF, asked, graph, held, leaf, recording
from hypothesis import given
from hypothesis import strategies as st

from graphview.check.contract import GraphContract
from graphview.check.patterns import Patterns
from graphview.check.rule import Case
from graphview.check.value import Value
from graphview.errors import ContractError
from graphview.model.graph import ACCUMULATE, Edge, Graph, Leaf, Node

RULES = sorted(RULE_OF)
MUTATIONS = ("operation", "leaf gone", "leaf new", "dtype", "device", "shape", "node", "name")


def _depth(of: Graph, index: int) -> int:
    """The longest path to a node, slowly."""
    node = of.nodes[index]
    before = [_depth(of, edge.node) for edge in node.inputs if edge.node is not None]
    return max(before, default=0) + (node.name != ACCUMULATE)


def _contract(of: Graph) -> dict[str, Any]:
    """All that can be asked of this graph, as strictly as can be."""
    names = [leaf.name for leaf in of.leaves]
    families = Counter(of.operator_of(node).family for node in of.operations)
    shapes = {leaf.name: list(leaf.tensor.shape or ()) for leaf in of.leaves}
    return {
        "leaves": names,
        "parameters": "all-reach",
        "operations": {"exactly": dict(families)},
        "casts": "forbid",
        "devices": "one",
        "max-nodes": len(of.nodes),
        "max-depth": max(_depth(of, node.index) for node in of.nodes),
        "max-saved": of.saved_bytes,
        "opaque": "forbid",
        "custom-functions": "forbid",
        "path": [f"{names[0]} -> {names[0]}"],
        "shapes": shapes | {root.name: list(root.tensor.shape or ()) for root in of.roots},
    }


def _broken(keys: dict[str, Any], of: Graph) -> set[str]:
    checked = held(recording({"loss": of}), GraphContract("loss", asked(keys)))
    return {clause.key for clause in checked.broken}


@given(handmade.graphs())
def test_a_contract_made_of_a_graph_is_kept(of: Graph) -> None:
    assert _broken(_contract(of), of) == set()


@given(handmade.graphs(), st.sampled_from(MUTATIONS), st.data())
def test_any_mutation_breaks_the_clause_that_covers_it(
    of: Graph, mutation: str, data: st.DataObject
) -> None:
    keys = _contract(of)
    operations = of.operations
    if mutation in ("operation", "dtype", "device") and not operations:
        return
    node = data.draw(st.sampled_from(operations)) if operations else of.nodes[0]
    one = data.draw(st.sampled_from(of.leaves))
    changed, broken = _mutated(of, mutation, node, one)
    assert broken <= _broken(keys, changed)


def _mutated(of: Graph, mutation: str, node: Node, one: Leaf) -> tuple[Graph, set[str]]:
    """The graph with one change, and the clauses that must see it."""
    (tensor,) = node.outputs
    if mutation == "operation":
        return _with(of, replace(node, name="MulBackward0", operator="MulBackward0")), {
            "operations"
        }
    if mutation == "dtype":
        return _with(of, replace(node, outputs=(replace(tensor, dtype="float64"),))), {"casts"}
    if mutation == "device":
        return _with(of, replace(node, outputs=(replace(tensor, device="cuda:0"),))), {"devices"}
    if mutation == "leaf gone":
        return _without(of, one), {"leaves", "shapes"}
    if mutation == "name":
        return _renamed(of, one, f"{one.name}.other"), {"leaves", "shapes"}
    if mutation == "shape":
        wide = replace(one, tensor=replace(one.tensor, shape=(81, 1)))
        leaves = tuple(wide if each is one else each for each in of.leaves)
        return replace(of, leaves=leaves), {"shapes"}
    return _with_more(of, is_leaf=mutation == "leaf new")


def _with(of: Graph, node: Node) -> Graph:
    return replace(of, nodes=tuple(node if n.index == node.index else n for n in of.nodes))


def _without(of: Graph, gone: Leaf) -> Graph:
    """The graph as it is with this leaf detached; its AccumulateGrad is no longer reached."""
    nodes = tuple(
        replace(
            node,
            inputs=tuple(Edge(None, None) if e.node == gone.node else e for e in node.inputs),
        )
        for node in of.nodes
    )
    return replace(of, nodes=nodes, leaves=tuple(each for each in of.leaves if each is not gone))


def _renamed(of: Graph, one: Leaf, name: str) -> Graph:
    leaves = tuple(replace(each, name=name) if each is one else each for each in of.leaves)
    return replace(of, leaves=leaves)


def _with_more(of: Graph, *, is_leaf: bool) -> tuple[Graph, set[str]]:
    index = len(of.nodes)
    if is_leaf:
        new = replace(of, leaves=(*of.leaves, Leaf(index, "new", handmade.ROW)))
        node = handmade.node(index, ACCUMULATE)
        return replace(new, nodes=(*of.nodes, node)), {"leaves", "max-nodes"}
    node = handmade.node(index, "AddmmBackward0", index - 1)
    return replace(of, nodes=(*of.nodes, node)), {"operations", "max-nodes"}


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 1 << 70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["all-reach", "forbid", "one", "a -> b", "* -> *", "float32 -> *", "[", "**"])
)
WORDS = st.sampled_from(
    ["require", "only", "forbid", "count", "exactly", "loss", "select", "h", "*"]
)
RAW = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(RULES), RAW)
def test_any_value_is_refused_or_can_be_checked(key: str, raw: Any) -> None:
    rule, of = RULE_OF[key], handmade.model()
    try:
        spec = rule.read(Value(raw, key, FILE, 7))
    except ContractError as error:
        assert str(error).startswith(f"{FILE}:7: {key}")
        return
    for found in rule.check(spec, Case("loss", of, recording({"loss": of}))):
        assert found.code in rule.CODES or found.code.code == "GV121"
        assert found.message
        assert found.node is None or 0 <= found.node < len(of.nodes)


@given(st.text(max_size=12))
def test_a_name_written_out_matches_itself(name: str) -> None:
    assert Patterns((name,)).match(name)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("ws[0].*", "ws[0].weight", True),
        ("h.[01].w", "h.1.w", True),
        ("h.[01].w", "h.2.w", False),
        ("params['w']", "params['w']", True),
        ("*", "", True),
        ("a", "A", False),
        ("a?", "a", False),
        ("a", "ab", False),
    ],
)
def test_what_patterns_match(pattern: str, name: str, matches: bool) -> None:
    assert Patterns((pattern,)).match(name) is matches


def test_100_000_nodes_are_checked_in_seconds() -> None:
    """1,000 layers with a weight each and 98 operations; every rule, most of them broken."""
    of = _deep(1_000, 98)
    names = [each.name for each in of.leaves]
    keys = _contract_of_deep(names)
    assert ENVIRONMENT.device == "cpu"
    start = time.process_time()
    broken = _broken(keys, of)
    seconds = time.process_time() - start
    assert broken == set(keys) - {"parameters", "opaque", "custom-functions", "devices", "casts"}
    # Some 2 s on a slow core; what grows with the square takes minutes.
    assert seconds < 20


def _contract_of_deep(names: list[str | None]) -> dict[str, Any]:
    return {
        "leaves": [f"{name}.old" for name in names],
        "frozen": ["h.*"],
        "parameters": "all-reach",
        "operations": {"exactly": {"mul": 3}, "forbid": ["addmm"], "require": ["softmax"]},
        "casts": "forbid",
        "devices": "one",
        "max-nodes": 10,
        "max-depth": 10,
        "max-saved": 10,
        "opaque": "forbid",
        "custom-functions": "forbid",
        "path": [f"gone{number}.* -> loss" for number in range(20)],
        "no-path": "h.* -> loss",
        "shapes": {"h.*": [1, 2]},
    }


def _deep(layers: int, operations: int) -> Graph:
    nodes: list[Node] = []
    leaves: dict[int, str | None] = {}
    saved = (handmade.SavedTensor("other", "kept", handmade.ROW, 320),)
    for layer in range(layers):
        leaves[len(nodes)] = f"h.{layer}.weight"
        weight = leaf(len(nodes))
        before = (len(nodes) - 1,) if nodes else ()
        nodes += [weight, handmade.node(len(nodes) + 1, "AddmmBackward0", len(nodes), *before)]
        for _ in range(operations):
            nodes.append(handmade.node(len(nodes), "MulBackward0", len(nodes) - 1, saved=saved))
    return graph(*nodes, leaves=leaves)
