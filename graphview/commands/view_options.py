"""Options that choose what of a graph a picture shows, and how much it tells."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from graphview.draw.detail import Detail
    from graphview.draw.select import Selection
    from graphview.model.graph import Graph

AUTO, NONE = "auto", "none"
# Deeper than modules can be called.
MOST_LEVELS = 10_000


@dataclass(frozen=True, slots=True)
class View:
    """What a picture was asked to show; see the options' own help.

    `fold` is auto, none or the number of levels that are open, `show` has words of `Detail`.
    """

    fold: str = AUTO
    expand: tuple[str, ...] = ()
    focus: str | None = None
    radius: int = 1
    start: str | None = None
    end: str | None = None
    leaves: bool = True
    hide_accumulate: bool = False
    show: tuple[str, ...] = ()

    @property
    def detail(self) -> Detail:
        """How much is told of each node."""
        from graphview.draw.detail import parse

        return parse(",".join(self.show), accumulate=not self.hide_accumulate, leaves=self.leaves)

    @property
    def advice(self) -> str:
        """How to show less than this."""
        if self.fold != AUTO:
            return f"fold more of the graph: leave out --fold {self.fold}."
        if self.expand:
            return "open less of the graph: leave out --expand."
        if self.focus is not None:
            return "show less of the graph, as with a smaller --radius or --no-leaves."
        return "show less of the graph, as with --focus NAME, --from A --to B or --no-leaves."

    def selection(self, graph: Graph) -> Selection | None:
        """The part of the graph that is shown; None for all of it. Errors: SelectionError."""
        from graphview.draw.select import between, focus, restrict

        if self.focus is not None:
            return restrict(graph, focus(graph, self.focus, self.radius))
        if self.start is not None or self.end is not None:
            return restrict(graph, between(graph, self.start, self.end))
        return None


def view_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of `View`, as `view` for the command."""

    @functools.wraps(command)
    def bundled(**values: Any) -> None:
        view = View(**{each.name: values.pop(each.name) for each in fields(View)})
        _refuse_contradictions(view)
        command(view=view, **values)

    for decorate in reversed(_VIEW):
        bundled = decorate(bundled)
    return bundled


def _refuse_contradictions(view: View) -> None:
    context = click.get_current_context()
    if view.focus is not None and not (view.start is None and view.end is None):
        raise click.UsageError(
            "--focus and --from or --to each choose what is shown; leave one of them out.", context
        )
    given = context.get_parameter_source("radius") is ParameterSource.COMMANDLINE
    if given and view.focus is None:
        raise click.UsageError("--radius has no effect without --focus.", context)


def _fold(context: click.Context, parameter: click.Parameter, text: str) -> str:
    asked = text.strip().lower()
    if asked in (AUTO, NONE):
        return asked
    levels = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else -1
    if 0 <= levels <= MOST_LEVELS:
        return str(levels)
    raise click.BadParameter(
        f"{text[:40]!r} is neither {AUTO}, {NONE} nor a whole number up to {MOST_LEVELS:,}."
    )


def _expand(
    context: click.Context, parameter: click.Parameter, paths: tuple[str, ...]
) -> tuple[str, ...]:
    if not all(path.strip() for path in paths):
        raise click.BadParameter("it names no module; give one, as in --expand blocks.0.")
    return paths


def _show(context: click.Context, parameter: click.Parameter, text: str) -> tuple[str, ...]:
    from graphview.draw.detail import words_of

    return words_of(text)


PLACE = (
    "a module's path, as in blocks.3.attn or blocks.*.attn; a leaf, root or variable; an "
    "operation, as in mul or MulBackward0; a box's id, as in n12"
)
_VIEW: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--fold",
        default=AUTO,
        callback=_fold,
        show_default=True,
        metavar="auto|none|N",
        help="Fold modules and repetitions: auto, until the picture can be taken in at once; none, "
        "to draw every node; N, to open so many levels of modules.",
    ),
    click.option(
        "--expand",
        multiple=True,
        callback=_expand,
        metavar="PATH",
        help="Open this module in a folded picture, as in --expand blocks.0; may be repeated.",
    ),
    click.option(
        "--focus",
        metavar="MODULE_OR_NODE",
        help=f"Show only this and what is near it: {PLACE}.",
    ),
    click.option(
        "--radius",
        type=click.IntRange(0),
        default=1,
        show_default=True,
        metavar="K",
        help="With --focus: how many arrows away from it something may be.",
    ),
    click.option(
        "--from",
        "start",
        metavar="A",
        help="Show only what A leads to in the forward pass; with --to B what lies between. A and "
        "B are named as for --focus.",
    ),
    click.option("--to", "end", metavar="B", help="Show only what leads to B."),
    click.option(
        "--leaves/--no-leaves",
        default=True,
        show_default=True,
        help="Show the leaves, or leave them out.",
    ),
    click.option(
        "--hide-accumulate",
        is_flag=True,
        help="Leave out AccumulateGrad, the bookkeeping between a leaf and its uses.",
    ),
    click.option(
        "--show",
        default="",
        callback=_show,
        metavar="WORD,...",
        help="Tell more: shapes, names (of variables), dtypes, source (file and line), saved "
        "(tensors kept for backward) and constants (inputs without a gradient).",
    ),
)
