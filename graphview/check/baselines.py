"""Graphs held against their baselines: files beside the code that say how a graph was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from graphview.check.baseline_codes import (
    CODES,
    ELSEWHERE,
    LOOSE,
    MISSING,
    OF_KIND,
    UNUSED,
    UPDATE,
)
from graphview.check.contract import Contract, Target
from graphview.check.explained import Explained, explained, node_of
from graphview.check.paths import FirstUses
from graphview.check.reasons import hint_of, way_of
from graphview.check.rule import Case, Code, Found
from graphview.compare.baseline import Kept, Place, from_text, is_baseline, to_text
from graphview.compare.compared import compare
from graphview.compare.difference import Difference
from graphview.compare.sketch import Sketch, sketch
from graphview.errors import BaselineError
from graphview.files import file_name, write
from graphview.model.finding import Checked, Clause, Finding, Severity
from graphview.model.recording import Environment

SUFFIX = ".json"


@dataclass(slots=True)
class Baselines:
    """The baselines in one folder, `TARGET/GRAPH.json`; `met` are those that a graph was held to.

    With `update` nothing is found: `new` writes what is missing, `all` also what differs.
    """

    folder: Path
    update: str | None = None
    met: set[Path] = field(default_factory=set)
    written: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    codes: ClassVar = CODES

    def check(self, target: str, case: Case) -> Iterator[Found]:
        """How a graph differs from its baseline. Errors: BaselineError for a file that is none."""
        path, environment = self.path(target, case.name), case.recording.environment
        if path in self.met:
            raise BaselineError(f"two graphs of {target} would have the baseline {path}.")
        self.met.add(path)
        now = sketch(case.graph)
        if not path.exists():
            yield from self._missing(path, now, environment)
            return
        text = _read(path)
        if self.update == "all":
            self._write(path, text, now, environment)
        elif self.update is None and not _is_same(text, now, environment):
            yield from _differences(from_text(text, str(path)), now, case)

    def path(self, target: str, graph: str) -> Path:
        """Where the baseline of a graph lies."""
        return self._folder(target) / file_name(graph, SUFFIX)

    def _folder(self, target: str) -> Path:
        # "%" alone is made of no name.
        return self.folder / (file_name(target, "") or "%")

    def unused(self, contract: Contract, targets: Iterable[Target]) -> Checked:
        """Baselines of these targets that no graph was held to; with `all` they are removed.

        Errors: BaselineError for one that cannot be removed.
        """
        severity = contract.severities.get(UNUSED.code, UNUSED.severity)
        findings = []
        for target in sorted({each.name for each in targets}):
            for path in self._not_met(target):
                if self.update == "all":
                    self._remove(path)
                elif severity is not None:
                    clause = Clause(target, path.stem, "baseline", path.as_posix())
                    findings.append(_unused(clause, path, severity))
        return Checked(tuple(each.clause for each in findings), tuple(findings))

    def _not_met(self, target: str) -> list[Path]:
        there = sorted(set(self._folder(target).glob(f"*{SUFFIX}")) - self.met)
        # Whatever else lies there is not ours to speak of, or to remove.
        return [path for path in there if path.is_file() and is_baseline(_read(path))]

    def _remove(self, path: Path) -> None:
        try:
            path.unlink()
        except OSError as error:
            reason = error.strerror or str(error)
            raise BaselineError(f"the baseline {path} cannot be removed: {reason}.") from error
        self.removed.append(path)

    def _missing(self, path: Path, now: Sketch, environment: Environment) -> Iterator[Found]:
        if self.update is not None:
            self._write(path, b"", now, environment)
            return
        yield Found(
            MISSING,
            f"there is no baseline {path.name} in {path.parent.name}",
            expected=f"a baseline {path.as_posix()}",
            actual="none",
            hint=f"Look at the graph, then {UPDATE} and commit the file",
        )

    def _write(self, path: Path, text: bytes, now: Sketch, environment: Environment) -> None:
        content = _text(now, environment).encode()
        if content == text:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise BaselineError(f"the folder {path.parent} cannot be made: {reason}.") from error
        write(path, content)
        self.written.append(path)


def _unused(clause: Clause, path: Path, severity: Severity) -> Finding:
    return Finding(
        UNUSED.code,
        UNUSED.name,
        severity,
        clause,
        f"{path.as_posix()} belongs to no graph that {clause.target} has now",
        hint=UNUSED.remedy,
    )


def _text(now: Sketch, environment: Environment) -> str:
    return to_text(now, **_place(environment)._asdict())


def _is_same(text: bytes, now: Sketch, environment: Environment) -> bool:
    return text == _text(now, environment).encode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise BaselineError(f"the baseline {path} cannot be read: {reason}.") from error


def _differences(kept: Kept, now: Sketch, case: Case) -> Iterator[Found]:
    here, there = _place(case.recording.environment), kept.place
    compared = compare(kept.sketch, now)
    elsewhere = not here.is_like(there)
    if elsewhere and compared.differences:
        yield Found(ELSEWHERE, f"the baseline was written with {there}", str(there), str(here))
    uses = FirstUses(case.graph)
    for each in explained(kept.sketch, now, compared, case.recording.missing):
        found = _found(each, case, uses)
        loose = elsewhere and each.difference.kind in LOOSE
        yield replace(found, code=replace(found.code, severity="warning")) if loose else found


def _found(each: Explained, case: Case, uses: FirstUses) -> Found:
    difference, why = each.difference, each.why
    code, node = OF_KIND[difference.kind], node_of(difference, case.leaf_names)
    return Found(
        code,
        each.told,
        difference.old,
        difference.new,
        node,
        source=(why and why.source) or (None if node is None else uses.source(node)),
        hint=_hint(difference, code) if why is None else hint_of(why),
        cause=each.cause,
        way=() if why is None else way_of(why),
        extent=difference.extent,
        module=difference.module,
    )


def _hint(difference: Difference, code: Code) -> str:
    also = "; ".join(difference.also)
    return f"{also[:1].upper()}{also[1:]}. {code.remedy}" if also else code.remedy


def _place(environment: Environment) -> Place:
    return Place.of(environment.torch, environment.device)
