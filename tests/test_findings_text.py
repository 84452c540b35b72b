"""Findings as people read them: the line and its mark, the way, widths and colours."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from findings import CHECKED, EVERYTHING, GONE, MANY, NOTE, PROJECT, WARNING, checks, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from graphview.formats import write
from graphview.formats.words import columns, harmless, shortened, wrapped
from graphview.model.finding import Checked, Clause, Finding, Waypoint
from graphview.model.graph import Source

ANSI = re.compile(r"\x1b\[[\d;]*m")
CLAUSE = Clause("t", "g", "k")


def text(*findings: Finding, folder: Path = PROJECT, width: int = 88) -> str:
    return write(Checked((), findings), "text", folder=folder, width=width)


def at(line: int, start: int | None, end: int | None, expression: str | None = None) -> Finding:
    source = Source("code.py", line, line, start, end, "f", expression, None)
    return Finding("GV1", "n", "error", CLAUSE, "m", source=source)


def excerpt(finding: Finding, folder: Path, width: int = 88) -> list[str]:
    """The lines below the arrow, without their indent."""
    lines = text(finding, folder=folder, width=width).splitlines()
    below = lines[lines.index("  --> code.py:1") + 1 :]
    return [line[2:] for line in below[: below.index("")]]


def code(folder: Path, line: str) -> Path:
    (folder / "code.py").write_bytes(line.encode())
    return folder


def test_one_line_where_all_is_well() -> None:
    told = write(CHECKED["nothing"], "text")
    assert told == "12 clauses hold in 3 graphs.\n"
    one = write(Checked((Clause("t", "g", "leaves"),)), "text")
    assert one == "1 clause holds in 1 graph.\n"
    assert write(Checked((Clause("t", "", "root"),)), "text") == "1 clause holds.\n"
    assert write(Checked(()), "text") == "No clause was looked at.\n"


def test_kept_clauses_are_listed_on_demand_alone() -> None:
    shown = write(CHECKED["everything"], "text", folder=PROJECT, show_passed=True)
    hidden = write(CHECKED["everything"], "text", folder=PROJECT)
    assert "passed\n  lesson/loss\n    opaque\n" in shown
    assert shown.replace("passed\n  lesson/loss\n    opaque\n\n", "") == hidden


def test_the_last_line_counts() -> None:
    assert text(EVERYTHING).endswith("\n1 cause, 5 broken clauses; 0 passed\n")
    assert text(WARNING).endswith("\n1 cause (1 warning), 1 broken clause; 0 passed\n")


def test_less_than_an_error_is_marked_by_a_word() -> None:
    assert text(WARNING).startswith("GV116 opaque (warning)  lesson/loss\n")
    assert text(NOTE).startswith("GV121 pattern-unused (note)  gan/loss\n")


def test_the_mark_is_below_what_is_meant(tmp_path: Path) -> None:
    code(tmp_path, "loss = f(x) + g(x)\n")
    assert excerpt(at(1, 7, 11), tmp_path) == [
        *("  |", "1 | loss = f(x) + g(x)", "  |        ^^^^")
    ]


def test_the_mark_allows_for_tabs_and_wide_letters(tmp_path: Path) -> None:
    code(tmp_path, "\t変数 = f(x)\r\n")
    assert excerpt(at(1, 6, 10), tmp_path) == ["  |", "1 |     変数 = f(x)", "  |            ^^^^"]


def test_no_mark_where_the_columns_are_not_known(tmp_path: Path) -> None:
    code(tmp_path, "loss = f(x)")
    assert excerpt(at(1, None, None), tmp_path) == ["  |", "1 | loss = f(x)"]


def test_an_expression_that_moved_in_its_line_is_found(tmp_path: Path) -> None:
    code(tmp_path, "the_loss = f(x)")
    assert excerpt(at(1, 7, 11, "f(x)"), tmp_path)[2] == "  |            ^^^^"


def test_an_edited_line_is_not_shown(tmp_path: Path) -> None:
    code(tmp_path, "import this")
    assert excerpt(at(1, 7, 11, "f(x)"), tmp_path) == [
        *("  |", "1 | f(x)", "  | (as it was recorded: the file is another now)")
    ]


def test_the_recorded_expression_where_the_file_is_not_there(tmp_path: Path) -> None:
    assert excerpt(at(1, 7, 11, "f(\n  x)"), tmp_path) == ["  |", "1 | f("]
    assert excerpt(at(1, 7, 11), tmp_path) == []


def test_a_file_that_is_no_text_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_bytes(b"\xff\xfe\x00\n")
    assert excerpt(at(1, 0, 1), tmp_path) == []
    (tmp_path / "code.py").unlink()
    (tmp_path / "code.py").mkdir()
    assert excerpt(at(1, 0, 1), tmp_path) == []


def test_a_file_that_is_no_text_further_down_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_bytes(b"a = 1\nb = 2\nc = 3\n\xff\n")
    assert excerpt(at(1, 0, 1), tmp_path) == []


def test_a_long_line_is_used_to_its_end(tmp_path: Path) -> None:
    code(tmp_path, "x" * 100 + "f(x)")
    shown = excerpt(at(1, 100, 104), tmp_path, width=46)
    assert shown[1] == "1 | ..." + "x" * 33 + "f(x)"


def test_a_file_in_its_own_encoding(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_bytes("# coding: latin-1\nü = 1".encode("latin-1"))
    finding = at(2, None, None)
    assert "2 | ü = 1" in text(finding, folder=tmp_path)


@given(
    st.text("ab 変\t:", max_size=300),
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(0, 120),
)
def test_a_long_line_is_cut_around_what_is_meant(
    tmp_path_factory: pytest.TempPathFactory, line: str, start: int, length: int, width: int
) -> None:
    folder = code(tmp_path_factory.getbasetemp(), line)
    shown = excerpt(at(1, start, start + length), folder, width)
    assert all(columns(each) <= max(width, 40) for each in shown)
    meant = line[start : start + length].rstrip().replace("\t", "    ")
    if meant:
        first = shown[2].index("^")
        under = shown[1]
        while columns(under[:-1]) >= first and columns(under) > first:
            under = under[:-1]
        assert shown[1][len(under) :][:1] == meant[0]


def way(length: int) -> list[str]:
    path = tuple(Waypoint(f"Op{number}", "operation") for number in range(length))
    lines = text(Finding("GV1", "n", "error", CLAUSE, "m", path=path)).splitlines()
    return [
        line.split("─ ")[-1].removeprefix("  path      ") for line in lines[2 : lines.index("")]
    ]


def test_a_long_way_loses_its_middle() -> None:
    assert way(8) == [f"Op{number}" for number in range(8)]
    assert way(9) == [*("Op0", "Op1", "Op2", "Op3", "... 2 more", "Op6", "Op7", "Op8")]
    assert way(1000)[4] == "... 993 more"


def test_what_comes_with_a_cause_is_grouped() -> None:
    other = replace(GONE, clause=replace(GONE.clause, graph="yhat"))
    told = text(replace(EVERYTHING, also=(other,) * 3))
    assert "also      yhat GV106 (3)\n" in told
    many = text(replace(EVERYTHING, also=MANY.findings[:40]))
    assert re.search(r"many/g12 GV103\s+\(2\)\s+and 8\s+more", many)


def test_colour_only_when_it_is_asked_for() -> None:
    for checked in CHECKED.values():
        plain = write(checked, "text", folder=PROJECT, show_passed=True)
        colored = write(checked, "text", folder=PROJECT, show_passed=True, color=True)
        assert "\x1b" not in plain
        assert ANSI.search(colored)
        assert ANSI.sub("", colored) == plain


@settings(max_examples=40)
@given(checks, st.booleans())
def test_no_name_reaches_the_terminal_raw(checked: Checked, color: bool) -> None:
    told = ANSI.sub("", write(checked, "text", color=color, folder=PROJECT))
    assert all(c.isprintable() or c in "\n\u200d" for c in told)


@given(texts, st.integers(20, 100))
def test_wrapped_lines_fit_and_lose_nothing(said: str, width: int) -> None:
    lines = wrapped(said, width)
    assert all(columns(line) <= width for line in lines)
    if not lines[-1].startswith("..."):
        whole = "".join("".join(lines).split())
        assert whole == "".join("".join(map(harmless, said.split("\n"))).split())


@given(texts, st.integers(10, 60))
def test_shortened_names_fit(name: str, most: int) -> None:
    assert columns(shortened(name, most)) <= most


def test_follows_the_width() -> None:
    wide, narrow = (text(EVERYTHING, width=width) for width in (200, 60))
    assert "net" in wide
    assert narrow.count("\n") > wide.count("\n")
    assert max(map(columns, narrow.splitlines()[1:7])) <= 60


def test_five_hundred_findings_are_all_there() -> None:
    told = write(MANY, "text", folder=PROJECT)
    assert told.count("GV103 leaf-unexpected") == 500


def test_files_below_the_working_folder_are_named_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inside, outside = tmp_path / "sub" / "a.toml", tmp_path.parent / "a.toml"
    for file, shown in ((inside, "sub/a.toml"), (outside, outside.as_posix()), ("x.py", "x.py")):
        finding = replace(NOTE, clause=replace(NOTE.clause, file=str(file)))
        assert f"  --> {shown}:20\n" in write(Checked((), (finding,)), "text")
