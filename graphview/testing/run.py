"""One run of pytest: which baselines its tests were held to, and which nobody asked for.

This is loaded in every run, and imports next to nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from graphview.files import file_name

FOLDER = "__graphs__"
SUFFIX = ".json"
BEFORE_NAME = "--"
"""What stands between the name of a test and that of one of its several baselines."""
# File systems take 255 bytes; the name of a temporary file is no longer.
LONGEST, KEPT = 160, 120
REMEDY = "Run pytest with --graphview-update to remove what is unused."
SENT = "graphview"
# Runs in which not all tests ran end with another status.
WHOLE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


@dataclass(slots=True)
class Notes:
    """What one process saw, as paths: a worker of xdist sends it to its controller.

    `files` are the test files of which tests were collected, `tests` the ids of those that were to
    run, and `partial` the files of which only some were. `met` are the baselines that a graph was
    held to, `written` those that are new.
    """

    files: set[str] = field(default_factory=set)
    tests: set[str] = field(default_factory=set)
    partial: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)

    def sent(self) -> dict[str, list[str]]:
        """The notes in types that xdist can send."""
        return {name: sorted(paths) for name, paths in asdict(self).items()}

    def add(self, sent: dict[str, list[str]]) -> None:
        for name, paths in sent.items():
            getattr(self, name).update(paths)


@dataclass(frozen=True, slots=True)
class Home:
    """Where the baselines of one test lie: `folder/stem.json`, `folder/stem--name.json`."""

    folder: Path
    stem: str

    def path(self, name: str | None = None) -> Path:
        ending = "" if name is None else BEFORE_NAME + _as_file(name)
        return self.folder / f"{self.stem}{ending}{SUFFIX}"

    def owns(self, path: Path) -> bool:
        """Whether a baseline is this test's; no test's name goes on where another's ends so."""
        starts = (f"{self.stem}{SUFFIX}", f"{self.stem}{BEFORE_NAME}")
        return path.parent == self.folder and path.name.startswith(starts)


class Run:
    """The plugin that hears what runs. With `update` baselines are written, and unused removed."""

    def __init__(self, config: pytest.Config, *, update: bool) -> None:
        self.config, self.update = config, update
        self.notes = Notes()
        self.finished: set[str] = set()
        self.unfinished: set[str] = set()
        self.is_cut_short = False
        self.unused: list[Path] = []
        self.removed: list[Path] = []

    def home_of(self, nodeid: str) -> Home:
        """Where the baselines of a test lie; `nodeid` is pytest's name for it."""
        file, _, names = nodeid.partition("::")
        path = self.config.rootpath / file
        # In the brackets may stand anything.
        test, bracket, parameters = names.partition("[")
        stem = _as_file(test.replace("::", ".") + bracket + parameters)
        return Home(path.parent / FOLDER / path.stem, stem)

    def shown(self, path: Path) -> str:
        """A path as people write it, from pytest's root folder on."""
        root = self.config.rootpath
        return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.notes.files.update({str(item.path) for item in session.items})
        self.notes.tests.update({item.nodeid for item in session.items})

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.notes.partial.update({str(item.path) for item in items})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # A test that was skipped, or failed before its end, may not have come to its baseline.
        if report.outcome != "passed":
            self.unfinished.add(report.nodeid)
        elif report.when == "call":
            self.finished.add(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of xdist has ended, and sent what it saw unless it crashed."""
        sent = getattr(node, "workeroutput", {}).get(SENT)
        if sent is None:
            self.is_cut_short = True
        else:
            self.notes.add(sent)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output[SENT] = self.notes.sent()
        elif exitstatus in WHOLE and not self._is_partial(session):
            self.unused = self._unused()
            if self.update:
                self._remove()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        told = [
            f"{_counted(len(paths))} {what}"
            for paths, what in (
                (self.notes.written, "written"),
                (self.removed, "removed"),
                (self.unused, "unused"),
            )
            if paths
        ]
        if not told:
            return
        terminalreporter.section("graphs", sep="-")
        terminalreporter.line(f"graphview: {', '.join(told)}")
        for path in (*self.removed, *self.unused):
            terminalreporter.line(f"  {self.shown(path)}")
        if self.unused:
            may_not = "These files may not be removed."
            terminalreporter.line(may_not if self.update else REMEDY)

    def _is_partial(self, session: pytest.Session) -> bool:
        """Whether some tests of the files that were named did not run at all.

        None does where pytest is only to tell something: `--fixtures`, `--collect-only`.
        """
        idle = self.notes.tests - self.finished - self.unfinished
        stopped = session.shouldfail or session.shouldstop or self.is_cut_short
        return bool(idle or stopped) or any("::" in each for each in self.config.args)

    def _unused(self) -> list[Path]:
        """Baselines that no test came to, of files that ran whole or are gone."""
        files = {Path(each) for each in self.notes.files}
        folders = sorted({file.parent / FOLDER for file in files})
        present = [each for each in folders if each.is_dir()]
        inside = [path for folder in present for path in sorted(folder.glob(f"*/*{SUFFIX}"))]
        whole = files - {Path(each) for each in self.notes.partial}
        ran = {file.parent / FOLDER / file.stem for file in whole}
        homes = [self.home_of(nodeid) for nodeid in sorted(self.unfinished)] if inside else []
        return [
            path
            for path in inside
            if str(path) not in self.notes.met
            and (path.parent in ran or not _has_tests(path.parent))
            and not any(home.owns(path) for home in homes)
        ]

    def _remove(self) -> None:
        for path in self.unused:
            try:
                path.unlink()
            except OSError:
                # It stays among the unused, and is told as such.
                continue
            self.removed.append(path)
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
        self.unused = [path for path in self.unused if path not in self.removed]


def _has_tests(folder: Path) -> bool:
    """Whether there is a file of tests that a folder of baselines may belong to."""
    beside = folder.parent.parent.iterdir()
    return any(each.stem == folder.name and each.is_file() for each in beside)


def _as_file(name: str) -> str:
    """A name for a file made from any text, another one for another text; brackets stay."""
    parts = re.split(r"([\[\]])", name)
    shown = "".join(each if each in ("[", "]") else file_name(each, "") for each in parts)
    if len(shown.encode()) <= LONGEST:
        return shown
    start = shown.encode()[:KEPT].decode(errors="ignore")
    return f"{start}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _counted(number: int) -> str:
    return f"{number:,} {'baseline' if number == 1 else 'baselines'}"
