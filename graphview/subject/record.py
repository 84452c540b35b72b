"""A subject of the command line -> a recording of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from graphview.autograd import Live, capture_live
from graphview.autograd.names import names_from
from graphview.autograd.tensors import node_of
from graphview.draw.drawing import to_dot
from graphview.draw.makedot import draw
from graphview.draw.picture import MOST_WHOLE
from graphview.errors import SubjectError
from graphview.model.journal import Ending, Journal
from graphview.model.missing import Missing
from graphview.model.recording import Recording
from graphview.observe.environment import environment
from graphview.observe.excerpts import excerpts
from graphview.observe.gaps import gaps
from graphview.observe.recorder import Options, Recorder
from graphview.observe.trails import joints_of
from graphview.subject.ending import Ran
from graphview.subject.find import Subject
from graphview.subject.function import Called, call
from graphview.subject.notebook import run_notebook
from graphview.subject.script import run_script

MOST_ROOTS = 8
LEFT = "These are the graphs of the tensors that its variables held at the end."
RUNNERS: dict[str, Callable[[Path, Sequence[str]], Ran]] = {
    "script": run_script,
    "notebook": run_notebook,
}


def record_subject(
    subject: Subject,
    arguments: Sequence[str] = (),
    *,
    device: torch.device | None = None,
    options: Options | None = None,
    command: str = "",
) -> Recording:
    """Run a script, notebook or callable and record it; how it ended is in the journal.

    `arguments` are those of a script or notebook; `device` is for a callable, None for wherever it
    makes its tensors. Errors: SubjectError for what cannot be run at all.
    """
    options = options or Options()
    if subject.kind == "callable":
        return _recorded_call(subject, device, options, command)
    if subject.path is None or subject.kind not in RUNNERS:
        raise SubjectError(f"{subject.text} is nothing that can be run.")
    recorder = Recorder(options)
    with recorder.watching():
        ran = RUNNERS[subject.kind](subject.path, arguments)
    recording = recorder.recording(
        subject=subject.name, ending=ran.ending, command=command, notes=ran.notes
    )
    started = recorder.steps or recorder.sites.by_place
    return recording if started else _with_what_is_left(recording, ran)


def _with_what_is_left(recording: Recording, ran: Ran) -> Recording:
    """Of a program that never started backward: the graphs of what its variables still hold."""
    tensors = {
        name: value
        for name, value in ran.variables.items()
        if isinstance(value, torch.Tensor) and node_of(value) is not None
    }
    if not tensors:
        return recording
    lives = _captured(tensors, recording.subject, [ran.variables])
    graphs = {name: live.graph for name, live in lives.items()}
    return replace(
        recording,
        graphs=graphs,
        drawings=_drawn(lives),
        code=excerpts(graphs.values()),
        about=f"{recording.subject} never started backward. {LEFT}",
    )


def _recorded_call(
    subject: Subject, device: torch.device | None, options: Options, command: str
) -> Recording:
    called = call(subject, device, sources=options.sources)
    if called.ending.kind != "finished":
        return _without_graphs(subject, called.ending, command)
    lives = _captured(called.tensors, called.name, list(called.scopes()))
    graphs = {name: live.graph for name, live in lives.items()}
    return Recording(
        subject=subject.name,
        graphs=graphs,
        drawings=_drawn(lives),
        environment=environment(next(iter(called.tensors.values())).device, command=command),
        code=excerpts(graphs.values()),
        about=f"{subject.name} was called once. These are the graphs of what it returned.",
        missing=_missing(called, lives),
    )


def _without_graphs(subject: Subject, ending: Ending, command: str) -> Recording:
    return Recording(
        subject=subject.name,
        graphs={},
        drawings={},
        environment=environment(torch.device("cpu"), command=command),
        about=f"{subject.name} did not return.",
        journal=Journal(sites=(), steps=0, updates=0, ending=ending),
    )


def _captured(
    tensors: Mapping[str, torch.Tensor], name: str, scopes: Sequence[Mapping[str, Any]]
) -> dict[str, Live]:
    """A graph for each root; of very many roots one for all, with this name."""
    targets = {root: {root: tensor} for root, tensor in tensors.items()}
    if len(targets) > MOST_ROOTS:
        targets = {name: dict(tensors)}
    return {key: capture_live(target, scopes=scopes) for key, target in targets.items()}


def _drawn(lives: Mapping[str, Live]) -> dict[str, str]:
    """The drawings of those that are not too large for one."""
    return {
        name: to_dot(draw(live.graph, live.tensors, live.functions))
        for name, live in lives.items()
        if len(live.graph.nodes) <= MOST_WHOLE
    }


def _missing(called: Called, lives: dict[str, Live]) -> tuple[Missing, ...]:
    """The parameters that no root's backward would reach."""
    leaves = called.trails.leaves
    leaves.meet(names_from(None, called.scopes()).leaves())
    for live in lives.values():
        functions: list[Any] = live.functions
        for leaf in live.graph.leaves:
            # Nobody called backward; it would bring a gradient here.
            facts = leaves.of(functions[leaf.node].variable)
            facts.reached = facts.graded = True
    joints = [joint for live in lives.values() for joint in joints_of(live.functions)]
    return gaps(called.trails, joints)
