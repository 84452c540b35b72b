"""`graphview render`: formats, sizes, themes, several pictures, and what it refuses."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from pptx import Presentation
from processes import files_in

from graphview.cli import COULD_NOT, FINE, run
from graphview.commands import picture_options
from graphview.draw.fit import FITS
from graphview.draw.formats import FORMATS, png
from graphview.draw.palette import THEMES
from graphview.errors import OutputError

pytestmark = pytest.mark.usefixtures("here")

ROOTS = ("yhat", "error", "loss")
Said = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], recording: str) -> Said:
    """Renders the recording, and returns the exit code and the lines on standard error."""

    def render(*arguments: str) -> tuple[int, list[str]]:
        code = run(["render", recording, *arguments])
        captured = capsys.readouterr()
        assert captured.out == ""
        return code, captured.err.splitlines()

    return render


@pytest.mark.parametrize("name", FORMATS)
def test_the_suffix_says_what_is_written(said: Said, name: str) -> None:
    assert said("-o", f"x.{name}") == (FINE, [f"Wrote x.{name}"])
    by_suffix = Path(f"x.{name}").read_bytes()
    assert said("--format", name.upper()) == (FINE, [f"Wrote loss.{name}"])
    assert Path(f"loss.{name}").read_bytes() == by_suffix


def test_the_option_wins_over_the_suffix(said: Said) -> None:
    assert said("-o", "x.txt", "--format", "mmd")[0] == FINE
    assert Path("x.txt").read_text(encoding="utf-8").startswith("flowchart TD")


def test_any_format_goes_to_standard_output(
    recording: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["render", recording, "-o", "-", "--format", "png"]) == FINE
    assert Image.open(io.BytesIO(capfdbinary.readouterr().out)).format == "PNG"


def test_a_picture_fits_its_slide_and_has_its_title(said: Said) -> None:
    assert said("--fit", "16:9", "--title", "The loss", "--width", "960", "-o", "x.png")[0] == FINE
    with Image.open("x.png") as image:
        assert image.size == (960, 540)
    assert said("--fit", "16:9", "--title", "The loss")[0] == FINE
    svg = Path("loss.svg").read_text(encoding="utf-8")
    assert 'width="1280" height="720" viewBox="0 0 960 540"' in svg
    assert re.search(r'<text class="gv-heading"[^>]*>The loss</text>', svg)


def test_the_font_size_reaches_the_boxes(said: Said) -> None:
    assert said("-o", "a.svg")[0] == said("-o", "b.svg", "--font-size", "20")[0] == FINE
    widths = [re.findall(r'width="(\d+)"', Path(p).read_text())[0] for p in ("a.svg", "b.svg")]
    assert int(widths[1]) == pytest.approx(2 * int(widths[0]), abs=1)


def test_text_that_becomes_too_small_is_said_and_drawn(said: Said) -> None:
    code, lines = said("--width", "90", "-o", "x.svg")
    assert code == FINE
    assert lines[0].startswith("Note: 90 px wide the text is") and "--focus" in lines[0]
    assert lines[1:] == ["Wrote x.svg"]


def test_letters_that_the_format_cannot_show_are_told(
    recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", recording, "-o", "a.pdf", "--title", "שלום"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "Note: the PDF cannot show 'שלום' as they are written; write .svg or .png instead.",
        "Wrote a.pdf",
    ]


# Several pictures.


def test_every_root_has_its_file_in_a_new_folder(said: Said) -> None:
    assert said("--all-roots", "-o", "new/deep/") == (
        FINE,
        [f"Wrote {Path('new', 'deep', f'{name}.svg')}" for name in ROOTS],
    )
    assert said("--root", "error", "-o", "error.svg")[0] == FINE
    assert Path("error.svg").read_bytes() == Path("new/deep/error.svg").read_bytes()


@pytest.mark.parametrize(
    ("output", "files"),
    [
        ([], [f"{name}.svg" for name in ROOTS]),
        (["--format", "png"], [f"{name}.png" for name in ROOTS]),
        (["-o", "a-{root}.mmd"], [f"a-{name}.mmd" for name in ROOTS]),
        (["-o", "a.dot"], [f"a-{name}.dot" for name in ROOTS]),
        (["-o", "."], [f"{name}.svg" for name in ROOTS]),
    ],
    ids=str,
)
def test_files_of_all_roots_are_called_after_them(
    said: Said, here: Path, output: list[str], files: list[str]
) -> None:
    assert said("--all-roots", *output)[0] == FINE
    assert files_in(here) == sorted(files)


def test_a_deck_has_a_slide_for_every_root_and_a_pdf_a_page(said: Said) -> None:
    assert said("--all-roots", "-o", "x.pptx") == (FINE, ["Wrote x.pptx"])
    assert len(Presentation("x.pptx").slides) == 3
    assert said("--all-roots", "--format", "pdf") == (FINE, ["Wrote graphs.pdf"])
    assert len(pypdfium2.PdfDocument("graphs.pdf")) == 3


def test_steps_are_numbered_pictures_of_one_size(said: Said, here: Path) -> None:
    assert said("--steps", "roots", "-o", "x.svg")[0] == FINE
    assert files_in(here) == ["x-01.svg", "x-02.svg", "x-03.svg"]
    boxes = {re.findall(r'viewBox="[^"]*"', Path(p).read_text())[0] for p in files_in(here)}
    assert len(boxes) == 1
    ids = [set(re.findall(r'data-node="(\w+)"', Path(p).read_text())) for p in files_in(here)]
    assert ids[0] < ids[1] < ids[2]


def test_steps_without_a_name_are_called_after_the_root(said: Said, here: Path) -> None:
    assert said("--steps", "backward", "--root", "yhat")[0] == FINE
    assert files_in(here)[0] == "yhat-01.svg"
    assert len(files_in(here)) > 3


def test_steps_in_one_deck_keep_their_places(said: Said) -> None:
    assert said("--steps", "roots", "-o", "x.pptx") == (FINE, ["Wrote x.pptx"])
    slides = Presentation("x.pptx").slides
    places = [{s.name: (s.left, s.top) for s in slide.shapes} for slide in slides]
    assert len(places) == 3
    for before, later in pairwise(places):
        assert before.items() <= later.items()


def test_the_help_names_what_there_is() -> None:
    assert picture_options.FORMATS.split("|") == list(FORMATS)
    assert ("auto", *THEMES) == picture_options.THEMES
    assert picture_options.FITS == FITS


# What is refused, before any work.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.jpg"], ".jpg names no format; choose one of .svg, .png, .pdf, .pptx, .dot, .mm"),
        (["-o", "x"], "x has no suffix that names a format;"),
        (["--format", "gif"], "'gif' is not one of svg, png, pdf,"),
        (["--fit", "a3"], "'a3' is not one of '16:9', '4:3', 'a4', 'none'."),
        (["--width", "0"], "0 is not in the range"),
        (["--scale", "nan"], "nan is not a number to draw with."),
        (["--font-size", "nan"], "nan is not a number to draw with."),
        (["--font-size", "1000"], "1000.0 is not in the range"),
        (["--width", "100", "--scale", "2"], "--width and --scale each say how large it is;"),
        (["--width", "100", "-o", "x.pptx"], "--width has no effect on pptx; leave it out."),
        (["--theme", "dark", "-o", "x.json"], "--theme has no effect on json; leave it out."),
        (["--font-size", "8", "-o", "x.mmd"], "--font-size has no effect on mmd; leave it out."),
        (["--all-roots", "--root", "loss"], "--all-roots and --root each choose what is drawn;"),
        (["--all-roots", "--steps", "roots"], "--all-roots and --steps each choose what is drawn;"),
        (["--all-roots", "-o", "-"], "several files cannot go to standard output; name a folder,"),
        (["--steps", "sideways"], "'sideways' is not one of 'roots', 'backward'."),
        (["--steps", "roots", "--root", "yhat"], "no other root's graph is part of that of yhat,"),
        (["--all-roots", "-o", "file/x/"], "the folder file/x cannot be made: Not a directory."),
        (["--all-roots", "-o", "no/x.svg"], "there is no folder no; create it first."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_answered_by_one_sentence(
    said: Said, here: Path, arguments: list[str], message: str
) -> None:
    (here / "file").write_text("old")
    code, lines = said(*arguments)
    assert code == COULD_NOT
    (line,) = lines
    assert message in line
    assert files_in(here) == ["file"]


@pytest.mark.parametrize("name", ["png", "pdf", "pptx"])
def test_a_missing_extra_is_named_before_the_work(
    said: Said, here: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, FORMATS[name].NEEDS or "", None)
    code, (line,) = said("-o", f"x.{name}")
    assert code == COULD_NOT
    assert line.endswith(f'pip install "graphview[{name}]".')
    assert files_in(here) == []


def test_where_one_of_several_fails_none_is_written(
    said: Said, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = png.write, []

    def fails(*arguments: object) -> bytes:
        calls.append(arguments)
        if len(calls) == 3:
            raise OutputError("no more.")
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(png, "write", fails)
    assert said("--all-roots", "--format", "png") == (COULD_NOT, ["graphview: no more."])
    assert files_in(here) == []
