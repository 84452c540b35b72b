"""The lesson as a recording: every step run in order, with its graphs, runs and numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from graphview.lesson import data as lesson_data
from graphview.lesson.plan import PlannedStep, chosen
from graphview.lesson.play import Player
from graphview.lesson.settings import Settings
from graphview.lesson.words import fill
from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.model.step import Excerpt, Step
from graphview.observe.environment import environment
from graphview.observe.memory import Peak
from graphview.observe.seeds import keep_random_state

SUBJECT, MAIN, FORWARD = "linear regression", "zeroed", "forward"
POINTS = (
    f"{lesson_data.TRAINING_POINTS} points made as "
    f"y = {lesson_data.TRUE_A:g} + {lesson_data.TRUE_B:g}x plus noise"
)
ABOUT = (
    f"PyTorch fitted y = a + b·x to {POINTS}. "
    "These are the graphs that it recorded, and how the training went."
)
ABOUT_A_PART = f"A part of the lesson that fits y = a + b·x to {POINTS}."


def record_lesson(
    device: torch.device,
    *,
    epochs: int = 1000,
    initial: tuple[float, float] | None = None,
    steps: Sequence[str] = (),
    on_step: Callable[[int, int, str], None] = lambda number, of, title: None,
    command: str = "",
) -> Recording:
    """Run the lesson, or some of its `steps` by key, and record it.

    `initial` sets a and b by hand instead of by seed 42. `on_step` gets the number of the step that
    begins, how many there are, and its title. The caller's random state stays as it was.
    Errors: SubjectError for a step that the lesson doesn't have.
    """
    settings, kind = Settings(device, epochs, initial), "cpu" if device.type == "cpu" else "gpu"
    planned = chosen(steps, kind)
    with keep_random_state(device), Peak(device) as peak:
        player, told, forward = Player(settings), list[Step](), None
        for number, (step, is_told) in enumerate(planned):
            on_step(number, len(planned), step.title)
            played = player.play(step)
            if step.key == FORWARD:
                # Its graphs are the recording's own.
                forward, played = played, replace(played, graphs={}, drawings={})
            if is_told:
                told.append(_with_words(played, step, kind, player.variables))
    return _recording(player, told, forward, device, peak, command)


def _recording(
    player: Player,
    steps: list[Step],
    forward: Step | None,
    device: torch.device,
    peak: Peak,
    command: str,
) -> Recording:
    kept = {step.run for step in steps}
    runs = tuple(_with_memory(run, peak) for run in player.runs if run.name in kept)
    return Recording(
        subject=SUBJECT,
        graphs=forward.graphs if forward else {},
        drawings=forward.drawings if forward else {},
        environment=environment(device, command=command),
        runs=runs,
        main=MAIN if MAIN in kept else next((run.name for run in runs), None),
        code=(_forward_lines(forward),) if forward else (),
        about=ABOUT if runs and forward else ABOUT_A_PART,
        backward=player.backward,
        surface=lesson_data.loss_surface(player.data),
        points=lesson_data.points(player.data),
        steps=tuple(steps),
    )


def _forward_lines(step: Step) -> Excerpt:
    """The lines that made the graphs' nodes."""
    lines = [source.line for graph in step.graphs.values() for source in graph.sources]
    first, last = min(lines), max(lines)
    return Excerpt(step.code.file, first, step.code.lines[first - 1 : last])


def _with_memory(run: TrainingRun, peak: Peak) -> TrainingRun:
    return replace(run, peak_memory=peak.bytes, memory_of=peak.of)


def _with_words(played: Step, step: PlannedStep, kind: str, variables: dict[str, Any]) -> Step:
    """The step with its texts; their {expressions} are computed from what the step left behind."""
    variables = variables | {"swing_epochs": lesson_data.swing_epochs}
    after = (*step.after, *(step.cpu if kind == "cpu" else step.gpu))
    if step.fails and played.failure is None:
        after = (f"With torch {torch.__version__} this no longer fails.",)
    return replace(
        played,
        text=tuple(fill(paragraph, variables) for paragraph in step.text),
        after=tuple(fill(paragraph, variables) for paragraph in after),
    )
