"""Options that several commands share, and what they mean."""

from __future__ import annotations

from pathlib import Path

import click

DEFAULT_EPOCHS, MOST_EPOCHS = 1000, 1_000_000

recording_argument = click.argument(
    "recording", required=False, type=click.Path(path_type=Path), metavar="[RECORDING]"
)
device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="auto, cpu, cuda, cuda:N or mps. auto takes a GPU where there is one.",
)
epochs_option = click.option(
    "--epochs",
    type=click.IntRange(1, MOST_EPOCHS),
    default=DEFAULT_EPOCHS,
    show_default=True,
    help="How long to train.",
)


def _listed(context: click.Context, parameter: click.Parameter, text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


steps_option = click.option(
    "--steps",
    default="",
    callback=_listed,
    metavar="NAME,...",
    help="Tell only these steps of the lesson, as in --steps data,graphs,backward.",
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
