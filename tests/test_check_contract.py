"""Reading a contract: what is in it, and one sentence with the line for what should not be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphview.check.contract import Asked, Contract, GraphContract
from graphview.check.rules import CODES, RULES
from graphview.check.toml import LARGEST, find_contract, read_contract
from graphview.check.value import quoted
from graphview.errors import ContractError

WHOLE = """\
schema = 1

[rules]
GV116 = "warn"
leaf-missing = "off"
GV103 = "error"

[targets.train]
subject = "train.py"
device = "cpu"
seed = 7
arguments = ["--epochs", ""]
max-steps = 2

[targets.train.graphs.loss]
max-nodes = 10
max-depth = 5
[targets.train.graphs.loss.on.cuda]
max-nodes = 20
[targets.train.graphs."*"]

[targets.lesson]
"""


def _read(folder: Path, text: str | bytes, name: str = "graphview.toml") -> Contract:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_contract(file)


def _refusal(folder: Path, text: str | bytes, name: str = "graphview.toml") -> str:
    """What is said of a contract, without the folder."""
    with pytest.raises(ContractError) as error:
        _read(folder, text, name)
    return str(error.value).replace(f"{folder / name}", name)


def test_all_that_a_contract_says_is_read(tmp_path: Path) -> None:
    contract = _read(tmp_path, WHOLE)
    assert contract.file == str(tmp_path / "graphview.toml")
    assert contract.severities == {"GV116": "warning", "GV102": None, "GV103": "error"}
    train, lesson = contract.targets
    assert (train.name, train.subject, train.device, train.seed) == ("train", "train.py", "cpu", 7)
    assert (train.arguments, train.max_steps, train.line) == (("--epochs", ""), 2, 8)
    assert (lesson.name, lesson.subject, lesson.device, lesson.seed) == ("lesson", None, None, 0)
    assert (lesson.arguments, lesson.max_steps, lesson.graphs) == ((), None, ())
    assert (lesson.diagnoses, lesson.line) == (None, 22)
    loss, every = train.graphs
    assert (loss.root, loss.line, every.root, every.line) == ("loss", 15, "*", 20)
    assert [(each.rule.KEY, each.file, each.line) for each in loss.asked] == [
        ("max-nodes", contract.file, 16),
        ("max-depth", contract.file, 17),
    ]
    assert [(each.rule.KEY, each.line) for each in loss.on["cuda"]] == [("max-nodes", 19)]


def test_pyproject_has_the_same_keys(tmp_path: Path) -> None:
    text = WHOLE.replace("[targets", "[tool.graphview.targets").replace(
        "[rules", "[tool.graphview.rules"
    )
    contract = _read(tmp_path, f"[project]\nname = 'x'\n[tool.graphview]\n{text}", "pyproject.toml")
    assert [target.name for target in contract.targets] == ["train", "lesson"]
    assert contract.targets[0].line == 11
    assert contract.targets[0].graphs[0].asked[0].line == 19


def test_on_a_device_its_own_keys_stand_in_place_of_the_others() -> None:
    nodes, depth, saved = (
        Asked(rule, rule.KEY, "graphview.toml", None)
        for rule in RULES
        if rule.KEY in ("max-nodes", "max-depth", "max-saved")
    )
    on_cuda = Asked(nodes.rule, "more", "graphview.toml", None)
    graph = GraphContract("loss", (nodes, depth), {"cuda": (saved, on_cuda)})
    assert graph.for_device("cpu") == (nodes, depth)
    assert graph.for_device("cuda") == graph.for_device("cuda:1") == (on_cuda, depth, saved)


TARGET = "schema = 1\n[targets.t]\n"
GRAPH = "schema = 1\n[targets.t.graphs.loss]\n"
REFUSED = {
    "no schema": ("[targets.t]", ": schema is missing; write schema = 1."),
    "another schema": (
        "# new\nschema = 2",
        ":2: schema is 2, and this graphview reads schema 1.",
    ),
    "a schema of another kind": (
        "schema = '1'",
        ':1: schema must be a whole number, and is "1".',
    ),
    "almost a key": (
        "schema = 1\n[target.t]",
        ":2: target is unknown; did you mean targets?",
    ),
    "unknown key": (
        "schema = 1\nx = 1",
        ":2: x is unknown; there are schema, rules and targets.",
    ),
    "targets are none": (
        "schema = 1\ntargets = []",
        ":2: targets must be a table, and is a list.",
    ),
    "a target is none": (
        "schema = 1\n[targets]\nt = 't.py'",
        ':3: targets.t must be a table, and is "t.py".',
    ),
    "almost a key of a target": (
        f"{TARGET}argument = []",
        ":3: targets.t.argument is unknown; did you mean arguments?",
    ),
    "subject": (f"{TARGET}subject = 1", ":3: targets.t.subject must be a text, and is 1."),
    "empty subject": (f"{TARGET}subject = ''", ":3: targets.t.subject is an empty text."),
    "seed": (
        f"{TARGET}seed = -1",
        ":3: targets.t.seed is -1, and must be at least 0.",
    ),
    "large seed": (
        f"{TARGET}seed = 0x{'f' * 5000}",
        ":3: targets.t.seed is too large for a seed.",
    ),
    "arguments": (
        f"{TARGET}arguments = '--epochs 1'",
        ':3: targets.t.arguments must be a list, and is "--epochs 1".',
    ),
    "an argument": (
        f"{TARGET}arguments = [\n'--epochs',\n1]",
        ":5: targets.t.arguments[1] must be a text, and is 1.",
    ),
    "max-steps": (
        f"{TARGET}max-steps = 0",
        ":3: targets.t.max-steps is 0, and must be at least 1.",
    ),
    "almost a rule": (
        f"{GRAPH}max-node = 1",
        ":3: targets.t.graphs.loss.max-node is unknown; did you mean max-nodes?",
    ),
    "unknown rule": (f"{GRAPH}\nxyz = 1", ":4: targets.t.graphs.loss.xyz is unknown."),
    "a rule's own": (
        f"{GRAPH}max-nodes = 'many'",
        ':3: targets.t.graphs.loss.max-nodes must be a whole number, and is "many".',
    ),
    "a key on a device": (
        f"{GRAPH}on.cuda = {{ max-saved = '1 Gb' }}",
        ':3: targets.t.graphs.loss.on.cuda.max-saved has the unknown unit "Gb"; did you mean GB?',
    ),
    "almost a key on a device": (
        f"{GRAPH}[targets.t.graphs.loss.on.cuda]\n\nleafs = []",
        ":5: targets.t.graphs.loss.on.cuda.leafs is unknown; did you mean leaves?",
    ),
    "a code": (
        "schema = 1\n[rules]\nxyz = 'off'",
        ":3: rules.xyz is no code or name of a finding.",
    ),
    "a name": (
        "schema = 1\n[rules]\nleaf-mising = 'off'",
        ":3: rules.leaf-mising is no code or name of a finding; did you mean leaf-missing?",
    ),
    "a level": (
        "schema = 1\nrules.GV102 = 'warning'",
        ':2: rules.GV102 is "warning"; did you mean warn?',
    ),
    "a code twice": (
        "schema = 1\n[rules]\nGV102 = 'off'\nleaf-missing = 'warn'",
        ":4: rules.leaf-missing is GV102, of which something is said already.",
    ),
    "no TOML": (
        "schema = 1\n\nleaves",
        ":3: this is no TOML: expected '=' after a key in a key/value pair.",
    ),
    "no TOML to the end": (
        "schema = 1\nx = [\n\n",
        ":2: this is no TOML: invalid value.",
    ),
    "a number of thousands of digits": (
        f"schema = {'1' * 5000}",
        " has a number that is too long to be read.",
    ),
    "no UTF-8": (b"schema = 1\n# caf\xe9", ":2: this is not UTF-8, as TOML is."),
    "nested": (
        f"x = {'[' * 99_000}",
        " is nested too deeply to be read.",
    ),
    "large": (
        b"#" * (LARGEST + 1),
        " is larger than any contract: more than 1 MiB.",
    ),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_one_sentence_with_the_line(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    assert _refusal(tmp_path, text) == f"graphview.toml{said}"


def test_lines_are_right_after_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    text = "\ufeff" + f"{TARGET}x = 1".replace("\n", "\r\n")
    assert _refusal(tmp_path, text).startswith("graphview.toml:3: targets.t.x is unknown")


def test_pyproject_errors_have_the_key_as_it_stands_there(tmp_path: Path) -> None:
    text = "[tool.graphview]\nschema = 1\n[tool.graphview.targets.a]\nseed = ''"
    assert _refusal(tmp_path, text, "pyproject.toml") == (
        'pyproject.toml:4: tool.graphview.targets.a.seed must be a whole number, and is "".'
    )
    assert _refusal(tmp_path, "[tool.graphview]", "pyproject.toml") == (
        "pyproject.toml:1: tool.graphview.schema is missing; write schema = 1."
    )


@pytest.mark.parametrize("text", ["", "tool = {}", "[tool.ruff]"])
def test_pyproject_without_a_contract(tmp_path: Path, text: str) -> None:
    assert _refusal(tmp_path, text, "pyproject.toml") == (
        "pyproject.toml has no [tool.graphview]; `graphview init SUBJECT` writes a contract."
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.toml", "No such file or directory"), (".", "Is a directory")],
)
def test_a_file_that_cannot_be_read(here: Path, name: str, reason: str) -> None:
    if sys.platform == "win32" and name == ".":
        reason = "Permission denied"
    with pytest.raises(ContractError) as error:
        read_contract(Path(name))
    assert str(error.value) == (
        f"{name} cannot be read: {reason}; `graphview init SUBJECT` writes a contract."
    )


OURS, OTHERS = "[tool.graphview]\nschema = 1\n", "[tool.ruff]\n"
FOUND = {
    "here": ({"a/b/graphview.toml": ""}, "a/b/graphview.toml"),
    "further up": ({"graphview.toml": ""}, "graphview.toml"),
    "the nearest": ({"a/graphview.toml": "", "graphview.toml": ""}, "a/graphview.toml"),
    "of the project": ({"a/pyproject.toml": OURS}, "a/pyproject.toml"),
    "its own file first": (
        {"a/pyproject.toml": OURS, "a/graphview.toml": ""},
        "a/graphview.toml",
    ),
    "a project without one is passed by": (
        {"a/pyproject.toml": OTHERS, "graphview.toml": ""},
        "graphview.toml",
    ),
    "a broken project is passed by": (
        {"a/pyproject.toml": "[tool.ruff\n", "graphview.toml": ""},
        "graphview.toml",
    ),
    "a broken project of ours is found": (
        {"a/pyproject.toml": f"{OURS}x", "graphview.toml": ""},
        "a/pyproject.toml",
    ),
    "not beyond the repository": ({"a/.git/HEAD": "", "graphview.toml": ""}, None),
    "at the repository's root": ({".git/HEAD": "", "graphview.toml": ""}, "graphview.toml"),
    "a folder is no contract": (
        {"a/graphview.toml/x": "", "graphview.toml": ""},
        "graphview.toml",
    ),
}


@pytest.mark.parametrize(("files", "found"), FOUND.values(), ids=FOUND.keys())
def test_a_contract_is_looked_for_upwards(
    tmp_path: Path, files: dict[str, str], found: str | None
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert find_contract(tmp_path / "a" / "b") == (None if found is None else tmp_path / found)


def test_all_rules_have_keys_of_their_own() -> None:
    keys = [rule.KEY for rule in RULES]
    assert len(set(keys)) == len(keys)
    assert "on" not in keys


@given(st.binary())
def test_random_bytes_raise_nothing_but_our_own(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    _reads_or_refuses(tmp_path_factory, content)


WORDS = st.sampled_from(
    ["all-reach", "forbid", "one", ">=1", "1..3", "2 GB", "a -> b", "a.*", "[", "GV2*", "off"]
)
NUMBERS = st.integers(-3, 9) | st.sampled_from([2**63, 10**19])
SCALARS = (
    (WORDS | st.text(st.characters(codec="utf-8"), max_size=5)).map(quoted)
    | NUMBERS.map(str)
    | st.sampled_from(["true", "1.5", "nan", "-inf", "1979-05-27", "07:32:00"])
)
INNER = st.sampled_from(
    ["require", "only", "forbid", "exactly", "count", "select", "ignore", "level", "mul", '"a.*"']
)


def _nested(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(values, max_size=3).map(lambda each: f"[{', '.join(each)}]")
    pairs = st.dictionaries(INNER, values, max_size=3)
    tables = pairs.map(lambda each: f"{{{', '.join(f'{k} = {v}' for k, v in each.items())}}}")
    return lists | tables


TREES = st.recursive(SCALARS, _nested, max_leaves=6)
KEYS = st.sampled_from([rule.KEY for rule in RULES])
NAMES = st.sampled_from(["subject", "device", "seed", "arguments", "max-steps", "diagnoses"])


@st.composite
def contracts(draw: st.DrawFn) -> str:
    """A document that is TOML, with keys of ours and any values."""

    def pairs(keys: st.SearchStrategy[str]) -> str:
        drawn: dict[str, Any] = draw(st.dictionaries(keys, TREES, max_size=2))
        return "".join(f"{key} = {value}\n" for key, value in drawn.items())

    codes = st.sampled_from(sorted(CODES))
    return (
        f"schema = 1\n[rules]\n{pairs(codes)}[targets.t]\n{pairs(NAMES)}"
        f'[targets.t.graphs."lo*"]\n{pairs(KEYS)}[targets.t.graphs."lo*".on.cuda]\n{pairs(KEYS)}'
    )


@given(contracts())
def test_any_document_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    _reads_or_refuses(tmp_path_factory, text.encode())


def _reads_or_refuses(factory: pytest.TempPathFactory, content: bytes) -> None:
    file = factory.mktemp("contract") / "graphview.toml"
    file.write_bytes(content)
    try:
        assert read_contract(file).file == str(file)
    except ContractError as error:
        assert str(error).startswith(str(file))
        assert str(error).endswith((".", "?"))
