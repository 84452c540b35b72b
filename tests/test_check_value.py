"""Values of a contract: what can be read of them, what is said of the others, and their lines."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphview.check.lines import lines_of
from graphview.check.value import Count, Value, dotted, quoted
from graphview.errors import ContractError


def _value(raw: Any) -> Value:
    return Value(raw, "a.b", "graphview.toml", 7)


def test_each_kind_is_read() -> None:
    assert _value("x").text() == "x"
    assert _value("").text(empty=True) == ""
    assert _value("x").words() == ("x",)
    assert _value(["x", "y"]).words() == ("x", "y")
    assert _value([]).words() == ()
    assert _value(3).whole() == 3
    assert _value("no").choice("yes", "no") == "no"
    assert [item.raw for item in _value([1, "x"]).items()] == [1, "x"]
    assert {key: each.raw for key, each in _value({"k": 1, "l": 2}).table().items()} == {
        "k": 1,
        "l": 2,
    }


COUNTS = {
    2: Count(2, 2),
    "2": Count(2, 2),
    "1..3": Count(1, 3),
    " 1 .. 3 ": Count(1, 3),
    ">=1": Count(1, None),
    "<= 4": Count(0, 4),
    "0": Count(0, 0),
}


@pytest.mark.parametrize(("raw", "count"), COUNTS.items())
def test_a_count(raw: Any, count: Count) -> None:
    assert _value(raw).count() == count


@pytest.mark.parametrize(
    ("raw", "size"),
    {
        4096: 4096,
        "4096 B": 4096,
        "1.5 GB": 1_500_000_000,
        "2kB": 2_000,
        "1 KiB": 1_024,
        "0.5 MiB": 524_288,
        # A float would give 4,350,000,000,000,000.5.
        "4350.000000000001 TB": 4_350_000_000_000_001,
        "1 TiB": 1 << 40,
    }.items(),
)
def test_a_size_is_exact(raw: Any, size: int) -> None:
    assert _value(raw).size() == size


@pytest.mark.parametrize(
    ("number", "inside"), [(0, False), (1, True), (3, True), (4, False)], ids=str
)
def test_a_count_allows_its_range(number: int, inside: bool) -> None:
    assert Count(1, 3).allows(number) is inside


def test_a_count_without_an_end_allows_all_above() -> None:
    assert Count(1, None).allows(10**9)


Reading = Callable[[Value], Any]
REFUSED: dict[str, tuple[Any, Reading, str]] = {
    "no text": (3, Value.text, "must be a text, and is 3."),
    "empty text": ("  ", Value.text, "is an empty text."),
    "no words": (True, Value.words, "must be a text or a list of texts, and is true."),
    "no whole number": ("3", Value.whole, 'must be a whole number, and is "3".'),
    "a float": (3.5, Value.whole, "must be a whole number, and is 3.5."),
    "not a number": (float("nan"), Value.whole, "must be a whole number, and is nan."),
    "a truth": (False, Value.whole, "must be a whole number, and is false."),
    "too small": (0, lambda v: v.whole(least=1), "is 0, and must be at least 1."),
    "far too small": (
        -(16**5000),
        Value.whole,
        "is a very large number, and must be at least 0.",
    ),
    "a date": (date(2026, 1, 1), Value.text, "must be a text, and is a date or a time."),
    "no count": (
        "many",
        Value.count,
        'must be a count, as in 2, "1..3", ">=1" or "<=4", and is "many".',
    ),
    "a negative count": (-1, Value.count, "is -1, and must be at least 0."),
    "backwards": ("3..1", Value.count, 'is "3..1", and ends before it begins.'),
    "a list for a count": (
        [],
        Value.count,
        'must be a count, as in 2, "1..3", ">=1" or "<=4", and is a list.',
    ),
    "no size": (
        "large",
        Value.size,
        'must be a size, as in 4096, "20 MB" or "1.5 GiB", and is "large".',
    ),
    "no unit": (
        "1.5",
        Value.size,
        'must be a size, as in 4096, "20 MB" or "1.5 GiB", and is "1.5".',
    ),
    "unknown unit": ("2 Gb", Value.size, 'has the unknown unit "Gb"; did you mean GB?'),
    "unknown unit, none near": (
        "2 pages",
        Value.size,
        'has the unknown unit "pages"; there are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB.',
    ),
    "no choice": (1, lambda v: v.choice("one", "forbid"), "must be one or forbid, and is 1."),
    "almost a choice": (
        "forbit",
        lambda v: v.choice("one", "forbid"),
        'is "forbit"; did you mean forbid?',
    ),
    "another choice": ("xyz", lambda v: v.choice("on", "off"), 'is "xyz"; there are on and off.'),
    "no table": ([1], Value.table, "must be a table, and is a list."),
    "no list": ({}, Value.items, "must be a list, and is a table."),
    "a long text": ("x" * 99, Value.whole, f'must be a whole number, and is "{"x" * 59}…".'),
    "control characters": ("\x1b\n", Value.whole, r'must be a whole number, and is "\u001b\n".'),
}


@pytest.mark.parametrize(("raw", "read", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_said_with_its_place(raw: Any, read: Reading, said: str) -> None:
    with pytest.raises(ContractError) as error:
        read(_value(raw))
    assert str(error.value) == f"graphview.toml:7: a.b {said}"


@pytest.mark.parametrize(
    ("raw", "read", "said"),
    [
        (["x", 1], Value.words, "a.b[1] must be a text, and is 1."),
        ({"leafs": 1}, lambda v: v.table("leaves"), "a.b.leafs is unknown; did you mean leaves?"),
        ({"q r": 1}, lambda v: v.table("leaves"), 'a.b."q r" is unknown; there is leaves.'),
    ],
    ids=["item", "almost a key", "unknown key"],
)
def test_what_is_wrong_within_has_its_own_key(raw: Any, read: Reading, said: str) -> None:
    with pytest.raises(ContractError) as error:
        read(_value(raw))
    assert str(error.value) == f"graphview.toml:7: {said}"


def test_without_a_line_there_is_only_the_file() -> None:
    with pytest.raises(ContractError) as error:
        Value(1, "a", "graphview.toml").text()
    assert str(error.value) == "graphview.toml: a must be a text, and is 1."


TEXT = '''\
# [comment]
schema = 1
[targets."a b".graphs."fc1.weight"] # ]
leaves = [
  "a", # x [
  """b
  c = 1 \\
  """,
  { x = 1, y.z = 2 }, '[no]', [1,
    2]
]
[[list]]
day = 1979-05-27 07:32:00
[[list]]
d.e = 1.5
[list.sub]
k = "\\"]"
"quoted\\n" = {}
'''


def test_lines_of_all_keys_and_items() -> None:
    leaves = 'targets."a b".graphs."fc1.weight".leaves'
    assert lines_of(TEXT) == {
        "schema": 2,
        "targets": 3,
        'targets."a b"': 3,
        'targets."a b".graphs': 3,
        'targets."a b".graphs."fc1.weight"': 3,
        leaves: 4,
        f"{leaves}[0]": 5,
        f"{leaves}[1]": 6,
        f"{leaves}[2]": 9,
        f"{leaves}[2].x": 9,
        f"{leaves}[2].y": 9,
        f"{leaves}[2].y.z": 9,
        f"{leaves}[3]": 9,
        f"{leaves}[4]": 9,
        f"{leaves}[4][0]": 9,
        f"{leaves}[4][1]": 10,
        "list": 12,
        "list[0]": 12,
        "list[0].day": 13,
        "list[1]": 14,
        "list[1].d": 15,
        "list[1].d.e": 15,
        "list[1].sub": 16,
        "list[1].sub.k": 17,
        r'list[1].sub."quoted\n"': 18,
    }


KEYS = st.text(max_size=4) | st.from_regex(r"[a-z-]{1,5}", fullmatch=True)
STRINGS = st.text(st.characters(codec="utf-8"), max_size=8)
BLANKS = st.sampled_from(["", " ", "\t"])
BREAKS = st.sampled_from(["", " ", "\n", " # [x] = {\n", "\n\n  "])


@st.composite
def strings(draw: st.DrawFn) -> str:
    """A string of TOML, of any of its four kinds."""
    text = draw(STRINGS)
    kind = draw(st.sampled_from(["basic", "literal", "lines", "literal lines"]))
    if kind == "literal":
        return f"'{''.join(c for c in text if c.isprintable() and c != chr(39))}'"
    if kind == "lines":
        return '"""' + quoted(text)[1:-1].replace(r"\n", "\n") + '\n"""'
    if kind == "literal lines":
        return "'''\n" + "".join(c for c in text if c.isprintable() and c != chr(39)) + "'''"
    return quoted(text)


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> str:
    """A value of TOML, with lines and comments in it where it may have them."""
    kinds = ["string", "plain", "list", "table"] if depth else ["string", "plain"]
    kind = draw(st.sampled_from(kinds))
    if kind == "string":
        return draw(strings())
    if kind == "plain":
        return draw(st.sampled_from(["1", "-1.5e3", "true", "1979-05-27 07:32:00.5", "nan"]))
    inner = draw(st.lists(values(depth - 1), max_size=3))
    if kind == "list":
        return "[" + "".join(f"{draw(BREAKS)}{each}{draw(BREAKS)}," for each in inner) + "]"
    return "{" + ", ".join(f"k{n}.x = {each}" for n, each in enumerate(inner)) + "}"


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, int]]:
    """A document of numbered tables and keys, and the line of each of them."""
    text, lines = draw(st.sampled_from(["", "# comment\n"])), dict[str, int]()
    for number, pairs in enumerate(draw(st.lists(st.lists(values(), max_size=3), max_size=3))):
        table = f"t{number}"
        lines[table] = text.count("\n") + 1
        text += f"[{draw(BLANKS)}{table}{draw(BLANKS)}]{draw(st.sampled_from(['', '# ]']))}\n"
        for place, value in enumerate(pairs):
            key = dotted(f"t{number}", f"k {place}")
            lines[key] = text.count("\n") + 1
            text += f'{draw(BLANKS)}"k {place}"{draw(BLANKS)}= {value}\n{draw(BREAKS).strip(" ")}'
            text += "" if text.endswith("\n") else "\n"
    return text, lines


@given(documents())
def test_lines_are_those_of_any_document(document: tuple[str, dict[str, int]]) -> None:
    text, lines = document
    found = lines_of(text)
    assert set(found) == set(_keys(tomllib.loads(text), ""))
    assert {key: found[key] for key in lines} == lines


def _keys(raw: Any, key: str) -> Iterator[str]:
    """The keys of all that is in a document, as they are written in messages."""
    if isinstance(raw, dict):
        within = [(dotted(key, part), each) for part, each in raw.items()]
    elif isinstance(raw, list):
        within = [(f"{key}[{number}]", each) for number, each in enumerate(raw)]
    else:
        within = []
    for inner, each in within:
        yield inner
        yield from _keys(each, inner)


@given(st.text())
def test_lines_of_no_toml_raise_nothing(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())


@given(st.text(st.characters(codec="utf-8")))
def test_a_quoted_text_is_read_as_it_was(text: str) -> None:
    assert tomllib.loads(f"{dotted('', text)} = {quoted(text)}") == {text: text}
