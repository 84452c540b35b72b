"""A target of a contract and its recording -> what is kept and what is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from graphview.check import unused
from graphview.check.consequences import Caused
from graphview.check.contract import Asked, Contract, GraphContract, Target
from graphview.check.grouping import grouped, limited
from graphview.check.paths import Ways
from graphview.check.roots import MISSING, graphs_called, missing_root
from graphview.check.rule import Case, Code, Found
from graphview.model.finding import Checked, Clause, Finding, Severity
from graphview.model.recording import Recording

if TYPE_CHECKING:
    from graphview.check.baselines import Baselines

ROOT, BASELINE = "root", "baseline"


def check(
    target: Target, recording: Recording, contract: Contract, baselines: Baselines | None = None
) -> Checked:
    """Hold all graphs of a target to its contract, and to their baselines where there are some.

    One finding for each cause. Errors: BaselineError.
    """
    run = _Run(target, recording, contract)
    for graph in target.graphs:
        run.check_graphs(graph)
    if baselines is not None:
        run.check_baselines(baselines)
    run.diagnose()
    return Checked(tuple(run.clauses), grouped(run.found))


class _Run:
    def __init__(self, target: Target, recording: Recording, contract: Contract) -> None:
        self.target, self.recording, self.contract = target, recording, contract
        self.clauses: list[Clause] = []
        self.found: list[Caused] = []
        self._ways: dict[str, Ways] = {}
        self._asked: set[str] = set()

    def check_graphs(self, graph: GraphContract) -> None:
        """All graphs that one part of the contract speaks of."""
        names = graphs_called(graph.root, self.recording)
        for name in names or [graph.root]:
            clause = self._clause(name, ROOT, graph.line)
            if name not in self._asked and self._is_asked([MISSING]):
                # Several parts of the contract, such as "*" and its name, may speak of it.
                self.clauses.append(clause)
            self._asked.add(name)
            if not names:
                self._add(clause, [missing_root(name, self.recording)])
        for name in names:
            case = Case(name, self.recording.graphs[name], self.recording)
            for asked in graph.for_device(self.recording.environment.device):
                self._check_one(asked, case)

    def check_baselines(self, baselines: Baselines) -> None:
        """The graphs that the contract speaks of, or all where it speaks of none."""
        asked = [graphs_called(each.root, self.recording) for each in self.target.graphs]
        names = dict.fromkeys(chain(*asked)) if asked else self.recording.graphs
        for name in names:
            case = Case(name, self.recording.graphs[name], self.recording)
            clause = self._clause(name, BASELINE, self.target.line)
            if self._is_asked(baselines.codes):
                self.clauses.append(clause)
            self._add(clause, baselines.check(self.target.name, case))

    def diagnose(self) -> None:
        asked = self.target.diagnoses
        if asked is None:
            return
        from graphview.check.diagnoses import CODES, KEY, diagnose

        clause = self._clause("", KEY, self.target.line)
        if self._is_asked(CODES):
            self.clauses.append(clause)
        self._add(clause, diagnose(asked, self.recording), asked.level)

    def _check_one(self, asked: Asked, case: Case) -> None:
        clause = Clause(self.target.name, case.name, asked.rule.KEY, asked.file, asked.line)
        codes = asked.rule.CODES + ((unused.UNUSED,) if asked.rule.KEY in unused.KEYS else ())
        if not self._is_asked(codes):
            return
        self.clauses.append(clause)
        self._add(clause, asked.rule.check(asked.spec, case))

    def _is_asked(self, codes: Iterable[Code]) -> bool:
        """Whether any of these is looked for: what nobody looked at does not hold."""
        severities = self.contract.severities
        return any(severities.get(each.code, each.severity) is not None for each in codes)

    def _clause(self, graph: str, key: str, line: int | None) -> Clause:
        return Clause(self.target.name, graph, key, self.contract.file, line)

    def _add(self, clause: Clause, found: Iterable[Found], level: Severity | None = None) -> None:
        # A way is looked for only where it is shown.
        self.found += map(self._with_way, limited(self._findings(clause, found, level)))

    def _findings(
        self, clause: Clause, found: Iterable[Found], level: Severity | None
    ) -> Iterator[Caused]:
        for each in found:
            severity = self._severity(each, level)
            if severity is not None:
                finding = self._finding(clause, each, severity)
                yield Caused(finding, each.cause, each.node, each.about, each.extent)

    def _with_way(self, caused: Caused) -> Caused:
        name = caused.finding.clause.graph
        node = caused.node
        if node is None or caused.finding.path:
            return caused
        if name not in self._ways:
            self._ways[name] = Ways(self.recording.graphs[name])
        path = self._ways[name].to(node)
        return replace(caused, finding=replace(caused.finding, path=path))

    def _severity(self, found: Found, level: Severity | None) -> Severity | None:
        code = found.code
        return self.contract.severities.get(code.code, level or code.severity)

    def _finding(self, clause: Clause, found: Found, severity: Severity) -> Finding:
        graph = self.recording.graphs.get(clause.graph)
        node = None if graph is None or found.node is None else graph.nodes[found.node]
        return Finding(
            code=found.code.code,
            name=found.code.name,
            severity=severity,
            clause=clause,
            message=found.message,
            expected=found.expected,
            actual=found.actual,
            source=found.source,
            module=found.module or (None if node is None else node.module),
            path=found.way,
            hint=found.hint,
        )
