"""A graph held against its baseline: the file beside the test that says how it was."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

import pytest

from graphview.check.baseline_codes import LOOSE, OF_KIND
from graphview.check.explained import Explained, explained
from graphview.compare.baseline import REMEDY, Kept, Place, from_text, to_text
from graphview.compare.compared import compare
from graphview.compare.difference import Kind
from graphview.compare.sketch import Sketch, sketch
from graphview.errors import BaselineError, GraphviewError
from graphview.files import write
from graphview.model.graph import Graph
from graphview.model.missing import Missing
from graphview.testing.run import Home, Run
from graphview.testing.told import title, told
from graphview.testing.watching import current

UPDATE = "run pytest with --graphview-update"
# From `_warn` outwards: `_failures`, `_differences`, `_hold`, `check` or `__eq__`, the test.
TO_THE_TEST = 6


class BaselineWarning(UserWarning):
    """A graph differs from its baseline in a way that is no failure."""


class GraphBaseline:
    """The baseline of one test; `graph_baseline["name"]` is a further one of the same test."""

    def __init__(self, home: Home, run: Run, name: str | None = None) -> None:
        self.path = home.path(name)
        self._home, self._run = home, run
        self._texts: dict[Path, str] = {}
        self._last: tuple[Graph, list[Explained]] | None = None

    def __getitem__(self, name: str) -> GraphBaseline:
        further = GraphBaseline(self._home, self._run, name)
        # A test may ask for the same name again.
        further._texts = self._texts
        return further

    def check(self, graph: Graph) -> None:
        """Fail with what differs, where the graph is not as its baseline.

        With `--graphview-update` the baseline is written instead. What only another version of
        torch or another device may have done is a `BaselineWarning`.
        """
        __tracebackhide__ = True
        differences = self._hold(graph)
        if differences:
            lines = [f"{graph!r} is not as {self!r}:", *told(differences, graph)]
            raise AssertionError("\n".join(lines))

    def __eq__(self, other: object) -> bool:
        __tracebackhide__ = True
        differences = self._hold(other)
        return not differences

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<baseline {self._shown}>"

    @property
    def _shown(self) -> str:
        return self._run.shown(self.path)

    def explain(self, graph: object) -> list[str] | None:
        """What differed when this graph was last compared."""
        if self._last is None or self._last[0] is not graph or not self._last[1]:
            return None
        graph, differences = self._last
        return [f"{graph!r} == {self!r}", *told(differences, graph)]

    def _hold(self, graph: object) -> list[Explained]:
        """What differs and is a failure; it is remembered for the explanation."""
        __tracebackhide__ = True
        if not isinstance(graph, Graph):
            pytest.fail(
                f"the baseline {self._shown} is compared with a {type(graph).__name__}, which is "
                "no graph; give what graphview_capture(loss) returns."
            )
        try:
            differences = self._differences(graph)
        except GraphviewError as error:
            # Its remedy is that of the command line.
            reason = str(error).replace(REMEDY, f"{UPDATE} to write it again")
        else:
            self._last = graph, differences
            return differences
        pytest.fail(reason)

    def _differences(self, graph: Graph) -> list[Explained]:
        self._run.notes.met.add(str(self.path))
        now, place = sketch(graph), _place_of(graph)
        text = to_text(now, **place._asdict())
        if self._run.update:
            self._update(text)
            return []
        content = self._read()
        if content == text.encode():
            return []
        kept = from_text(content, self._shown)
        return self._failures(kept, now, place, _missing_in(graph))

    def _failures(
        self, kept: Kept, now: Sketch, place: Place, missing: Iterable[Missing]
    ) -> list[Explained]:
        compared, alike = compare(kept.sketch, now), place.is_like(kept.place)
        found = explained(kept.sketch, now, compared, missing)
        loose = [each for each in found if _is_loose(each.difference.kind, alike)]
        if loose:
            self._warn(loose, kept, place)
        return [each for each in found if each not in loose]

    def _warn(self, loose: list[Explained], kept: Kept, place: Place) -> None:
        alike, there = place.is_like(kept.place), kept.place
        where = "" if alike else f" (written with {there}, this is {place})"
        lines = [f"{self!r}{where}", *map(title, loose)]
        warnings.warn("\n  ".join(lines), BaselineWarning, stacklevel=TO_THE_TEST)

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            raise BaselineError(
                f"there is no baseline {self._shown} yet; look at the graph, then {UPDATE} and "
                "commit the file."
            ) from None
        except OSError as error:
            raise BaselineError(
                f"the baseline {self._shown} cannot be read: {error.strerror or error}."
            ) from error

    def _update(self, text: str) -> None:
        if self._texts.setdefault(self.path, text) != text:
            raise BaselineError(
                f"two graphs of this test would have the one baseline {self._shown}; give each a "
                'name, as in graph_baseline["name"].'
            )
        if self.path.exists() and self._read() == text.encode():
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            folder, reason = self._run.shown(self.path.parent), error.strerror or error
            raise BaselineError(f"the folder {folder} cannot be made: {reason}.") from error
        write(self.path, text.encode())
        self._run.notes.written.add(str(self.path))


def explanation(left: object, right: object) -> list[str] | None:
    """The lines for pytest, where one of two compared things is a baseline."""
    for baseline, graph in ((left, right), (right, left)):
        if isinstance(baseline, GraphBaseline):
            return baseline.explain(graph)
    return None


def _is_loose(kind: Kind, alike: bool) -> bool:
    return OF_KIND[kind].severity == "warning" or (kind in LOOSE and not alike)


def _missing_in(graph: Graph) -> list[Missing]:
    """Why parameters are not in the graph, where the test was watched."""
    watch = current()
    return [] if watch is None else watch.missing_in(graph)


def _place_of(graph: Graph) -> Place:
    import torch

    return Place.of(str(torch.__version__), graph.roots[0].tensor.device)
