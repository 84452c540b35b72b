"""Options that say how a picture looks and in which format it is written."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphview.files import DEVICES, STDOUT

if TYPE_CHECKING:
    from graphview.draw.fit import Style
    from graphview.draw.fitted import Page

THEMES = ("auto", "light", "dark", "print")
FITS = ("16:9", "4:3", "a4", "none")
BACKGROUNDS = ("none", "white", "page")
FORMATS = "svg|png|pdf|pptx|dot|mmd|json|html"
WIDEST, LARGEST_SCALE, LARGEST_FONT = 30_000, 20.0, 200.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a picture was asked to be; see the options' own help."""

    format: str | None = None
    theme: str = "auto"
    background: str | None = None
    fit: str | None = None
    width: int | None = None
    scale: float | None = None
    title: str | None = None
    font_size: float | None = None

    @property
    def style(self) -> Style:
        from graphview.draw.fit import Style

        return Style(**{each.name: getattr(self, each.name) for each in fields(Style)})

    def page(self, format: str) -> Page:
        """Where a scene is going to be: how it is arranged there, and whether it can be read."""
        from graphview.draw.fitted import Page
        from graphview.draw.formats import arranged_for, complaint, is_bounded

        style = self.style
        return Page(
            is_bounded(format, style),
            lambda scene: arranged_for(scene, format, style),
            lambda scene: complaint(scene, format, style) is None,
        )

    def format_for(self, output: str | None) -> str:
        """The format to write, by the option, else by the file's suffix, else SVG.

        Errors: OutputError for an unknown suffix and for a format that lacks what it needs,
        click.UsageError for options that it cannot follow.
        """
        from graphview.draw.formats import check_format, format_of, without_effect

        format = self.format
        if format is None:
            format = "svg" if output is None or _has_no_use(output) else format_of(output)
        check_format(format)
        for name in without_effect(format, self.style):
            option = name.replace("_", "-")
            raise click.UsageError(
                f"--{option} has no effect on {format}; leave it out.",
                click.get_current_context(),
            )
        return format


def picture_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of `Wanted`, as `wanted` for the command."""

    @functools.wraps(command)
    def bundled(**values: Any) -> None:
        wanted = Wanted(**{each.name: values.pop(each.name) for each in fields(Wanted)})
        if wanted.width is not None and wanted.scale is not None:
            raise click.UsageError(
                "--width and --scale each say how large it is; leave one of them out.",
                click.get_current_context(),
            )
        command(wanted=wanted, **values)

    for decorate in reversed(_PICTURE):
        bundled = decorate(bundled)
    return bundled


def _has_no_use(output: str) -> bool:
    """Whether what is named has no use for a suffix: a stream, a device, a folder."""
    path = Path(output)
    # Behind /dev/stdout may be a file.
    if output == STDOUT or output.endswith(("/", "\\")) or path.is_relative_to(DEVICES):
        return True
    return path.exists() and not path.is_file()


def _format(context: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    if name is None or name.lower() in FORMATS.split("|"):
        return name if name is None else name.lower()
    raise click.BadParameter(f"{name!r} is not one of {', '.join(FORMATS.split('|'))}.")


def _finite(
    context: click.Context, parameter: click.Parameter, value: float | None
) -> float | None:
    # No range of click's leaves out what is not a number.
    if value is not None and not isfinite(value):
        raise click.BadParameter(f"{value} is not a number to draw with.")
    return value


_PICTURE: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--format",
        metavar=FORMATS,
        callback=_format,
        help="What to write, whatever the file is called.",
    ),
    click.option(
        "--theme",
        type=click.Choice(THEMES),
        default="auto",
        show_default=True,
        help="auto is light, and dark where the reader's system is; print is black on white.",
    ),
    click.option(
        "--background",
        type=click.Choice(BACKGROUNDS),
        help="What lies behind: none, white, or page, which is the theme's own.",
    ),
    click.option(
        "--fit",
        type=click.Choice(FITS),
        help="Put it on a slide or a sheet of paper, as large as it fits; pptx is 16:9 by default.",
    ),
    click.option(
        "--width", type=click.IntRange(16, WIDEST), metavar="PX", help="How wide it is, in px."
    ),
    click.option(
        "--scale",
        type=click.FloatRange(0.01, LARGEST_SCALE),
        callback=_finite,
        metavar="N",
        help="How many times as large it is; png is 2 by default.",
    ),
    click.option("--title", metavar="TEXT", help="A heading above it."),
    click.option(
        "--font-size",
        type=click.FloatRange(1, LARGEST_FONT),
        callback=_finite,
        metavar="PT",
        help="The size of the text in its boxes, 10 by default; with --fit the largest allowed.",
    ),
)
