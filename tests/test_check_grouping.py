"""One finding for each cause, the one that tells most, with the rest under `also`."""

from __future__ import annotations

from dataclasses import replace

from checking import (
    FILE,
    asked,
    code_at,
    graph,
    held,
    leaf,
    lesson,
    lost,
    recording,
)
from handmade import SCALAR, node

from graphview.check.consequences import Caused
from graphview.check.contract import GraphContract
from graphview.check.diagnoses import CODES as DIAGNOSES
from graphview.check.diagnoses import Diagnoses
from graphview.check.grouping import MOST, grouped, limited
from graphview.model.finding import Checked, Clause, Finding, Severity
from graphview.model.graph import Graph
from graphview.model.missing import Link

ALL = frozenset(code.code for code in DIAGNOSES)
KEPT = {
    "leaves": ["a", "b"],
    "operations": {"exactly": {"mul": 1, "add": 1, "pow": 1, "mean": 1}},
    "casts": "forbid",
}


def _codes(checked: Checked) -> list[tuple[str, list[str]]]:
    """Each cause with what comes of it."""
    return [(each.code, [also.code for also in each.also]) for each in checked.findings]


def test_a_contract_that_is_kept_lists_its_clauses() -> None:
    checked = held(recording({"loss": lesson()}), GraphContract("loss", asked(KEPT), line=4))
    assert checked.findings == ()
    assert checked.clauses == (
        Clause("lesson", "loss", "root", FILE, 4),
        Clause("lesson", "loss", "leaves", FILE, 5),
        Clause("lesson", "loss", "operations", FILE, 6),
        Clause("lesson", "loss", "casts", FILE, 7),
    )


def test_a_graph_that_two_parts_of_a_contract_speak_of_is_one_clause() -> None:
    parts = GraphContract("*", asked(KEPT), line=4), GraphContract("loss", asked(KEPT), line=9)
    checked = held(recording({"loss": lesson()}), *parts)
    assert [each.line for each in checked.clauses if each.key == "root"] == [4]


def test_one_cast_is_one_cause_in_all_graphs() -> None:
    graphs = {"yhat": lesson(cast=True), "loss": lesson(cast=True)}
    checked = held(recording(graphs), GraphContract("*", asked(KEPT)))
    (finding,) = checked.findings
    assert finding.code == "GV102"
    assert [(each.clause.graph, each.code) for each in finding.also] == [
        ("yhat", "GV103"),
        ("yhat", "GV110"),
        ("loss", "GV102"),
        ("loss", "GV103"),
        ("loss", "GV110"),
    ]
    assert len(checked.broken) == 4
    assert [(point.name, point.kind) for point in finding.path] == [
        ("loss", "root"),
        ("MeanBackward0", "operation"),
        ("PowBackward0", "operation"),
        ("AddBackward0", "operation"),
        ("ToCopyBackward0", "operation"),
    ]
    assert finding.path[-1].source == finding.source == lesson(cast=True).sources[0]


def test_the_way_to_a_leaf_ends_with_the_leaf() -> None:
    checked = held(recording({"loss": lesson()}), GraphContract("loss", asked({"frozen": ["b"]})))
    (finding,) = checked.findings
    assert [(point.name, point.kind) for point in finding.path[-2:]] == [
        ("MulBackward0", "operation"),
        ("b", "leaf"),
    ]


def test_what_went_with_a_lost_leaf_has_its_cause() -> None:
    """Without b there is no product either, and one leaf less."""
    of = graph(
        leaf(0),
        node(1, "AddBackward0", 0, None, source=0),
        node(2, "PowBackward0", 1, source=1),
        node(3, "MeanBackward0", 2, source=1),
        leaves={0: "a"},
        sources=(code_at(20), code_at(22)),
    )
    cut = lost("b", "cut", by="detach", source=code_at(19), trail=(Link("MulBackward0", None),))
    keys = KEPT | {
        "leaves": {"require": ["a", "b"], "count": 2},
        "path": "b -> loss",
        "parameters": "all-reach",
    }
    checked = held(
        recording({"loss": of}, cut),
        GraphContract("loss", asked(keys)),
        diagnoses=Diagnoses(ALL),
    )
    assert _codes(checked) == [("GV102", ["GV104", "GV110", "GV118", "GV106", "GV204"])]
    (finding,) = checked.findings
    assert finding.source == code_at(19)
    assert [point.name for point in finding.path] == ["detach", "MulBackward0", "b"]


def test_two_lost_leaves_leave_it_open_what_went_with_which() -> None:
    keys = {"leaves": {"require": ["c", "d"], "count": 4}}
    seen = recording({"loss": lesson()}, lost("c", "frozen"), lost("d", "unused"))
    checked = held(seen, GraphContract("loss", asked(keys)))
    assert _codes(checked) == [("GV102", []), ("GV102", []), ("GV104", [])]


def test_all_that_is_frozen_is_one_cause_and_each_unused_layer_its_own() -> None:
    names = {"net.a.weight": "frozen", "net.b.weight": "frozen"}
    unused = {"net.c.weight": "unused", "net.c.bias": "unused", "net.d.weight": "unused"}
    missing = [lost(name, reason) for name, reason in (names | unused).items()]
    seen = recording({"loss": lesson()}, *missing)
    checked = held(seen, GraphContract("loss", asked({"parameters": "all-reach"})))
    assert [len(each.each()) for each in checked.findings] == [2, 2, 1]


def test_a_module_that_is_trained_by_mistake_is_one_cause() -> None:
    names = ["net.back.0.weight", "net.back.1.weight", "net.head.weight"]
    layers = (leaf(0), leaf(1), leaf(2), node(3, "AddmmBackward0", 0, 1, 2))
    of = graph(*layers, leaves=dict(enumerate(names)))
    keys = {"frozen": ["net.back.*"], "leaves": {"only": ["net.out.*"]}}
    checked = held(recording({"loss": of}), GraphContract("loss", asked(keys)))
    assert _codes(checked) == [("GV105", ["GV105", "GV103", "GV103"]), ("GV103", [])]


def test_a_renamed_module_is_one_cause_for_all_clauses() -> None:
    layers = (leaf(0), leaf(1), node(2, "AddmmBackward0", 0, 1, source=0))
    names = {0: "net.head.weight", 1: "net.head.bias"}
    of = graph(*layers, leaves=names, sources=(code_at(9),))
    keys = {
        "leaves": ["net.heads.weight", "net.heads.bias"],
        "path": "net.heads.* -> loss",
        "shapes": {"net.heads.weight": [80, 1]},
    }
    checked = held(recording({"loss": of}), GraphContract("loss", asked(keys)))
    assert _codes(checked) == [("GV102", ["GV102", "GV103", "GV103", "GV118", "GV120"])]
    assert checked.findings[0].source == code_at(9)


def test_a_layer_that_was_inserted_is_one_cause() -> None:
    keys = {
        "leaves": {"only": ["a"], "count": 1},
        "operations": {"require": {"mul": 0}},
    }
    checked = held(recording({"loss": lesson()}), GraphContract("loss", asked(keys)))
    assert _codes(checked) == [("GV103", ["GV104", "GV109"])]


def test_layers_that_differ_by_a_number_went_for_one_reason() -> None:
    names = ["net.h.0.ln.weight", "net.h.1.ln.weight", "net.h.1.ln.bias", "net.h.0.fc.weight"]
    seen = recording({"loss": lesson()}, *(lost(name, "unused") for name in names))
    checked = held(seen, GraphContract("loss", asked({"parameters": "all-reach"})))
    assert [len(each.each()) for each in checked.findings] == [3, 1]


def test_what_is_lost_for_no_known_reason_is_told_for_each_clause() -> None:
    keys = {
        "leaves": {"count": 3},
        "operations": {"require": {"softmax": 1, "bmm": 1}},
    }
    checked = held(recording({"loss": lesson()}), GraphContract("loss", asked(keys)))
    assert _codes(checked) == [("GV104", []), ("GV107", ["GV107"])]


def test_at_most_twenty_of_a_kind_are_told() -> None:
    missing = [lost(f"net.w{number}", "frozen") for number in range(50)]
    other = lost("net.last", "unused")
    seen = recording({"loss": lesson()}, *missing, other)
    checked = held(seen, GraphContract("loss", asked({"parameters": "all-reach"})))
    frozen, unused = checked.findings
    assert len(frozen.each()) + len(unused.each()) == MOST + 1
    assert frozen.also[-1].message == "and 31 more"
    # The cause that came last is not among those that are only counted.
    assert unused.message == "`net.last` gets no gradient: no operation takes it"


def _finding(number: int, code: str = "GV111", severity: Severity = "error") -> Finding:
    return Finding(code, "cast", severity, Clause("lesson", "loss", "casts"), f"number {number}")


def test_what_has_many_causes_is_counted_once_at_the_end() -> None:
    found = limited(Caused(_finding(number), number) for number in range(30))
    heads = grouped(found)
    assert len(heads) == MOST + 1
    assert heads[-1].message == "and 10 more"


def test_the_worst_come_first_and_lead_their_group() -> None:
    note, error = _finding(0, severity="note"), _finding(1, "GV115")
    alone = _finding(2, severity="warning")
    heads = grouped([Caused(alone), Caused(note, "x"), Caused(error, "x")])
    assert [(head.message, head.severity) for head in heads] == [
        ("number 1", "error"),
        ("number 2", "warning"),
    ]
    assert heads[0].also == (note,)


def test_the_one_that_has_a_line_leads_then_the_one_that_tells_most() -> None:
    count, leaf_, cast = (_finding(n, code) for n, code in enumerate(("GV104", "GV102", "GV111")))
    placed = replace(cast, source=code_at(9))
    (head,) = grouped([Caused(each, "x") for each in (count, leaf_, placed)])
    assert (head.code, [each.code for each in head.also]) == ("GV111", ["GV104", "GV102"])
    (head,) = grouped([Caused(each, "x") for each in (count, leaf_, cast)])
    assert (head.code, [each.code for each in head.also]) == ("GV102", ["GV104", "GV111"])


def test_a_root_that_is_missing_says_why() -> None:
    cut = lost("loss", "cut", kind="root", by="argmax", source=code_at(9))
    checked = held(
        recording({}, cut),
        GraphContract("loss", asked(KEPT), line=4),
        GraphContract("yhat"),
        diagnoses=Diagnoses(ALL),
    )
    assert _codes(checked) == [("GV101", ["GV210"]), ("GV101", [])]
    first, second = checked.findings
    assert first.message == "`loss` has no graph: cut by argmax at lesson.py:9"
    assert second.message == "there is no graph of `yhat`"
    assert [clause.key for clause in checked.clauses] == ["root", "root", "diagnoses"]


def test_a_graph_is_found_by_any_of_its_roots() -> None:
    contract = GraphContract("loss", asked({"max-nodes": 1}))
    (finding,) = held(recording({"out, loss": lesson()}), contract).findings
    assert (finding.code, finding.clause.graph) == ("GV113", "out, loss")


def test_a_root_under_another_name_is_a_suspect() -> None:
    seen = recording({"loss": lesson()})
    renamed, inner = held(seen, GraphContract("losses"), GraphContract("yhat")).findings
    assert renamed.hint == "Suspect: it is now called `loss`."
    assert inner.hint == "`yhat` is a variable in the graph of `loss`, no root."


def test_a_level_of_the_rules_comes_before_all_others() -> None:
    seen = recording({"loss": lesson()}, lost("c", "frozen"))
    keys = asked({"max-nodes": 1, "max-depth": 1})
    checked = held(
        seen,
        GraphContract("loss", keys),
        severities={"GV113": None, "GV114": "warning", "GV201": "error"},
        diagnoses=Diagnoses(ALL, "warning"),
    )
    assert [(each.code, each.severity) for each in checked.findings] == [
        ("GV201", "error"),
        ("GV114", "warning"),
    ]
    assert [clause.key for clause in checked.clauses] == [
        "root",
        "max-depth",
        "diagnoses",
    ]


def test_a_diagnosis_has_its_own_level_unless_another_is_asked_for() -> None:
    seen = recording({}, lost("c", "frozen"), lost("d", "unused"))
    assert [each.severity for each in held(seen, diagnoses=Diagnoses(ALL)).findings] == [
        "warning",
        "note",
    ]
    only = held(seen, diagnoses=Diagnoses(frozenset({"GV202"}), "error"))
    assert [(each.code, each.severity) for each in only.findings] == [("GV202", "error")]
    assert held(seen).findings == ()


def test_on_a_device_other_numbers_are_asked() -> None:
    contract = GraphContract("loss", asked({"max-nodes": 1}), {"cuda": asked({"max-nodes": 9})})
    assert held(recording({"loss": lesson()}), contract).count("error") == 1
    assert held(recording({"loss": lesson()}, device="cuda:0"), contract).findings == ()


def test_a_way_of_any_length_can_be_shown() -> None:
    chain = [leaf(0), *(node(index, "MulBackward0", index - 1) for index in range(1, 5000))]
    of = _of_scalar(graph(*chain, leaves={0: "w"}))
    (finding,) = held(
        recording({"loss": of}), GraphContract("loss", asked({"frozen": "w"}))
    ).findings
    assert len(finding.path) == 200
    assert finding.path[100].name == "4,802 more operations"
    assert finding.path[-1].name == "w"


def _of_scalar(of: Graph) -> Graph:
    return replace(of, roots=(replace(of.roots[0], tensor=SCALAR),))
