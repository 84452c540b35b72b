"""The options that choose what a picture shows, as a command gets them."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner, Result
from handmade import model

from graphview.commands.view_options import View, view_options
from graphview.draw.detail import Detail
from graphview.errors import SelectionError

MODEL = model()


def asked(*arguments: str) -> tuple[View | None, Result]:
    seen: list[View] = []

    @click.command()
    @view_options
    @click.option("--theme", default="auto")
    def command(view: View, theme: str) -> None:
        assert theme == "auto"
        seen.append(view)

    result = CliRunner().invoke(command, arguments)
    return (seen[0] if seen else None), result


@pytest.mark.parametrize(
    ("arguments", "view"),
    [
        ("", View()),
        ("--fold NONE", View(fold="none")),
        ("--fold 007", View(fold="7")),
        ("--expand blocks.0 --expand blocks.1", View(expand=("blocks.0", "blocks.1"))),
        ("--focus n4 --radius 0", View(focus="n4", radius=0)),
        ("--from w --to loss", View(start="w", end="loss")),
        ("--no-leaves", View(leaves=False)),
        ("--hide-accumulate", View(hide_accumulate=True)),
        ("--show saved,shapes,saved", View(show=("saved", "shapes"))),
    ],
)
def test_a_command_gets_what_was_asked(arguments: str, view: View) -> None:
    found, result = asked(*arguments.split())
    assert result.exit_code == 0, result.output
    assert found == view


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--fold -1", "'-1' is neither auto, none nor a whole number up to 10,000."),
        ("--fold 2.5", "'2.5' is neither"),
        ("--expand=", "it names no module; give one, as in --expand blocks.0."),
        ("--fold 10001", "'10001' is neither"),
        ("--fold ٣", "'٣' is neither"),
        ("--radius -1", "--radius"),
        ("--radius 2", "--radius has no effect without --focus."),
        ("--radius 2 --from w", "--radius has no effect without --focus."),
        ("--focus w --to loss", "leave one of them out."),
        ("--focus w --from loss", "leave one of them out."),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: str, told: str) -> None:
    found, result = asked(*arguments.split())
    assert (found, result.exit_code) == (None, 2)
    assert told in " ".join(result.output.replace("│", " ").split())


def test_a_number_of_any_length_is_refused() -> None:
    found, result = asked("--fold", "9" * 5_000)
    assert (found, result.exit_code) == (None, 2)
    assert len(result.output) < 600


def test_an_unknown_word_is_refused_before_the_work() -> None:
    found, result = asked("--show", "shape")
    assert found is None
    assert isinstance(result.exception, SelectionError)
    assert "did you mean shapes?" in str(result.exception)


def test_a_view_gives_its_detail() -> None:
    view = View(show=("names",), leaves=False, hide_accumulate=True)
    assert view.detail == Detail(names=True, leaves=False, accumulate=False)


@pytest.mark.parametrize(
    ("view", "kept"),
    [
        (View(focus="n7"), {6, 7}),
        (View(focus="n7", radius=2), {1, 5, 6, 7}),
        (View(start="act#0", end="y"), {2, 4, 5}),
        (View(start="scaled"), {6, 7}),
        (View(end="act#0"), {0, 1, 2}),
    ],
)
def test_a_view_selects_its_part_of_a_graph(view: View, kept: set[int]) -> None:
    part = view.selection(MODEL)
    assert part is not None
    assert part.kept == kept


def test_by_default_all_is_shown() -> None:
    assert View().selection(MODEL) is None


def test_the_help_tells_of_each_option() -> None:
    _, result = asked("--help")
    for option in ("fold", "expand", "focus", "radius", "from", "to", "no-leaves", "show"):
        assert f"--{option}" in result.output
