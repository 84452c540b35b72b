"""Hostile names, and the DOT of anybody: what is published is what was meant."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from svgs import (
    SVG,
    boxes,
    groups,
    lesson,
    needed,
)

from graphview.draw.boxes import drawing_of
from graphview.draw.describe import look_of
from graphview.draw.drawing import FONT_SIZE, LONGEST_LINE, LONGEST_TITLE, legible, to_dot
from graphview.draw.engines import layout
from graphview.draw.svg import Look, publish

# Names that mean harm.

HOSTILE = (
    "</script><script>alert(1)</script>",
    "</title></svg><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    '" onload="alert(1)',
    r"\N",
    r"\G \E \T \H \L",
    r"\n\l\r",
    "a\\",
    "\\" * 7,
    "&amp;",
    "&amp;amp;#60;",
    "&#0; &#x1b; &lt; &eacute; &nosuch; &;",
    "]]>",
    "<![CDATA[x",
    "<!-- x --",
    "<?xml?>",
    "<b>bold</b>",
    "{a|b} [c] -> d; // e # f /* g",
    "%s %n {0} {{x}}",
    "\x00\x01\x07\x1b[31m\x7f\x85\x9b",
    "שלום עולם",
    "\u202eabc",
    "👩‍🔬😀",
    "線形回帰の重み",
    "e\u0301\u200b\u00a0x",
    "\ufeff\ufffe\uffff",
    "\ud800 \udfff",
    "",
    " \t\r\n ",
    "a\nb",
    "x" * 20_000,
    "é\\&" * 7_000,
)


def assert_shown(name: str, engine: str) -> None:
    """Drawn as leaf, root and operation, the name comes back as it was meant, and nothing more."""
    graph = lesson([name or "x"], [name], name)
    drawing = drawing_of(graph)
    result = layout(to_dot(drawing), engine=engine, expect=(4, 3))
    svg = ET.fromstring(publish(result.svg, look_of(graph)).encode())
    shown = {g.get("data-node"): g for g in groups(svg, "gv-node")}
    assert set(shown) == {box.id for box in drawing.boxes}
    for box in drawing.boxes:
        group = shown[box.id]
        texts = [text.text for text in group.iter(f"{SVG}text")]
        assert texts == [legible(line, LONGEST_LINE) for line in box.lines]
        label = legible(box.title, LONGEST_TITLE)
        assert group.get("aria-label") == group.findtext(f"{SVG}title") == label
    assert svg[0].text == f"Autograd graph of {legible(name, LONGEST_LINE)}"
    assert structure(svg) == structure(plain(engine))


@cache
def plain(engine: str) -> ET.Element:
    graph = lesson(["x"], ["x"], "x")
    return ET.fromstring(publish(layout(to_dot(drawing_of(graph)), engine=engine).svg, LOOK))


LOOK = Look("title", "description")


def structure(svg: ET.Element) -> list[tuple[str, tuple[str, ...]]]:
    return [(element.tag, tuple(sorted(element.attrib))) for element in svg.iter()]


@pytest.fixture(params=["wasm", "dot"])
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "dot":
        needed("dot")
    return name


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_shown_as_it_is(name: str, engine: str) -> None:
    assert_shown(name, engine)


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
@example("\\\\N")
@example("&#92;N")
@example("\\&quot;\\")
def test_any_name_is_shown_as_it_is(name: str) -> None:
    assert_shown(name, "wasm")


@settings(max_examples=60)
@given(st.text(st.sampled_from("\\&#;\"'<>NGETHLnlr0x39ampquot{}|[]- \n"), max_size=50))
def test_any_escape_is_shown_as_it_is(name: str) -> None:
    assert_shown(name, "wasm")


def test_the_text_fits_its_box() -> None:
    graph = lesson(["MeanBackward0", "x" * 100], ["w", "線形回帰" * 5, "m" * 60], "loss")
    svg = ET.fromstring(publish(layout(to_dot(drawing_of(graph)), engine="wasm").svg, LOOK))
    checked = 0
    for box in boxes(svg):
        for text, (x, y) in zip(box.texts, box.middles, strict=True):
            size = float(text.get("font-size", FONT_SIZE))
            columns = sum(2 if ord(c) > 0x2E80 else 1 for c in text.text or "")
            assert box.right - box.left >= columns * 0.6 * size
            assert box.top + size * 0.8 <= y <= box.bottom - size * 0.2
            assert x == pytest.approx((box.left + box.right) / 2, abs=0.6)
            checked += 1
    assert checked == 2 * 4 + 3 + 2


# The DOT of a recording may be anybody's.

EVIL = r"""digraph {
 graph [URL="javascript:alert(1)" label="hello" stylesheet="http://localhost/a.css"
   fontname="x\" onload=\"alert(2)" bgcolor="red"]
 a [id="n0" class="operation constructor" tooltip="t" URL="javascript:alert(3)"
   fontname="x\" onload=\"alert(4)"]
 b [id="n1\" onclick=\"x" class="of" label=<<table href="javascript:alert(5)" tooltip="z">
   <tr><td>hi</td></tr></table>>]
 subgraph cluster_1 { c [class="root" image="http://localhost/y.png" style="filled"
   fillcolor="red;0.3:blue"] }
 d
 a -> b [id="e0" class="from-n0 to-n1" URL="javascript:alert(6)" label="q" edgetooltip="w"]
 a -> c
}"""


def test_what_else_a_dot_asks_for_is_left_out(engine: str) -> None:
    text = publish(layout(EVIL, engine=engine).svg, Look("t", "d", inline=True))
    svg = ET.fromstring(text)
    assert not re.search(r"javascript|alert|localhost|href|url\(|style|Gradient", text)
    names = {name for element in svg.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or name.startswith("{")}
    nodes = groups(svg, "gv-node")
    assert [g.get("class") for g in nodes].count("gv-node gv-operation") == 3
    assert 'n1" onclick="x' in {g.get("data-node") for g in nodes}
    assert len(groups(svg, "gv-edge")) == 2
    assert not groups(svg, "cluster")


def test_what_is_no_svg_is_refused() -> None:
    with pytest.raises(ET.ParseError):
        publish(b"Error: <stdin>", LOOK)
