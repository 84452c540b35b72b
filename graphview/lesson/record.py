"""The lesson as a recording: graphs and drawings of its first step, its run, its code."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch

from graphview.autograd import capture_live
from graphview.autograd.locate import short_path
from graphview.draw.drawing import to_dot
from graphview.draw.makedot import draw
from graphview.lesson import data as lesson_data
from graphview.lesson import regression
from graphview.lesson.training import Log, Roots, train
from graphview.model.graph import Graph
from graphview.model.recording import Recording
from graphview.model.run import TrainingRun
from graphview.model.step import Excerpt
from graphview.observe.environment import environment
from graphview.observe.memory import Peak
from graphview.observe.seeds import keep_random_state

SUBJECT = "linear regression"
ABOUT = (
    f"PyTorch fitted y = a + b·x to {lesson_data.TRAINING_POINTS} points made as "
    f"y = {lesson_data.TRUE_A:g} + {lesson_data.TRUE_B:g}x plus noise. "
    "These are the graphs that it recorded, and how the training went."
)


def record_lesson(
    device: torch.device,
    *,
    epochs: int = regression.EPOCHS,
    initial: tuple[float, float] | None = None,
    zero: bool = True,
    on_epoch: Callable[[int], None] = lambda epoch: None,
    command: str = "",
) -> Recording:
    """Run the lesson and record it.

    `initial` sets a and b by hand instead of by seed 42. The caller's random state stays as it was.
    """
    data = lesson_data.make_data()
    with keep_random_state(device), Peak(device) as peak:
        tensors = lesson_data.to_tensors(data, device)
        a, b = _parameters(device, initial)
        pictures = _Pictures({"a": a, "b": b}, {"x": tensors.x_train, "y": tensors.y_train})
        log = train(
            a, b, tensors, epochs=epochs, zero=zero, on_first_forward=pictures.take,
            on_epoch=on_epoch,
        )  # fmt: skip
    return Recording(
        subject=SUBJECT,
        graphs=pictures.graphs,
        drawings=pictures.drawings,
        environment=environment(device, command=command),
        runs=(_run(log, device, data, peak, zero=zero, seeded=initial is None),),
        main=_name(zero),
        surface=lesson_data.loss_surface(data),
        code=_code(),
        about=ABOUT,
    )


class _Pictures:
    """Captures and draws each root of the first step while it is alive."""

    def __init__(self, params: Roots, data: Roots) -> None:
        self.params, self.data = params, data
        self.graphs: dict[str, Graph] = {}
        self.drawings: dict[str, str] = {}

    def take(self, roots: Roots) -> None:
        for name, tensor in roots.items():
            live = capture_live({name: tensor}, params=self.params, scopes=[self.data])
            self.graphs[name] = live.graph
            self.drawings[name] = to_dot(draw(live.graph, live.tensors, live.functions))


def _parameters(
    device: torch.device, initial: tuple[float, float] | None
) -> tuple[torch.Tensor, torch.Tensor]:
    if initial is None:
        return regression.initial_parameters(device)
    a, b = (torch.tensor([value], device=device, requires_grad=True) for value in initial)
    return a, b


def _name(zero: bool) -> str:
    return "gradients zeroed" if zero else "gradients never zeroed"


def _run(
    log: Log, device: torch.device, data: lesson_data.Data, peak: Peak, *, zero: bool, seeded: bool
) -> TrainingRun:
    best_a, best_b, best_loss = lesson_data.least_squares(data)
    seeds = {"data (NumPy)": lesson_data.SEED}
    return TrainingRun(
        name=_name(zero),
        device=str(device),
        learning_rate=regression.LEARNING_RATE,
        loss=tuple(log.loss),
        validation_loss=tuple(log.validation_loss),
        seconds=tuple(log.seconds),
        parameters={"a": tuple(log.a), "b": tuple(log.b)},
        gradients={"a": tuple(log.grad_a), "b": tuple(log.grad_b)},
        truth={"a": lesson_data.TRUE_A, "b": lesson_data.TRUE_B},
        optimum={"a": best_a, "b": best_b},
        optimum_loss=best_loss,
        seeds=seeds | ({"parameters (torch)": regression.SEED} if seeded else {}),
        counts={"training": len(data.x_train), "validation": len(data.x_val)},
        peak_memory=peak.bytes,
        memory_of=peak.of,
    )


def _code() -> tuple[Excerpt, ...]:
    parts = (
        regression.forward,
        train,
        regression.update,
        regression.zero_gradients,
        regression.initial_parameters,
    )
    return tuple(_excerpt(part) for part in parts)


def _excerpt(function: Callable[..., object]) -> Excerpt:
    lines, first = inspect.getsourcelines(function)
    file = short_path(inspect.getsourcefile(function) or "")
    return Excerpt(file, first, tuple(line.rstrip("\n") for line in lines))
