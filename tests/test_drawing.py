"""Drawings and their DOT: the lesson's goldens, texts that fit, and the same bytes everywhere.

After an intended change of the pictures: GRAPHVIEW_UPDATE_GOLDENS=1 pytest tests/test_drawing.py,
then read the difference in tests/goldens.
"""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
import torch
from models import SUBJECTS, leaf

from graphview.autograd import capture
from graphview.draw.boxes import drawing_of
from graphview.draw.describe import MOST_NAMED, description, look_of, title
from graphview.draw.drawing import (
    CHARACTER_WIDTH,
    FIRST_WIDE,
    LINE_HEIGHT,
    LONGEST_LINE,
    LONGEST_TITLE,
    POINTS_AN_INCH,
    Box,
    Drawing,
    legible,
    to_dot,
)
from graphview.draw.engines import layout
from graphview.draw.picture import scene_of_drawing
from graphview.draw.read import scene_of
from graphview.model.graph import ACCUMULATE, Graph

ROOT = Path(__file__).parents[1]
GOLDENS = Path(__file__).parent / "goldens"
UPDATE = bool(os.environ.get("GRAPHVIEW_UPDATE_GOLDENS"))
# Prints the lesson's three published pictures, and would stop at any warning of drawing.
WHOLE_PATH = """
import sys, torch, warnings
warnings.simplefilter("error")
from graphview.draw.describe import look_of
from graphview.draw.engines import layout
from graphview.draw.svg import publish
from graphview.lesson.record import record_lesson
recording = record_lesson(torch.device("cpu"), epochs=1)
for name, dot in recording.drawings.items():
    drawn = layout(dot, engine="wasm").svg
    sys.stdout.buffer.write(publish(drawn, look_of(recording.graphs[name])).encode())
"""


@pytest.fixture(scope="module")
def lesson_dot() -> dict[str, str]:
    """The DOT of yhat, error and loss, recorded from the project's folder."""
    import torch

    from graphview.lesson.record import record_lesson

    # Source files are named from the working directory.
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return record_lesson(torch.device("cpu"), epochs=1).drawings


@pytest.mark.parametrize("name", ["yhat", "error", "loss"])
def test_the_lessons_dot_is_the_golden(name: str, lesson_dot: dict[str, str]) -> None:
    golden = GOLDENS / f"{name}.dot"
    if UPDATE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(lesson_dot[name].encode())
    assert lesson_dot[name] == golden.read_bytes().decode()


def test_there_is_a_golden_for_each_picture_of_the_lesson(lesson_dot: dict[str, str]) -> None:
    assert {path.stem for path in GOLDENS.glob("*.dot")} == set(lesson_dot)


def test_processes_with_other_hash_seeds_give_the_same_bytes() -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WHOLE_PATH],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for seed in ("1", "4294967295")
    ]
    results = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], results[0][1].decode()
    (first, _), (other, _) = results
    assert first.count(b"</svg>") == 3
    assert other == first


# From the data alone.


@pytest.mark.parametrize("name", SUBJECTS)
def test_each_leaf_node_and_root_is_a_box_and_each_use_an_arrow(name: str) -> None:
    graph = capture(*SUBJECTS[name]()[:1])
    drawing = drawing_of(graph)
    kinds = Counter(box.kind for box in drawing.boxes)
    assert kinds["leaf"] == kinds["accumulate"] == len(graph.leaves)
    assert kinds["operation"] == len(graph.operations)
    assert kinds["root"] == len(graph.roots)
    uses = [edge for node in graph.nodes for edge in node.inputs if edge.node is not None]
    assert len(drawing.arrows) == len(uses) + len(graph.leaves) + len(graph.roots)
    ids = {box.id for box in drawing.boxes}
    assert len(ids) == len(drawing.boxes)
    assert {end for arrow in drawing.arrows for end in arrow} <= ids


def test_a_leaf_leads_to_its_accumulate_and_a_node_to_its_root() -> None:
    a, b = leaf(1), leaf(2, 3)
    graph = capture({"sum": (a + b).sum()}, params={"a": a, "b": b})
    drawing = drawing_of(graph)
    lines = {box.id: box.lines for box in drawing.boxes}
    arrows = {(lines[tail], lines[head]) for tail, head in drawing.arrows}
    assert arrows == {
        (("a", "(1,)"), (ACCUMULATE,)),
        (("b", "(2, 3)"), (ACCUMULATE,)),
        ((ACCUMULATE,), ("AddBackward0",)),
        (("AddBackward0",), ("SumBackward0",)),
        (("SumBackward0",), ("sum", "()")),
    }


def test_a_title_says_what_the_label_has_no_room_for() -> None:
    x = leaf(2, 3)
    graph = capture({"loss": x.exp()}, params={"x": x})
    titles = {box.id: box.title for box in drawing_of(graph).boxes}
    assert titles["leaf0"].startswith("leaf x: (2, 3) float32 cpu")
    assert titles["n0"] == "AccumulateGrad: adds the gradient to .grad of its leaf"
    assert titles["n1"].startswith("ExpBackward0: exp; gives (2, 3) float32 cpu")
    assert titles["root0"].startswith("root loss: (2, 3) float32 cpu")


# Texts.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("weight", "weight"),
        ("", "\ufffd"),
        (" \n\t ", "\ufffd"),
        ("a \n\tb", "a b"),
        ("\x00\x1b[1m\x7f\x9b", "\ufffd\ufffd[1m\ufffd\ufffd"),
        ("\ud800x\udfff\ufffe\uffff", "\ufffdx\ufffd\ufffd\ufffd"),
        ("שלום 中文 😀", "שלום 中文 😀"),
        ("x" * 40, "x" * 40),
        ("admin\u202etxt.exe", "admin\N{REPLACEMENT CHARACTER}txt.exe"),
        ("a" * 30 + "b" * 30, "a" * 20 + "…" + "b" * 19),
    ],
)
def test_legible_text(text: str, shown: str) -> None:
    assert legible(text, LONGEST_LINE) == shown


@pytest.mark.parametrize("longest", [1, 2, 3, 40])
def test_legible_text_is_never_longer_and_keeps_both_ends(longest: int) -> None:
    shown = legible("0123456789" * 2_000, longest)
    assert len(shown) == longest
    assert "…" in shown
    assert longest < 2 or shown.startswith("0")
    assert longest < 3 or shown.endswith("9")


@pytest.mark.parametrize("kind", ["leaf", "operation", "accumulate", "root"])
@pytest.mark.parametrize("line", ["a", "MeanBackward0", "中文" * 9, "x" * 20_000, ""])
def test_the_text_fits_its_box(kind: str, line: str) -> None:
    box = Box("n0", kind, (line, "(80, 1)"), "")
    width, height = (inches * POINTS_AN_INCH for inches in box.size)
    columns = max(len(legible(line, LONGEST_LINE)) + line[:LONGEST_LINE].count("中") * 2, 7)
    assert width >= columns * CHARACTER_WIDTH * box.font_size + 8
    assert height >= 2 * LINE_HEIGHT * box.font_size + 4
    assert width <= 2 * LONGEST_LINE * box.font_size


def test_a_wide_character_counts_for_two() -> None:
    assert Box("n0", "leaf", ("中",), "").size == Box("n0", "leaf", ("ab",), "").size
    assert Box("n0", "leaf", ("中",), "").size > Box("n0", "leaf", ("a",), "").size


def test_no_letter_before_the_first_wide_one_is_wide() -> None:
    assert {unicodedata.east_asian_width(chr(i)) for i in range(ord(FIRST_WIDE))}.isdisjoint("WF")


def test_what_can_be_printed_is_legible() -> None:
    letters = [chr(i) for i in range(sys.maxunicode + 1) if chr(i).isprintable()]
    some = "".join([letter for letter in letters if letter != " "])
    assert legible(some, len(some)) == some


def test_quotes_and_backslashes_stay_inside_their_string() -> None:
    box = Box("n0", "leaf", ('"; evil [', "a\\"), '" onload="x')
    line = to_dot(Drawing((box,), ())).splitlines()[4]
    assert 'label="\\"; evil [\\na\\\\"' in line
    assert 'tooltip="\\" onload=\\"x"' in line


def test_a_title_is_short_enough_for_graphviz() -> None:
    box = Box("n0", "leaf", ("€" * 20_000,), "¥" * 100_000)
    dot = to_dot(Drawing((box,), ()))
    assert dot.count("€") == LONGEST_LINE - 1
    assert dot.count("¥") == LONGEST_TITLE - 1
    assert layout(dot, engine="wasm", expect=(1, 0)).svg


# For those who cannot see the picture.


def described(names: list[str]) -> Graph:
    tensors = {name: leaf(1) for name in names}
    total = sum(tensors.values(), leaf(1))
    return capture({"total": total}, params=tensors)


def test_a_description_counts_and_names() -> None:
    x = leaf(1)
    graph = capture({"y": (x * x).exp()}, params={"x": x})
    assert title(graph) == "Autograd graph of y"
    assert description(graph) == (
        "2 operations and 1 leaf. From the root: ExpBackward0, MulBackward0. Leaves: x."
    )


def test_a_long_description_ends_early() -> None:
    graph = described([f"w{i}" for i in range(20)])
    said = description(graph)
    assert said.startswith("20 operations and 21 leaves.")
    assert f"and {20 - MOST_NAMED} more." in said
    assert said.endswith(f"and {21 - MOST_NAMED} more.")


def test_a_leaf_as_root_has_no_operation_to_speak_of() -> None:
    w = leaf(1)
    said = description(capture({"w": w}, params={"w": w}))
    assert said == "0 operations and 1 leaf. Leaves: w."


def test_hostile_names_are_legible_in_title_and_description() -> None:
    name = "\x00" + "n" * 20_000
    look = look_of(described([name]), theme="dark", prefix="p-", inline=True)
    assert legible(name, LONGEST_LINE) in look.description
    assert (look.theme, look.prefix, look.inline) == ("dark", "p-", True)


def test_what_hides_others_says_so() -> None:
    class Half(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, x: torch.Tensor) -> torch.Tensor:
            return x / 2

        @staticmethod
        def backward(ctx: object, grad: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
            return grad / 2

    graph = capture({"y": Half.apply(torch.ones(2, requires_grad=True))})
    box = next(box for box in drawing_of(graph).boxes if box.kind == "operation")
    assert box.lines == ("HalfBackward", "opaque")


def test_an_engine_that_is_asked_for_places_alone_draws_the_same_picture() -> None:
    texts = ("a\\N & <b>", "x" * 60, "tab\tand\x00more")
    kinds = ("leaf", "accumulate", "operation", "root", "saved")
    boxes = [
        Box(f"n{i}", kind, (texts[i % 3], "(2,)"), f"{kind}: {texts[i % 3]}")
        for i, kind in enumerate(kinds)
    ]
    drawing = Drawing(tuple(boxes), (("n0", "n1"), ("n1", "n2"), ("n2", "n3"), ("n2", "n4")))
    assert scene_of_drawing(drawing) == scene_of(layout(to_dot(drawing)).svg)
