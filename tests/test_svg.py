"""The published SVG: its structure, themes, links and colours."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from svgs import (
    EVERYTHING,
    GRAPHS,
    SVG,
    THEME_NAMES,
    boxes,
    drawn,
    everything,
    groups,
    moved,
    parsed,
    svg_text,
    with_marks,
)

from graphview.draw.drawing import Box
from graphview.draw.palette import (
    DARK,
    EVERY_KIND,
    KINDS,
    LIGHT,
    PRINT,
    THEMES,
    Colours,
    css_variables,
)
from graphview.draw.scene import Placed, Route, Scene
from graphview.draw.svg import TOGETHER, Links, Look, stream_svg, style_sheet, write_svg

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


# What folded and detailed pictures have besides.


def outlines(kind: str, **look: object) -> list[tuple[str, str | None]]:
    (group, *_) = groups(everything(**look), f"gv-{kind}")
    found = (f"{SVG}polygon", f"{SVG}path")
    return [(e.get("class", ""), e.get("stroke-dasharray")) for e in group if e.tag in found]


def test_of_equal_boxes_sheets_lie_behind_the_first() -> None:
    assert [class_ for class_, _ in outlines("group")] == ["gv-sheet", "gv-sheet", "gv-shape"]
    assert [class_ for class_, _ in outlines("frame")] == ["gv-sheet", "gv-shape"]


def test_a_constant_is_dashed_and_a_note_has_no_outline() -> None:
    assert outlines("constant") == [("gv-shape", "4 2.5")]
    assert outlines("saved") == outlines("operation") == [("gv-shape", None)]
    assert outlines("note") == []
    (note,) = groups(everything(), "gv-note")
    assert note.findtext(f"{SVG}text") == "(8, 64)"


def test_frames_lie_behind_the_arrows_and_these_behind_the_boxes() -> None:
    (graph,) = groups(everything(), "graph")
    layers = [child.get("class", "").split()[0] for child in graph]
    assert layers == ["gv-frame"] * 2 + ["gv-edge"] * 7 + ["gv-node"] * 8


def test_a_frame_says_what_it_is_and_its_label_begins_where_there_is_room() -> None:
    frame, inner = groups(everything(prefix="p-"), "gv-frame")
    assert (frame.get("id"), frame.get("data-frame")) == ("p-outer", "outer")
    assert frame.get("aria-label") == frame.findtext(f"{SVG}title") == "model: told"
    label = inner.find(f"{SVG}text")
    assert label is not None
    assert (label.text, label.get("text-anchor")) == ("head", "start")
    assert moved(inner)[0] + float(label.get("x", "")) == 226


def test_pictures_that_differ_in_anything_have_ids_and_rules_of_their_own() -> None:
    moved_box = EVERYTHING.boxes[0]._replace(x=EVERYTHING.boxes[0].x + 1)
    scenes = [EVERYTHING, replace(EVERYTHING, boxes=(moved_box, *EVERYTHING.boxes[1:]))]
    looks = [Look("t", "d"), Look("t", "other"), Look("t", "d", theme="dark")]
    drawn = [write_svg(scene, look) for scene in scenes for look in looks]
    found = [ids(ET.fromstring(svg.encode())) for svg in drawn]
    assert not any(one & other for one, other in combinations(found, 2))
    scopes = [set(re.findall(r"[{},](\.gv-[0-9a-f]{8})[ {]", svg)) for svg in drawn]
    assert len(set().union(*scopes)) == len(drawn) == sum(map(len, scopes))
    assert all(".gv-picture" not in svg for svg in drawn)
    assert [write_svg(scene, look) for scene in scenes for look in looks] == drawn


def ids(svg: ET.Element) -> set[str]:
    return {name for each in svg.iter() if (name := each.get("id"))}


def test_an_arrow_without_a_tip_is_a_line() -> None:
    heads = {
        e.get("id"): e.find(f"{SVG}polygon") is not None
        for e in groups(everything(prefix="p-"), "gv-edge")
    }
    assert {name for name, head in heads.items() if not head} == {"p-e1", "p-e5"}


def test_a_line_ends_where_its_head_begins() -> None:
    drawn = everything(prefix="p-")
    (edge,) = (e for e in groups(drawn, "gv-edge") if e.get("id") == "p-e6")
    path, head = edge.find(f"{SVG}path"), edge.find(f"{SVG}polygon")
    assert path is not None and head is not None
    assert (path.get("d") or "").endswith(" 85,289")
    assert head.get("points") == "87.45,289 85,296 82.55,289"


def test_a_line_shorter_than_a_head_is_drawn() -> None:
    near = Route("e0", "a", "b", ((5, 5), (5, 6), (5, 7), (5, 8)))
    svg = ET.fromstring(write_svg(Scene(10, 10, (), (near,)), Look("t", "d")))
    (edge,) = groups(svg, "gv-edge")
    assert [child.tag for child in edge] == [f"{SVG}path", f"{SVG}polygon"]


def test_a_moved_box_stands_where_it_was_placed() -> None:
    found = {(p.kind, p.left, p.top, p.right, p.bottom) for p in boxes(everything())}
    # Of a root the outer outline is the ring.
    inner = [p for p in EVERYTHING.boxes if p.box.kind not in ("note", "root")]
    wanted = {(p.box.kind, p.x, p.y, p.x + p.width, p.y + p.height) for p in inner}
    assert wanted <= found
    assert len(found) == len(wanted) + 1


def test_equal_arrows_share_a_curve_and_stand_apart() -> None:
    curve = ((0.0, 0.0), (0.0, 10.0), (30.0, 20.0), (30.0, 30.0))
    origins = ((5.0, 7.0), (105.0, 7.25))
    routes = tuple(Route(f"e{i}", "a", "b", curve, True, at) for i, at in enumerate(origins))
    assert routes[1].points[-1] == (135.0, 37.25)
    svg = ET.fromstring(write_svg(Scene(200, 50, (), routes), Look("t", "d")))
    edges = groups(svg, "gv-edge")
    assert [moved(edge) for edge in edges] == list(origins)
    assert len({(edge[0].get("d"), edge[1].get("points")) for edge in edges}) == 1


def test_a_stream_has_the_text_in_parts() -> None:
    placed = EVERYTHING.boxes * TOGETHER
    scene = Scene(340, 350, placed, EVERYTHING.routes, EVERYTHING.frames)
    parts = list(stream_svg(scene, Look("t", "d", background="#fff")))
    assert b"".join(parts).decode() == write_svg(scene, Look("t", "d", background="#fff"))
    assert len(parts) > len(EVERYTHING.boxes)


def test_numbers_have_two_decimals_at_most() -> None:
    third = Placed(Box("a", "operation", ("x",), "x"), 1 / 3, 2 / 3, 100 / 3, 20)
    svg = write_svg(Scene(100 / 3, 100 / 7, (third,), ()), Look("t", "d", inline=True))
    assert 'transform="translate(0.33 0.67)"' in svg
    assert "0,0 33.33,0 33.33,20 0,20" in svg
    assert not re.search(r"\d\.\d{3}|\de[-+]", svg)


def test_on_paper_kinds_differ_in_their_borders_alone() -> None:
    svg = with_marks(theme="print")
    inks = {e.get(name) for e in svg.iter() for name in ("fill", "stroke")} - {None, "none"}
    assert inks == {"#000000", "#ffffff"}
    borders = {
        kind: [
            (e.get("class"), e.get("stroke-width"), e.get("stroke-dasharray"), e.tag)
            for e in groups(svg, f"gv-{kind}")[0]
            if (e.get("class") or "").startswith("gv-") and e.get("class") != "gv-sheet"
        ]
        for kind in EVERY_KIND
    }
    assert len({str(border) for border in borders.values()}) == len(EVERY_KIND)
    assert css_variables(PRINT) in style_sheet("print")


def test_a_style_sheet_has_the_kinds_that_are_there() -> None:
    found = set(re.findall(r"--gv-(\w+)-fill:", svg_text()))
    assert found == set(KINDS)
    assert set(re.findall(r"--gv-(\w+)-fill:", style_sheet("auto"))) == set(EVERY_KIND)


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


# Colours.

PAGES = {"light": "#fcfbf8", "dark": "#14171b"}
# Bookkeeping, and what no gradient reaches.
QUIET = ("accumulate", "constant", "frame")
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
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_texts_and_outlines_stand_out(theme: str, kind: str) -> None:
    colours, page = THEMES[theme], PAGES[theme]
    fill, outline = colours.of(kind)
    assert contrast(colours.text, fill) >= TEXT_CONTRAST
    assert contrast(outline, page) >= OUTLINE_CONTRAST
    assert contrast(outline, fill) >= OUTLINE_CONTRAST
    assert contrast(colours.line, page) >= STRONG_CONTRAST
    if kind not in QUIET:
        assert contrast(outline, page) >= STRONG_CONTRAST


@pytest.mark.parametrize("theme", PAGES)
def test_no_two_kinds_have_the_same_colours(theme: str) -> None:
    assert len({THEMES[theme].of(kind) for kind in EVERY_KIND}) == len(EVERY_KIND)
