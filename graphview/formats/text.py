"""Findings for people: what is wrong, the line, the way there, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from graphview.formats.excerpt import excerpt
from graphview.formats.pen import Pen
from graphview.formats.place import asked_at, place_of
from graphview.formats.style import Style
from graphview.formats.tally import graph_of, kept, verdict
from graphview.formats.way import way_lines
from graphview.formats.words import disarmed, harmless, shortened, wrapped
from graphview.model.finding import DIFF, Checked, Clause, Finding

INDENT = "  "
LABEL = 10
"""Columns of a field's name, with the space behind it."""
LONGEST_NAME = 60
MOST_ALSO = 12


def write(checked: Checked, style: Style) -> str:
    """A block for each cause, what is kept if that is asked for, and a last line that counts."""
    return "".join(f"{disarmed(line)}\n" for line in _lines(checked, style))


def block(finding: Finding, style: Style, cause: Finding | None = None) -> str:
    """One finding alone, lines without colour; `cause` is the one that it comes with."""
    lines = list(_finding(finding, style, Pen(False)))
    if cause is not None:
        lines.append(f"{INDENT}{'cause':{LABEL}}{_title(cause, Pen(False))}")
    return "\n".join(lines)


def also_of(finding: Finding) -> str:
    """What comes of the same cause: `yhat GV103, error GV103`, alike ones counted."""
    here = finding.clause.target
    deeper = finding.each()[1:]
    counts = Counter(f"{_graph_from(each.clause, here)} {each.code}" for each in deeper)
    shown = [each if count == 1 else f"{each} ({count:,})" for each, count in counts.items()]
    left = len(shown) - MOST_ALSO
    return ", ".join(shown[:MOST_ALSO]) + (f" and {left:,} more" if left > 0 else "")


def _lines(checked: Checked, style: Style) -> Iterator[str]:
    pen = Pen(style.color)
    for finding in checked.findings:
        yield from _finding(finding, style, pen)
        yield ""
    if style.show_passed:
        yield from _passed(kept(checked), style, pen)
    yield pen(verdict(checked), "label" if checked.findings else "good")


def _finding(finding: Finding, style: Style, pen: Pen) -> Iterator[str]:
    yield _title(finding, pen)
    for line in wrapped(harmless(finding.message), style.room - len(INDENT)):
        yield INDENT + line
    place = place_of(finding, style.folder)
    if place is not None:
        yield f"{INDENT}{pen('-->', 'place')} {harmless(str(place))}"
        expression = finding.source.expression if finding.source else None
        yield from (INDENT + line for line in excerpt(place, expression, style, pen))
    for name, lines in _fields(finding, style):
        yield from _field(name, lines, pen)


def _title(finding: Finding, pen: Pen) -> str:
    """`GV116 opaque (warning)  lesson/loss`; an error needs no word."""
    code = pen(shortened(f"{finding.code} {finding.name}", LONGEST_NAME), finding.severity)
    level = "" if finding.severity == "error" else f" ({finding.severity})"
    return f"{code}{level}  {shortened(graph_of(finding.clause), LONGEST_NAME)}"


def _fields(finding: Finding, style: Style) -> Iterator[tuple[str, list[str]]]:
    """The name and the lines of each field that has something to say."""
    room = style.room - len(INDENT) - LABEL
    asked = asked_at(finding, style.folder) if finding.source is not None else None
    key = shortened(finding.clause.key, LONGEST_NAME)
    compares = finding.clause.key == DIFF
    yield "was" if compares else "expected", wrapped(finding.expected, room)
    yield "now" if compares else "actual", wrapped(finding.actual, room)
    yield "module", wrapped(harmless(finding.module or ""), room)
    yield "path", list(way_lines(finding.path, style))
    yield "besides" if compares else "hint", wrapped(finding.hint, room)
    yield "also", wrapped(harmless(also_of(finding)), room)
    yield "asked", [f"{key}  {harmless(str(asked))}"] if asked else []


def _field(name: str, lines: list[str], pen: Pen) -> Iterator[str]:
    if not any(lines):
        return
    yield f"{INDENT}{pen(f'{name:{LABEL}}', 'label')}{lines[0]}".rstrip()
    for line in lines[1:]:
        yield f"{INDENT}{'':{LABEL}}{line}".rstrip()


def _graph_from(clause: Clause, target: str) -> str:
    """A graph's name as it is read beside one of `target`."""
    return clause.graph if clause.graph and clause.target == target else graph_of(clause)


def _passed(clauses: tuple[Clause, ...], style: Style, pen: Pen) -> Iterator[str]:
    """The keys that hold, for each graph."""
    keys: dict[str, list[str]] = {}
    for clause in clauses:
        keys.setdefault(graph_of(clause), []).append(clause.key)
    if not keys:
        return
    yield pen("passed", "good")
    for graph, names in keys.items():
        title = f"{INDENT}{shortened(graph, LONGEST_NAME)}"
        yield title
        shown = ", ".join(shortened(name, LONGEST_NAME) for name in names)
        yield from (INDENT * 2 + line for line in wrapped(shown, style.room - 2 * len(INDENT)))
    yield ""
