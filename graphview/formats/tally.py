"""How many clauses and causes there are, and which clauses are kept."""

from __future__ import annotations

from graphview.model.finding import Checked, Clause, Finding, Severity
from graphview.model.graph import counted

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def clauses_of(checked: Checked) -> tuple[Clause, ...]:
    """Each clause once: those that were looked at, then what was found besides."""
    found = (each.clause for cause in checked.findings for each in cause.each())
    return tuple(dict.fromkeys((*checked.clauses, *found)))


def kept(checked: Checked) -> tuple[Clause, ...]:
    """The clauses that were looked at and hold."""
    broken = checked.broken
    return tuple(clause for clause in clauses_of(checked) if clause not in broken)


def verdict(checked: Checked) -> str:
    """All in one line: `1 cause, 6 broken clauses; 3 passed`; of a comparison `1 difference`."""
    if checked.compares:
        return _compared(checked)
    if not checked.findings:
        return _all_hold(kept(checked))
    broken = counted(len(checked.broken), "broken clause")
    return f"{_causes(checked)}, {broken}; {len(kept(checked)):,} passed"


def _compared(checked: Checked) -> str:
    found, graphs = len(checked.findings), len(checked.clauses)
    if found:
        return f"{counted(found, 'difference')} in {counted(graphs, 'graph')}"
    return "The graph is the same." if graphs == 1 else f"All {graphs:,} graphs are the same."


def by_severity(findings: tuple[Finding, ...]) -> str:
    """`2 errors, 1 note`: those of which there are any."""
    numbers = ((sum(each.severity == level for each in findings), level) for level in SEVERITIES)
    return ", ".join(counted(number, level) for number, level in numbers if number)


def graph_of(clause: Clause) -> str:
    """What a clause is about: `lesson/loss`, or the target alone."""
    return f"{clause.target}/{clause.graph}" if clause.graph else clause.target


def _causes(checked: Checked) -> str:
    causes = counted(len(checked.findings), "cause")
    if checked.count("error") == len(checked.findings):
        return causes
    return f"{causes} ({by_severity(checked.findings)})"


def _all_hold(clauses: tuple[Clause, ...]) -> str:
    if not clauses:
        return "No clause was looked at."
    graphs = {(clause.target, clause.graph) for clause in clauses if clause.graph}
    where = f" in {counted(len(graphs), 'graph')}" if graphs else ""
    return f"{counted(len(clauses), 'clause')} {'holds' if len(clauses) == 1 else 'hold'}{where}."
