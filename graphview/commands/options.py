"""Options that several commands share, and what they mean."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import click

DEFAULT_EPOCHS, MOST_EPOCHS = 1000, 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command was asked to look at, and how; see the options' own help."""

    subject: str | None
    arguments: tuple[str, ...]
    device: str = "auto"
    epochs: int = 1
    steps: tuple[str, ...] = ()
    step: int = 0
    max_steps: int | None = None
    no_sources: bool = False
    profile: bool = False
    gradients: bool = False


def subject_options(command: Callable[..., None]) -> Callable[..., None]:
    """SUBJECT, ARGS and the options of programs and callables, as `asked` for the command."""

    @functools.wraps(command)
    def bundled(**values: Any) -> None:
        known = {each.name: values.pop(each.name) for each in fields(Asked) if each.name in values}
        command(asked=Asked(**known), **values)

    for decorate in reversed(_SUBJECT):
        bundled = decorate(bundled)
    return bundled


def lesson_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of the lesson alone."""
    return epochs_option(steps_option(command))


_SUBJECT: tuple[Callable[[Any], Any], ...] = (
    click.argument("subject", required=False),
    click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]..."),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="NAME",
        help="Of the lesson or a function: auto, cpu, cuda, cuda:N, mps, and of a function meta, "
        "for shapes without numbers. auto takes a GPU where there is one.",
    ),
    click.option(
        "--step",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        metavar="N",
        help="Of a program: which backward of each place in the code to keep whole, from 0.",
    ),
    click.option(
        "--max-steps",
        type=click.IntRange(1),
        metavar="N",
        help="Of a program: end it after so many backward passes.",
    ),
    click.option(
        "--no-sources",
        is_flag=True,
        help="Of a program or a function: leave out source lines, which costs less time.",
    ),
    click.option(
        "--profile",
        is_flag=True,
        help="Of a program: measure forward and backward time of each node that is kept.",
    ),
    click.option(
        "--gradients",
        is_flag=True,
        help="Of a program: measure the gradient that flows through each node that is kept.",
    ),
)
epochs_option = click.option(
    "--epochs",
    type=click.IntRange(1, MOST_EPOCHS),
    default=DEFAULT_EPOCHS,
    show_default=True,
    help="Of the lesson: how long to train.",
)


def _listed(context: click.Context, parameter: click.Parameter, text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


steps_option = click.option(
    "--steps",
    default="",
    callback=_listed,
    metavar="NAME,...",
    help="Of the lesson: tell only these steps, as in --steps data,graphs,backward.",
)


def _known_engine(context: click.Context, parameter: click.Parameter, name: str) -> str:
    from graphview.draw.engines import candidates

    # Now rather than after the training.
    candidates(name)
    return name


engine_option = click.option(
    "--engine",
    default="auto",
    callback=_known_engine,
    show_default=True,
    metavar="NAME",
    help="Who lays the graph out: wasm (Graphviz inside this package), dot (on PATH), or auto.",
)
