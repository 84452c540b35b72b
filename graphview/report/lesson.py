"""The lesson's steps as the page tells them: code, what came of it, graphs, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from graphview.draw.engines import Layout
from graphview.model.graph import Graph
from graphview.model.recording import Recording
from graphview.model.step import Failure, Step
from graphview.report.identity import Keys
from graphview.report.kin import Change, change
from graphview.report.pictures import Picture, picture
from graphview.report.prose import Paragraph, paragraphs
from graphview.report.selection import whole


@dataclass(frozen=True, slots=True)
class Sight:
    """A graph of a step: what changed, and its picture unless an earlier one shows the same."""

    title: str
    text: str
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class ToldStep:
    """One step, ready for the page; `number` counts from 1 through all parts."""

    number: int
    key: str
    title: str
    text: list[Paragraph]
    lines: tuple[str, ...]
    file: str
    output: str
    failure: Failure | None
    after: list[Paragraph]
    sights: list[Sight] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    steps: list[ToldStep]


@dataclass(frozen=True, slots=True)
class Shown:
    """A graph of a step, in the order of the lesson; `name` is its drawing's name on this page."""

    number: int
    step: Step
    label: str
    graph: Graph
    name: str
    change: Change | None


def shown_graphs(recording: Recording) -> list[Shown]:
    """The graphs of all steps, each compared with those of the same root before it."""
    found, before = list[Shown](), dict[str, list[Shown]]()
    for number, step in enumerate(recording.steps, 1):
        for label, graph in step.graphs.items():
            earlier = before.setdefault(graph.roots[0].name, [])
            changed = _change(earlier, graph)
            found.append(Shown(number, step, label, graph, f"{step.key}.{label}", changed))
            earlier.append(found[-1])
    return found


def _change(earlier: list[Shown], graph: Graph) -> Change | None:
    """Against the first graph that is the same, else against the last one."""
    for shown in earlier:
        found = change(shown.graph, graph)
        if found.same:
            epoch = shown.label.partition("-epoch-")[2]
            where = f"step {shown.number}" + (f", epoch {epoch}" if epoch else "")
            return replace(found, text=f"As in {where}: {found.text}")
    return change(earlier[-1].graph, graph) if earlier else None


def drawings(recording: Recording) -> dict[str, str]:
    """The DOT of the pictures that show every node, by name: the recording's, then the steps'."""
    of_steps = {
        shown.name: shown.step.drawings[shown.label]
        for shown in shown_graphs(recording)
        if shown.change is None or not shown.change.same
    }
    return {name: recording.drawings[name] for name in whole(recording)} | of_steps


def graphs(recording: Recording) -> dict[str, Graph]:
    """The graphs of the same pictures, by the same names."""
    names = drawings(recording)
    of_steps = {s.name: s.graph for s in shown_graphs(recording) if s.name in names}
    return recording.graphs | of_steps


def labels(recording: Recording) -> dict[str, str]:
    """Where each of the steps' graphs stands, in words."""
    return {shown.name: f"step {shown.number}" for shown in shown_graphs(recording)}


def parts(
    recording: Recording, layouts: Mapping[str, Layout], keys: Mapping[str, Keys]
) -> list[Part]:
    """The steps under their headings; `keys` lead from the graphs' boxes to their cards."""
    sights = dict[str, list[Sight]]()
    for shown in shown_graphs(recording):
        sights.setdefault(shown.step.key, []).append(_sight(shown, layouts, keys))
    told = [
        (step.part, _told(number, step, sights.get(step.key, [])))
        for number, step in enumerate(recording.steps, 1)
    ]
    return [
        Part(title, [step for _, step in steps])
        for title, steps in groupby(told, key=lambda pair: pair[0])
    ]


def _told(number: int, step: Step, sights: list[Sight]) -> ToldStep:
    return ToldStep(
        number,
        step.key,
        step.title,
        paragraphs(step.text),
        step.code.lines,
        step.code.file,
        step.output,
        step.failure,
        paragraphs(step.after),
        sights,
    )


def _sight(shown: Shown, layouts: Mapping[str, Layout], keys: Mapping[str, Keys]) -> Sight:
    title, changed = f"The graph of {shown.label.replace('-epoch-', ' in epoch ')}", shown.change
    if changed is not None and changed.same:
        return Sight(title, changed.text)
    made = picture(
        shown.label,
        shown.graph,
        layouts[shown.name],
        keys[shown.name],
        prefix=f"s{shown.number}-{list(shown.step.graphs).index(shown.label)}-",
        seen=changed.kept if changed else frozenset(),
        caption=changed.text if changed else "",
    )
    return Sight(title, made.caption, made)
