"""Mermaid, DOT and HTML: read back, and nothing in them but what was meant."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest
from pictures import EVERYTHING, HARM, HOSTILE, LOSS
from playwright.sync_api import Browser
from pptx import Presentation
from svgs import SVG, needed
from test_page import Parsed

from graphview.draw.drawing import LONGEST_LINE, Box, Drawing, legible, to_dot
from graphview.draw.engines import layout
from graphview.draw.fit import Style
from graphview.draw.formats import write_picture, write_pictures
from graphview.draw.formats.picture import Picture
from graphview.draw.nesting import flows_of, nest_of, walk
from graphview.draw.palette import DARK, LIGHT, THEMES, Colours
from graphview.draw.read import scene_of
from graphview.draw.scene import Frame, Route, Scene

# What flows where, and what is inside what.


def test_an_arrow_through_frames_is_one_from_box_to_box() -> None:
    flows = [(flow.tail, flow.head, flow.tip) for flow in flows_of(EVERYTHING.scene)]
    assert flows == [
        ("leaf0", "n0", True),
        ("n0", "block/0", True),
        ("constant1_0", "n1", True),
        ("block/0", "n1", True),
        ("n1", "saved1_0", False),
        ("n1", "root0", True),
    ]


def with_note() -> Picture:
    """The arrow from the block goes through the note beside it."""
    points = EVERYTHING.scene.routes[4].points
    to_note = Route("e4a", "block/0", "note0", points, tip=False)
    return replace(
        EVERYTHING, scene=replace(EVERYTHING.scene, routes=(*EVERYTHING.scene.routes, to_note))
    )


def test_a_note_on_an_arrow_is_its_label() -> None:
    said = {(flow.tail, flow.head): flow.text for flow in flows_of(with_note().scene) if flow.text}
    assert said == {("block/0", "n1"): "(8, 64)"}


def test_what_is_kept_for_backward_is_not_what_flows_on() -> None:
    points = EVERYTHING.scene.routes[4].points
    scene = EVERYTHING.scene
    to_note = Route("e9", "n1", "note0", points, tip=False)
    flows = flows_of(replace(scene, routes=(*scene.routes, to_note)))
    texts = {flow.head: flow.text for flow in flows if flow.tail == "n1"}
    assert texts == {"saved1_0": None, "root0": "(8, 64)"}


def test_boxes_are_in_the_innermost_frame_around_them() -> None:
    nests = {
        nest.frame.id if nest.frame else "": [placed.box.id for placed in nest.boxes]
        for nest in walk(nest_of(with_note().scene))
    }
    assert nests == {
        "": ["leaf0", "constant1_0", "n0", "root0"],
        "outer": ["block/0"],
        "inner": ["n1", "saved1_0"],
    }


# Deeper than Python calls functions.
DEEP = 1_200


def deep() -> Picture:
    """A frame in a frame, and so on; in the innermost stands a box."""
    size = 2.0 * DEEP
    frames = tuple(
        Frame(f"f{i}", f"frame {i}", "told", i, i, size - 2 * i, size - 2 * i, i, depth=i)
        for i in range(DEEP)
    )
    middle = EVERYTHING.scene.boxes[0]._replace(x=DEEP - 0.5, y=DEEP - 0.5)
    return replace(EVERYTHING, scene=Scene(size, size, (middle,), (), frames))


def test_frames_may_be_nested_as_deeply_as_anybody_likes() -> None:
    nests = list(walk(nest_of(deep().scene)))
    assert [nest.frame.id for nest in nests if nest.frame] == [f"f{i}" for i in range(DEEP)]
    assert [len(nest.boxes) for nest in nests] == [0] * DEEP + [1]


@pytest.mark.parametrize(
    ("name", "opening", "closing"), [("dot", "subgraph ", "}"), ("mmd", "subgraph ", "end")]
)
def test_deeply_nested_frames_are_written_around_their_box(
    name: str, opening: str, closing: str
) -> None:
    content = write_picture(deep(), name, Style())
    assert len(content) < 3_000_000
    lines = [line.strip() for line in content.decode().splitlines()]
    opened = [i for i, line in enumerate(lines) if line.startswith(opening)]
    (box,) = (i for i, line in enumerate(lines) if "weight" in line)
    assert len(opened) == DEEP and opened[-1] < box
    assert lines[box + 1 : box + 1 + DEEP] == [closing] * DEEP


def test_deeply_nested_frames_are_shapes_of_a_slide() -> None:
    (slide,) = Presentation(io.BytesIO(write_picture(deep(), "pptx", Style()))).slides
    assert len(slide.shapes) == DEEP + 1


# Mermaid.


def mermaid(picture: Picture, **style: Any) -> list[str]:
    text = write_picture(picture, "mmd", Style(**style)).decode()
    return [line.strip() for line in text.splitlines()]


def test_mermaid_has_every_box_in_its_shape_and_frame() -> None:
    lines = mermaid(with_note())
    assert lines[0] == "flowchart TD"
    assert 'b0(["weight<br/>(8, 8)"]):::leaf' in lines
    assert 'b3[["loss<br/>()"]]:::root' in lines
    outer, inner = lines.index('subgraph f0["model · Net"]'), lines.index('subgraph f1["head"]')
    assert outer < lines.index('b4["block<br/>3 × Block"]:::group') < inner
    assert lines.count("end") == 2
    assert 'b4 -->|"(8, 64)"| b5' in lines
    assert "b5 --- b6" in lines
    assert {"class f0 frame", "class f1 frame"} <= set(lines)
    assert sum(line.startswith("classDef") for line in lines) == 9


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_mermaid_has_the_colours_of_the_kinds(theme: str, colours: Colours) -> None:
    fill, line = colours.leaf
    (found,) = (each for each in mermaid(LOSS, theme=theme) if each.startswith("classDef leaf"))
    assert f"fill:{fill},stroke:{line}" in found


def test_nothing_in_a_label_means_anything_to_mermaid() -> None:
    lines = mermaid(HOSTILE, title=HARM[0])
    labels = [label for line in lines for label in re.findall(r'"([^"]*)"', line)]
    assert len(labels) == len(HOSTILE.scene.boxes) + len(HOSTILE.scene.frames)
    for label in labels:
        assert not re.search(r"[<>\"`%&|\[\]{}\\]", label.replace("<br/>", ""))
    said = [re.sub(r"#(\d+);", lambda code: chr(int(code[1])), label) for label in labels]
    assert legible(HARM[4], LONGEST_LINE) in {text.partition("<br/>")[0] for text in said}
    assert "1#46; one" in " ".join(labels)
    bodies = [re.sub(r'"[^"]*"', "", line) for line in lines[3:]]
    assert not [body for body in bodies if "script" in body and not body.startswith("acc")]
    for line in lines:
        if line.startswith(("title:", "accTitle:", "accDescr:")):
            assert not re.search(r"[<>\"`%;#&{}]", line)


# DOT.


def test_a_drawing_is_written_as_it_was_laid_out() -> None:
    dot = write_picture(LOSS, "dot", Style()).decode()
    assert LOSS.dot is not None
    for line in LOSS.dot.splitlines():
        assert line.removesuffix("]") in dot
    assert scene_of(layout(dot, engine="wasm").svg) == LOSS.scene


def outlined(svg: bytes) -> dict[str, set[tuple[str, str]]]:
    """By kind the (fill, stroke) of what Graphviz drew."""
    found: dict[str, set[tuple[str, str]]] = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        kind = group.get("class", "").split()[1:2]
        for shape in group.iter():
            if kind and shape.tag in (f"{SVG}polygon", f"{SVG}path", f"{SVG}polyline"):
                colours = shape.get("fill", ""), shape.get("stroke", "")
                found.setdefault(kind[0], set()).add(colours)
    return found


@pytest.mark.parametrize("theme", ["auto", "light", "dark", "print"])
@pytest.mark.parametrize("picture", [LOSS, EVERYTHING], ids=["loss", "everything"])
def test_graphviz_draws_the_colours_of_the_kinds(picture: Picture, theme: str) -> None:
    dot = write_picture(picture, "dot", Style(theme=theme)).decode()
    colours, drawn = THEMES.get(theme, LIGHT), outlined(layout(dot, engine="wasm").svg)
    kinds = {placed.box.kind for placed in picture.scene.boxes} - {"note"}
    assert kinds <= drawn.keys()
    for kind in kinds:
        assert colours.of(kind) in drawn[kind], kind
    svg = layout(dot, engine="wasm").svg.decode()
    assert f'fill="{colours.text}"' in svg
    assert f'stroke="{colours.line}"' in svg
    if picture.scene.frames:
        assert 'fill="{}" stroke="{}"'.format(*colours.frame) in svg


def test_a_dot_has_the_background_that_was_asked_for() -> None:
    for picture in (LOSS, EVERYTHING):
        clear = write_picture(picture, "dot", Style()).decode()
        dark = write_picture(picture, "dot", Style(theme="dark", background="page")).decode()
        assert 'bgcolor="transparent"' in clear
        assert f'bgcolor="{DARK.page}"' in dark and "transparent" not in dark


def test_a_frame_of_a_dot_says_what_it_is() -> None:
    dot = write_picture(EVERYTHING, "dot", Style()).decode()
    for frame in EVERYTHING.scene.frames:
        assert f'tooltip="{frame.title}"' in dot


def test_no_name_can_take_the_place_of_a_kind() -> None:
    name = 'x" class="root" ] class="leaf"]'
    drawing = to_dot(Drawing((Box("n0", "operation", (name,), name),), ()))
    dot = write_picture(replace(LOSS, dot=drawing), "dot", Style()).decode()
    (drawn,) = scene_of(layout(dot, engine="wasm").svg).boxes
    assert (drawn.box.kind, drawn.box.lines) == ("operation", (name,))
    assert LIGHT.operation[0] in dot and LIGHT.root[0] not in dot and LIGHT.leaf[0] not in dot


@pytest.mark.parametrize("engine", ["wasm", "dot"])
@pytest.mark.parametrize("picture", [EVERYTHING, HOSTILE], ids=["everything", "hostile"])
def test_a_scene_is_written_as_a_drawing_that_graphviz_reads(picture: Picture, engine: str) -> None:
    if engine == "dot":
        needed("dot")
    dot = write_picture(picture, "dot", Style()).decode()
    drawn = scene_of(layout(dot, engine=engine).svg)
    boxes = {placed.box.id: placed.box for placed in picture.scene.boxes}
    shown = sorted(tuple(legible(line, LONGEST_LINE) for line in b.lines) for b in boxes.values())
    assert sorted(placed.box.lines for placed in drawn.boxes) == shown
    titles = sorted(legible(box.title, 400) for box in boxes.values())
    assert sorted(placed.box.title for placed in drawn.boxes) == titles
    assert len(drawn.routes) == len(flows_of(picture.scene))


# HTML.


def page(*pictures: Picture, **style: Any) -> str:
    return write_pictures(pictures, "html", Style(**style)).decode()


@pytest.mark.parametrize("picture", [LOSS, EVERYTHING, HOSTILE], ids=["loss", "every", "hostile"])
def test_the_page_is_well_formed_and_asks_nobody_for_anything(picture: Picture) -> None:
    parsed = Parsed(page(picture, picture, title=HARM[0]))
    assert parsed.faults == [] and parsed.open == []
    assert set(parsed.values("href")) == {"data:,"}
    assert {tag for tag, _ in parsed.elements} & {"script", "img", "iframe", "object"} == set()
    ids = list(parsed.values("id"))
    assert len(ids) == len(set(ids))


def test_the_policy_allows_the_style_and_nothing_else() -> None:
    parsed = Parsed(page(LOSS))
    (style,) = parsed.text_of("style")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = (
        attributes["content"]
        for _, attributes in parsed.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert dict(rule.split(" ", 1) for rule in policy.split("; ")) == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_the_page_follows_the_readers_theme_and_scrolls(
    browser: Browser, scheme: Any, colours: Colours
) -> None:
    wide = replace(EVERYTHING, scene=replace(EVERYTHING.scene, width=3000))
    opened = browser.new_page(color_scheme=scheme, viewport={"width": 800, "height": 500})
    noise: list[str] = []
    opened.on("console", lambda message: noise.append(message.text))
    opened.set_content(page(wide, title="A title"))
    fill, behind, ink, scrolls = opened.evaluate(
        """() => [
          getComputedStyle(document.querySelector(".gv-leaf .gv-shape")).fill,
          getComputedStyle(document.documentElement).backgroundColor,
          getComputedStyle(document.querySelector(".gv-heading")).fill,
          document.documentElement.scrollWidth > innerWidth,
        ]"""
    )
    opened.close()
    expected = [rgb(colour) for colour in (colours.leaf[0], colours.page, colours.text)]
    assert [fill, behind, ink] == expected
    assert scrolls
    assert noise == []


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


# A background of its own.


def test_what_has_a_background_does_not_change_its_theme() -> None:
    svg = write_picture(LOSS, "svg", Style(background="white")).decode()
    assert "prefers-color-scheme" not in svg
    assert "prefers-color-scheme" not in page(LOSS, background="white")
    assert "prefers-color-scheme" in page(LOSS, background="page")
    assert 'class="gv-page"' in svg and 'fill="#ffffff"' in svg
