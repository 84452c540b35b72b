"""Watch a program as it is, and make a recording of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch

from graphview.autograd import Live, watch_nodes
from graphview.model.graph import counted
from graphview.model.journal import Ending, Journal
from graphview.model.measures import Measures
from graphview.model.recording import Recording
from graphview.observe.anomaly import OWN_ANOMALY
from graphview.observe.attention import Attention, Watch
from graphview.observe.budget import Clock
from graphview.observe.environment import environment
from graphview.observe.excerpts import excerpts
from graphview.observe.keeping import Keeper
from graphview.observe.leaves import Leaves
from graphview.observe.measuring import measured_backward, watch_forward
from graphview.observe.memory import peak_so_far
from graphview.observe.modes import paused
from graphview.observe.series import Thinned
from graphview.observe.sites import MOST_SITES, Sites, WatchedSite, size_of
from graphview.observe.starts import Start, watch_starts
from graphview.observe.stopping import Limit
from graphview.observe.trails import Trails
from graphview.observe.updates import Updates
from graphview.observe.validation import Validation

# After so many starts with nothing new, source lines and cuts are watched no longer.
QUIET = 30
# Seconds: asking for the peak of memory can take longer than a small step.
BETWEEN_SAMPLES = 0.1


@dataclass(frozen=True, slots=True)
class Options:
    """`keep_step` is which start of each place to keep, from 0; `max_steps` ends the program.

    `profile` times each node of a kept graph, `gradients` describes what arrives at it.
    """

    keep_step: int = 0
    max_steps: int | None = None
    sources: bool = True
    profile: bool = False
    gradients: bool = False

    @property
    def measuring(self) -> bool:
        return self.profile or self.gradients

    def close_watches(self) -> list[Watch]:
        """What is on while a program is watched closely, beside its cuts."""
        watches: list[tuple[bool, Watch]] = [
            (self.sources, OWN_ANOMALY.stamping),
            (self.sources, watch_nodes),
            (self.profile, watch_forward),
        ]
        return [watch for wanted, watch in watches if wanted]


class Recorder:
    """Watches whatever runs inside `watching()`; `recording()` tells it afterwards.

    The program's results, random numbers and exceptions stay as they are, and what was put into
    torch is taken out again on leaving.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.limit = Limit(self.options.max_steps)
        self.clock, self.steps, self.quiet = Clock(), 0, 0
        self.sites, self.leaves = Sites(), Leaves()
        self.trails = Trails(self.leaves)
        self.keeper = Keeper(self.trails)
        self.attention = Attention(self.trails, *self.options.close_watches())
        self.updates = Updates(self.clock, self.leaves, self._last_step)
        self.validation = Validation(self._last_step)
        self.measures: dict[str, Measures] = {}
        self.seconds, self.memory = Thinned("seconds"), Thinned("memory")
        self.memory_of: str | None = None
        self.device = torch.device("cpu")
        self._previous: float | None = None
        self._sample_at = 0.0
        self.trouble: str | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the block. To be entered once."""
        with (
            watch_starts(self._around),
            self.updates.watching(),
            self.validation.watching(),
            OWN_ANOMALY.watching(),
            self._timed(),
            # Innermost: what comes after the program is not to be stopped by another thread.
            self.limit.watching(),
        ):
            yield

    @contextmanager
    def _timed(self) -> Iterator[None]:
        self.clock.start()
        try:
            self.attention.look()
            yield
        finally:
            self.attention.look_away()
            with self._aside():
                self.validation.settle()
            self.clock.stop()

    def recording(
        self, *, subject: str, ending: Ending, command: str = "", notes: tuple[str, ...] = ()
    ) -> Recording:
        """All that was seen; after `watching()` has ended."""
        journal = self._journal(ending, notes)
        return Recording(
            subject=subject,
            graphs=self.keeper.graphs,
            drawings=self.keeper.drawings,
            environment=environment(self.device, command=command),
            code=excerpts(self.keeper.graphs.values()),
            about=_about(journal),
            journal=journal,
            missing=self.keeper.missing(),
            measures=self.measures,
        )

    def _last_step(self) -> int:
        return max(self.steps - 1, 0)

    @contextmanager
    def _around(self, start: Start) -> Iterator[None]:
        if self.limit.reached:
            self.limit.end()
            self.attention.look_away()
            yield
            return
        measuring, measured = ExitStack(), None
        live: Live | None = None
        size: int | None = None
        site = self._site(start)
        with self._aside():
            self.validation.settle()
            live = self._kept(start, site) if site is not None else None
            if live is not None and self.options.measuring:
                measured = measuring.enter_context(
                    measured_backward(
                        live, timing=self.options.profile, gradients=self.options.gradients
                    )
                )
            size = self._size(start)
        modes = (*self.attention.modes, *self.validation.modes())
        with measuring, self._excusing(live), OWN_ANOMALY.unseen(), paused(modes):
            yield
        with self._aside():
            if live is not None and site is not None:
                self.keeper.note_gradients(start, live)
                if measured is not None:
                    self.measures[site.name] = measured.told()
            self._note(start, site, size)
        with self.clock.spending():
            # Also where something could not be noted: `max_steps` counts on it.
            self.steps += 1
        self.limit.count(self.steps)

    def _site(self, start: Start) -> WatchedSite | None:
        """The site, met for the first time or once more; the program is watched accordingly."""
        with self.clock.spending():
            known = self.sites.knows(start)
            site = self.sites.at(start)
            new = site is not None and not known
            self.quiet = 0 if new else self.quiet + 1
            if new:
                self.attention.look()
            elif self.quiet > QUIET and not self.sites.waiting(self.options.keep_step):
                self.attention.look_away()
            return site

    @contextmanager
    def _excusing(self, live: Live | None) -> Iterator[None]:
        """Where backward raises, nobody knows what would have got a gradient."""
        try:
            yield
        except BaseException:
            if live is not None:
                self.keeper.excuse(live)
            raise

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Work of our own, which no mode is to see: neither ours nor the program's."""
        with self.clock.spending(), torch._C.DisableTorchFunction():
            try:
                yield
            except Exception as error:
                # The program must go on as if nobody had looked; the recording will say it.
                self.trouble = self.trouble or f"{type(error).__name__}: {error}"

    def _kept(self, start: Start, site: WatchedSite) -> Live | None:
        site.calls += 1
        if not site.is_wanted(self.options.keep_step):
            return None
        live = self.keeper.keep(start, site)
        if live is not None:
            site.graph, site.kept = site.name, self.steps
            site.sourced = not self.options.sources or bool(live.graph.sources)
            self.device = _device_of(live) or self.device
        return live

    def _size(self, start: Start) -> int | None:
        if not self.clock.affords():
            return None
        with self.clock.spending(luxury=True):
            return size_of(start.roots)

    def _note(self, start: Start, site: WatchedSite | None, size: int | None) -> None:
        now = self.clock.own
        if self._previous is not None:
            self.seconds.add(self.steps, now - self._previous)
        self._previous = now
        if site is not None:
            site.add_row(self.steps, start.roots)
            if size is not None:
                site.nodes.add(self.steps, float(size))
        for tensor in start.inputs if start.call == "grad" else ():
            if tensor.is_leaf:
                self.leaves.of(tensor).graded = True
        self.leaves.look()
        if not self.updates.count and self.clock.affords():
            with self.clock.spending(luxury=True):
                self.updates.measure_leaves()
        if now >= self._sample_at:
            self._sample_at = now + BETWEEN_SAMPLES
            peak, self.memory_of = peak_so_far(self.device)
            if peak is not None:
                self.memory.add(self.steps, float(peak))

    def _journal(self, ending: Ending, notes: tuple[str, ...]) -> Journal:
        told = self.updates.told()
        return Journal(
            sites=self.sites.told(),
            steps=self.steps,
            updates=self.updates.count,
            ending=ending,
            optimizers=told.optimizers,
            learning_rates=told.learning_rates,
            gradient_norms=told.gradient_norms,
            parameter_norms=told.parameter_norms,
            validation=self.validation.told([site.name for site in self.sites.by_place.values()]),
            seconds=self.seconds.series,
            memory=self.memory.series,
            memory_of=self.memory_of,
            watched=self.clock.elapsed,
            watching=self.clock.watching,
            notes=(*notes, *self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        yield from self.limit.notes()
        for trouble in filter(None, (self.trouble, self.updates.trouble)):
            yield f"Some of the program could not be looked at: {trouble.splitlines()[0]}."
        if self.trails.trouble is not None:
            yield (
                "Where gradients are cut could not be watched to the end: "
                f"{self.trails.trouble.splitlines()[0]}."
            )
        if self.sites.passed_by:
            places = counted(MOST_SITES, "place")
            yield f"Backward started from more than {places}; only these are told apart."


def _about(journal: Journal) -> str:
    started = counted(journal.steps, "time", "times")
    updated = f", and optimizers took {counted(journal.updates, 'step')}" if journal.updates else ""
    return f"Backward was started {started}{updated}. These are the graphs that it went through."


def _device_of(live: Live) -> torch.device | None:
    return next((tensor.device for tensor in live.tensors), None)
