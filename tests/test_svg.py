"""The published SVG: its structure, hostile names, its colours, and what other programs make of it.

Graphs are made from data here; nothing in this file needs torch.
"""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cairosvg
import pytest
import resvg_py
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Browser

from graphview.draw.boxes import drawing_of
from graphview.draw.describe import look_of
from graphview.draw.drawing import LONGEST_LINE, LONGEST_TITLE, Drawing, legible, to_dot
from graphview.draw.engines import layout
from graphview.draw.palette import DARK, KINDS, LIGHT, THEMES, Colours, css_variables
from graphview.draw.svg import Links, Look, publish, style_sheet
from graphview.model.graph import ACCUMULATE, Edge, Graph, Leaf, Node, Operator, Root, TensorInfo

SVG = "{http://www.w3.org/2000/svg}"
THEME_NAMES = ("light", "dark", "auto")
SCALAR, ROW = (TensorInfo(shape, "float32", "cpu") for shape in ((), (80, 1)))
ACCUMULATES = Operator(ACCUMULATE, ACCUMULATE, "accumulate_grad", "builtin")


def lesson(steps: list[str], leaves: list[str], root: str) -> Graph:
    """A graph like the lesson's: all leaves go into the first step, then one step after another."""
    count = len(leaves)
    accumulates = [Node(i, ACCUMULATE, ACCUMULATE, (), (ROW,)) for i in range(count)]
    nodes = [
        Node(
            count + i,
            name,
            name,
            tuple(Edge(None, j) for j in (range(count) if i == 0 else [count + i - 1])),
            (ROW,),
        )
        for i, name in enumerate(steps)
    ]
    operators = {name: Operator(name, name, name, "unknown") for name in steps}
    return Graph(
        (Root(root, SCALAR, count + len(steps) - 1),),
        (*accumulates, *nodes),
        tuple(Leaf(i, name, ROW) for i, name in enumerate(leaves)),
        operators | {ACCUMULATE: ACCUMULATES},
    )


GRAPHS = {
    "yhat": lesson(["AddBackward0"], ["a", "b"], "yhat"),
    "error": lesson(["AddBackward0", "SubBackward0"], ["a", "b"], "error"),
    "loss": lesson(["AddBackward0", "SubBackward0", "MeanBackward0"], ["a", "b"], "loss"),
}


@cache
def drawn(name: str) -> tuple[Drawing, bytes]:
    drawing = drawing_of(GRAPHS[name])
    return drawing, layout(to_dot(drawing), engine="wasm").svg


def svg_text(name: str = "loss", **look: object) -> str:
    return publish(drawn(name)[1], replace(look_of(GRAPHS[name]), **look))


def parsed(name: str = "loss", **look: object) -> ET.Element:
    return ET.fromstring(svg_text(name, **look))


def groups(svg: ET.Element, class_: str) -> list[ET.Element]:
    return [g for g in svg.iter(f"{SVG}g") if class_ in g.get("class", "").split()]


# Structure.


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("theme", THEME_NAMES)
def test_every_box_and_arrow_has_one_group_with_the_prefix(name: str, theme: str) -> None:
    drawing, _ = drawn(name)
    svg = parsed(name, theme=theme, prefix="p7-")
    nodes, edges = groups(svg, "gv-node"), groups(svg, "gv-edge")
    assert Counter(g.get("id") for g in nodes) == Counter(f"p7-{box.id}" for box in drawing.boxes)
    assert [g.get("data-node") for g in nodes] == [g.get("id", "")[3:] for g in nodes]
    kinds = {f"p7-{box.id}": ["gv-node", f"gv-{box.kind}"] for box in drawing.boxes}
    assert {g.get("id"): g.get("class", "").split() for g in nodes} == kinds
    assert {g.get("id") for g in edges} == {f"p7-e{i}" for i in range(len(drawing.arrows))}
    ends = Counter((g.get("data-from"), g.get("data-to")) for g in edges)
    assert ends == Counter(drawing.arrows)


def test_ids_are_unique_and_do_not_collide_between_pictures_of_a_page() -> None:
    pictures = [parsed(prefix=prefix, inline=True) for prefix in ("g0-", "g1-")]
    ids = [element.get("id") for svg in pictures for element in svg.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) > 20
    for svg in pictures:
        own = {element.get("id") for element in svg.iter()}
        assert set(svg.get("aria-labelledby", "").split()) <= own


def test_a_root_has_two_outlines_a_leaf_round_corners_and_others_one_square() -> None:
    shapes = {
        group.get("class", "").split()[1]: [
            (child.tag.removeprefix(SVG), child.get("class"), child.get("fill") != "none")
            for child in group
            if child.tag not in (f"{SVG}title", f"{SVG}text")
        ]
        for group in groups(parsed(), "gv-node")
    }
    square = ("polygon", "gv-shape", True)
    assert shapes == {
        "gv-root": [square, ("polygon", "gv-ring", False)],
        "gv-leaf": [("path", "gv-shape", True)],
        "gv-operation": [square],
        "gv-accumulate": [square],
    }


def test_an_arrow_is_hidden_from_readers_and_its_head_is_filled() -> None:
    edges = groups(parsed(), "gv-edge")
    assert edges
    for edge in edges:
        line, head = edge
        assert edge.get("aria-hidden") == "true"
        assert (line.tag, line.get("fill")) == (f"{SVG}path", "none")
        assert (head.tag, head.get("fill")) == (f"{SVG}polygon", LIGHT.line)
        assert line.get("stroke") == head.get("stroke") == LIGHT.line


def test_the_picture_and_each_box_say_what_they_are() -> None:
    svg = parsed()
    assert svg[0].tag == f"{SVG}title"
    assert svg[0].text == "Autograd graph of loss"
    assert svg[1].tag == f"{SVG}desc"
    assert (svg[1].text or "").startswith("3 operations and 2 leaves.")
    for group in groups(svg, "gv-node"):
        assert group.get("role") == "img"
        assert group.get("aria-label") == group[0].text != ""


@pytest.mark.parametrize("name", GRAPHS)
def test_width_and_height_are_the_view_box_in_px(name: str) -> None:
    svg = parsed(name)
    _, _, width, height = map(float, svg.get("viewBox", "").split())
    assert svg.get("width") == f"{width * 4 / 3:.0f}"
    assert svg.get("height") == f"{height * 4 / 3:.0f}"
    assert min(width, height) > 100


def test_a_name_is_bold_and_the_rest_is_not() -> None:
    weights = {
        (text.text, text.get("font-weight")) for text in parsed().iter(f"{SVG}text") if text.text
    }
    assert {("loss", "bold"), ("a", "bold"), ("()", None), ("(80, 1)", None)} <= weights
    assert ("AddBackward0", None) in weights


# Themes.


@pytest.mark.parametrize(
    ("theme", "colours"), [("light", LIGHT), ("dark", DARK), ("auto", LIGHT), ("?", LIGHT)]
)
def test_attributes_alone_carry_the_theme(theme: str, colours: Colours) -> None:
    svg = parsed(theme=theme)
    for style in svg.findall(f"{SVG}style"):
        svg.remove(style)
    for kind in KINDS:
        for group in groups(svg, f"gv-{kind}"):
            shape, *rings = (e for e in group if e.get("class") in ("gv-shape", "gv-ring"))
            assert (shape.get("fill"), shape.get("stroke")) == colours.of(kind)
            assert [(r.get("fill"), r.get("stroke")) for r in rings] == [
                ("none", colours.of(kind)[1])
            ] * len(rings)
    assert {text.get("fill") for text in svg.iter(f"{SVG}text")} == {colours.text}


def test_only_auto_follows_the_reader_and_prints_light() -> None:
    dark = f"@media (prefers-color-scheme:dark){{.gv-picture{{{css_variables(DARK)}}}}}"
    auto = style_sheet("auto")
    assert dark in auto
    assert auto.index(css_variables(LIGHT)) < auto.index(dark) < auto.index("@media print")
    assert css_variables(LIGHT) in auto[auto.index("@media print") :]
    for theme in ("light", "dark"):
        assert "@media" not in style_sheet(theme)
        assert css_variables(THEMES[theme]) in style_sheet(theme)


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_all_css_stands_inside_supports(theme: str) -> None:
    sheet = style_sheet(theme)
    depth = 0
    for position, character in enumerate(sheet):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth > 0 or position < sheet.index("{") or position == len(sheet) - 1
    assert sheet.startswith("@supports (color:var(")


def test_inline_has_no_style_and_no_declaration() -> None:
    alone, inline = svg_text(), svg_text(inline=True)
    assert alone.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg ')
    assert alone.count("<style>") == 1
    assert inline.startswith("<svg ")
    assert "style" not in inline


@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize("inline", [True, False])
def test_nothing_that_slide_programs_stumble_over(theme: str, inline: bool) -> None:
    svg = parsed(theme=theme, inline=inline)
    tags = {element.tag.removeprefix(SVG) for element in svg.iter()}
    assert tags - {"style"} == {"svg", "g", "title", "desc", "polygon", "path", "text"}
    attributes = {name for element in svg.iter() for name in element.attrib}
    assert not {name for name in attributes if name == "style" or name.startswith(("on", "{"))}
    text = svg_text(theme=theme, inline=inline)
    assert not re.search(r"rgba|transparent|xlink|DOCTYPE|<!--|href|@import|url\(", text)


# Links.


def test_links_go_around_their_boxes_and_mark_what_was_seen() -> None:
    links = Links({"n0": "#card-1", "n2": "#card-2"}, frozenset({"n2", "leaf0"}))
    svg = parsed(links=links, inline=True)
    found = {g.get("data-node"): g for g in groups(svg, "gv-node")}
    assert {name for name, g in found.items() if g.find(f"{SVG}a") is not None} == {"n0", "n2"}
    for name, target in links.targets.items():
        (link,) = found[name]
        assert link.get("href") == target
        assert link.get("aria-label") == link[0].text
        assert [child.tag.removeprefix(SVG) for child in link] == ["title", "polygon", "text"]
        assert found[name].get("role") is found[name].get("aria-label") is None
    assert [name for name, g in found.items() if "gv-seen" in g.get("class", "")] == ["n2"]
    assert not [a for edge in groups(svg, "gv-edge") for a in edge.iter(f"{SVG}a")]


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
        for text in box.texts:
            size = float(text.get("font-size", ""))
            columns = sum(2 if ord(c) > 0x2E80 else 1 for c in text.text or "")
            assert box.right - box.left >= columns * 0.6 * size
            assert box.top + size * 0.8 <= float(text.get("y", "")) <= box.bottom - size * 0.2
            assert float(text.get("x", "")) == pytest.approx((box.left + box.right) / 2, abs=0.6)
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


# Colours.

PAGES = {"light": "#fcfbf8", "dark": "#14171b"}
TEXT_CONTRAST, OUTLINE_CONTRAST, STRONG_CONTRAST = 7, 3, 6


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", PAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_texts_and_outlines_stand_out(theme: str, kind: str) -> None:
    colours, page = THEMES[theme], PAGES[theme]
    fill, outline = colours.of(kind)
    assert contrast(colours.text, fill) >= TEXT_CONTRAST
    assert contrast(outline, page) >= OUTLINE_CONTRAST
    assert contrast(outline, fill) >= OUTLINE_CONTRAST
    assert contrast(colours.line, page) >= STRONG_CONTRAST
    if kind != "accumulate":
        assert contrast(outline, page) >= STRONG_CONTRAST


@pytest.mark.parametrize("theme", PAGES)
def test_no_two_kinds_have_the_same_colours(theme: str) -> None:
    assert len({THEMES[theme].of(kind) for kind in KINDS}) == len(KINDS)


# What converters make of it.

SCALE = 2
CLOSE = 8
# From the left edge to the middle of the space before the text, in points.
MARGIN = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box lies in the view box, in points."""

    kind: str
    left: float
    top: float
    right: float
    bottom: float
    texts: tuple[ET.Element, ...]


def boxes(svg: ET.Element) -> list[Place]:
    return [_place(group) for group in groups(svg, "gv-node")]


def _place(group: ET.Element) -> Place:
    shape = next(e for e in group.iter() if e.get("class") == "gv-shape")
    numbers = list(map(float, re.findall(r"-?[\d.]+", shape.get("points") or shape.get("d") or "")))
    xs, ys = numbers[::2], numbers[1::2]
    kind = group.get("class", "").split()[1].removeprefix("gv-")
    return Place(kind, min(xs), min(ys), max(xs), max(ys), tuple(group.iter(f"{SVG}text")))


def shift(svg: ET.Element) -> tuple[float, float]:
    transform = groups(svg, "graph")[0].get("transform", "")
    found = re.search(r"translate\(([\d.]+) ([\d.]+)\)", transform)
    assert found
    return float(found[1]), float(found[2])


def needed(program: str) -> str:
    """A program that a fresh machine need not have."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"no {program} on PATH")
    return path


def by_cairosvg(svg: str, folder: Path) -> bytes:
    png: bytes = cairosvg.svg2png(svg.encode(), scale=SCALE)
    return png


def by_resvg(svg: str, folder: Path) -> bytes:
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=SCALE))


def by_rsvg(svg: str, folder: Path) -> bytes:
    command = [needed("rsvg-convert"), "--zoom", str(SCALE)]
    return subprocess.run(
        command, input=svg.encode(), stdout=subprocess.PIPE, check=True, timeout=60
    ).stdout


def by_inkscape(svg: str, folder: Path) -> bytes:
    command = [needed("inkscape"), "--export-type=png", f"--export-dpi={96 * SCALE}"]
    (folder / "picture.svg").write_text(svg, encoding="utf-8")
    # Without a home of its own it would read the user's settings.
    environment = {**os.environ, "HOME": str(folder), "INKSCAPE_PROFILE_DIR": str(folder)}
    command += ["--export-filename=picture.png", "picture.svg"]
    subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, check=True, timeout=120
    )
    return (folder / "picture.png").read_bytes()


CONVERTERS: dict[str, Callable[[str, Path], bytes]] = {
    "CairoSVG": by_cairosvg,
    "resvg": by_resvg,
    "rsvg-convert": by_rsvg,
}


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGBA")


def assert_drawn(png: bytes, svg: str, colours: Colours = LIGHT) -> None:
    """Right size, every box filled with its kind's colour, and text on it."""
    image, root = opened(png), ET.fromstring(svg)
    assert image.size == pytest.approx(
        (SCALE * int(root.get("width", "")), SCALE * int(root.get("height", ""))), abs=SCALE
    )
    scale = image.width / float(root.get("viewBox", "").split()[2])
    right, down = shift(root)
    for box in boxes(root):
        at = (box.left + MARGIN + right) * scale, ((box.top + box.bottom) / 2 + down) * scale
        assert_colour(image, at, colours.of(box.kind)[0])


def assert_colour(image: Image.Image, at: tuple[float, float], colour: str) -> None:
    red, green, blue, alpha = image.getpixel((int(at[0]), int(at[1])))  # type: ignore[misc]
    assert alpha == 255
    wanted = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    assert (red, green, blue) == pytest.approx(wanted, abs=CLOSE)


def assert_text_shows(convert: Callable[[str], bytes], svg: str) -> None:
    """Each box of the picture differs from the same picture without its texts."""
    root = ET.fromstring(svg)
    with_text, without = opened(convert(svg)), opened(convert(re.sub(r"<text.*?</text>", "", svg)))
    scale = with_text.width / float(root.get("viewBox", "").split()[2])
    right, down = shift(root)
    for box in boxes(root):
        corners = (box.left + right, box.top + down, box.right + right, box.bottom + down)
        part = tuple(int(number * scale) for number in corners)
        assert with_text.crop(part).tobytes() != without.crop(part).tobytes()  # type: ignore[arg-type]


@pytest.mark.parametrize("converter", CONVERTERS)
@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_converters_draw_boxes_in_their_colours(
    converter: str, name: str, theme: str, tmp_path: Path
) -> None:
    svg = svg_text(name, theme=theme)
    assert_drawn(CONVERTERS[converter](svg, tmp_path), svg, DARK if theme == "dark" else LIGHT)


@pytest.mark.parametrize("converter", CONVERTERS)
def test_converters_show_the_texts(converter: str, tmp_path: Path) -> None:
    def convert(svg: str) -> bytes:
        return CONVERTERS[converter](svg, tmp_path)

    # Without any font on the machine a converter drops all text, ours and this.
    probe = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}</svg>'
    text = '<text y="9" font-family="monospace" font-size="12">M</text>'
    if convert(probe.format(text)) == convert(probe.format("")):
        pytest.skip(f"{converter} finds no font on this machine")
    assert_text_shows(convert, svg_text())


def test_inkscape_draws_boxes_in_their_colours(tmp_path: Path) -> None:
    svg = svg_text()
    assert_drawn(by_inkscape(svg, tmp_path), svg)


def photographed(browser: Browser, svg: str, scheme: str, *, media: str = "screen") -> bytes:
    """The SVG as a document of its own, on no background."""
    root = ET.fromstring(svg)
    size = {side: int(root.get(side, "")) for side in ("width", "height")}
    page = browser.new_page(
        viewport=size,
        device_scale_factor=SCALE,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    try:
        page.emulate_media(media=media)  # type: ignore[arg-type]
        url = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
        page.goto(url)
        return page.screenshot(omit_background=True)
    finally:
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", GRAPHS)
def test_a_browser_draws_boxes_in_their_colours(browser: Browser, name: str) -> None:
    svg = svg_text(name)
    assert_drawn(photographed(browser, svg, "light"), svg)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("theme", "scheme", "media", "colours"),
    [
        ("auto", "dark", "screen", DARK),
        ("auto", "dark", "print", LIGHT),
        ("light", "dark", "screen", LIGHT),
        ("dark", "light", "screen", DARK),
    ],
)
def test_a_browser_follows_the_theme(
    browser: Browser, theme: str, scheme: str, media: str, colours: Colours
) -> None:
    svg = svg_text(theme=theme)
    assert_drawn(photographed(browser, svg, scheme, media=media), svg, colours)


@pytest.mark.browser
def test_a_browser_shows_the_texts(browser: Browser) -> None:
    assert_text_shows(lambda svg: photographed(browser, svg, "light"), svg_text())
