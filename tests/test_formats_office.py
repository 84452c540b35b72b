"""PowerPoint, PDF and PNG: opened again and looked at."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from pictures import EVERYTHING, HOSTILE, LOSS
from PIL import Image
from pptx import Presentation
from pptx.shapes.connector import Connector

from graphview.draw.drawing import LONGEST_LINE, legible
from graphview.draw.fit import Style
from graphview.draw.formats import write_picture, write_pictures
from graphview.draw.formats.picture import Picture
from graphview.draw.palette import DARK, LIGHT
from graphview.draw.scene import Route, Scene
from graphview.errors import OutputError

EMU = 12_700
XML = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def deck(*pictures: Picture, **style: Any) -> Any:
    return Presentation(io.BytesIO(write_pictures(pictures, "pptx", Style(**style))))


def shapes_of(slide: Any) -> list[Any]:
    """All shapes, also those in groups."""
    found = []
    for shape in slide.shapes:
        found += [shape, *(shape.shapes if hasattr(shape, "shapes") else [])]
    return found


def texts_of(slide: Any) -> list[str]:
    frames = (shape.text_frame for shape in shapes_of(slide) if shape.has_text_frame)
    return [frame.text for frame in frames if frame.text]


def descriptions(slide: Any) -> set[str]:
    return {shape._element._nvXxPr.cNvPr.get("descr") for shape in slide.shapes} - {None}


# PowerPoint.


@pytest.mark.parametrize("picture", [LOSS, EVERYTHING], ids=["loss", "everything"])
def test_every_box_is_a_shape_with_its_text_and_what_it_says(picture: Picture) -> None:
    (slide,) = deck(picture).slides
    scene = picture.scene
    texts = ["\n".join(placed.box.lines) for placed in scene.boxes]
    texts += [frame.label for frame in scene.frames]
    assert sorted(texts_of(slide)) == sorted(texts)
    told = {placed.box.title for placed in scene.boxes} | {frame.title for frame in scene.frames}
    assert descriptions(slide) == told
    numbers = [shape.shape_id for shape in shapes_of(slide)]
    assert len(numbers) == len(set(numbers))


def test_arrows_are_glued_to_their_boxes() -> None:
    (slide,) = deck(LOSS).slides
    shapes = {shape.shape_id: shape for shape in shapes_of(slide)}
    arrows = [shape for shape in slide.shapes if isinstance(shape, Connector)]
    assert len(arrows) == len(LOSS.scene.routes)
    boxes = {placed.box.id: placed.box.lines[0] for placed in LOSS.scene.boxes}
    for arrow, route in zip(arrows, LOSS.scene.routes, strict=True):
        start, end = (arrow._element.find(f".//{XML}{name}") for name in ("stCxn", "endCxn"))
        assert (start.get("idx"), end.get("idx")) == ("2", "0")
        tail, head = (shapes[int(each.get("id"))].name for each in (start, end))
        assert tail.endswith(boxes[route.tail]) and boxes[route.head] in head


def test_what_is_bent_is_the_very_curve_and_what_is_straight_a_connector() -> None:
    (slide,) = deck(EVERYTHING).slides
    arrows = {s.name: s for s in slide.shapes if s.name.startswith("arrow ")}
    bent = {"arrow e2", "arrow e3"}
    assert {name for name, arrow in arrows.items() if not isinstance(arrow, Connector)} == bent
    assert len(arrows) == len(EVERYTHING.scene.routes)
    presets = {
        arrow._element.spPr.find(f"{XML}prstGeom").get("prst")
        for arrow in arrows.values()
        if isinstance(arrow, Connector)
    }
    assert presets == {"straightConnector1"}


@pytest.mark.parametrize("number", [2, 3])
def test_a_bent_arrow_goes_through_every_point_of_its_route(number: int) -> None:
    (slide,) = deck(EVERYTHING).slides
    shapes = {shape.name: shape for shape in slide.shapes}
    line, box = shapes[f"arrow e{number}"], shapes["leaf weight"]
    left, top = EVERYTHING.scene.boxes[0].x, EVERYTHING.scene.boxes[0].y
    scale = box.width / EVERYTHING.scene.boxes[0].width
    (path,) = line._element.spPr.iter(f"{XML}path")
    assert (int(path.get("w")), int(path.get("h"))) == (line.width, line.height)
    drawn = [
        (line.left + int(each.get("x")) - box.left, line.top + int(each.get("y")) - box.top)
        for each in path.iter(f"{XML}pt")
    ]
    meant = [
        ((x - left) * scale, (y - top) * scale) for x, y in EVERYTHING.scene.routes[number].points
    ]
    assert len(drawn) == len(meant)
    for point, other in zip(drawn, meant, strict=True):
        assert point == pytest.approx(other, abs=4)
    (end,) = line._element.spPr.iter(f"{XML}tailEnd")
    assert end.get("type") == "triangle"


def test_an_arrow_without_a_tip_has_no_head() -> None:
    (slide,) = deck(EVERYTHING).slides
    (line,) = (shape for shape in slide.shapes if shape.name == "arrow e1")
    assert list(line._element.spPr.iter(f"{XML}tailEnd")) == []


def test_a_curve_around_a_box_is_a_freeform_line() -> None:
    points = ((85, 226), (300, 240), (320, 250), (300, 260), (280, 270), (85, 280), (85, 296))
    around = Route("e6", "n1", "root0", points)
    blocked = EVERYTHING.scene.boxes[0]._replace(x=60, y=240, width=50, height=20)
    scene = replace(EVERYTHING.scene, routes=(around,), boxes=(*EVERYTHING.scene.boxes, blocked))
    (slide,) = deck(replace(EVERYTHING, scene=scene)).slides
    (line,) = (s for s in slide.shapes if s.name == "arrow e6")
    assert not isinstance(line, Connector)
    assert len(line._element.spPr.findall(f".//{XML}cubicBezTo")) == 2


def test_a_slide_is_16_to_9_and_the_boxes_stand_as_in_the_scene() -> None:
    made = deck(LOSS)
    assert (made.slide_width, made.slide_height) == (12_192_000, 6_858_000)
    (slide,) = made.slides
    shapes = {shape.name: shape for shape in slide.shapes}
    a, b = (shapes[f"leaf {name}"] for name in "ab")
    left, right = LOSS.scene.boxes[0], LOSS.scene.boxes[2]
    scale = a.width / left.width / EMU
    assert (b.left - a.left) / EMU == pytest.approx((right.x - left.x) * scale, abs=0.1)
    size = a.text_frame.paragraphs[1].runs[0].font.size
    assert size.pt == pytest.approx(10 * scale, abs=0.1)
    assert a.text_frame.paragraphs[0].runs[0].font.name == "Courier New"


@pytest.mark.parametrize(
    ("scene", "least"), [(Scene(1e6, 300, (), ()), 1), (Scene(10, 10, (), ()), 914_400)]
)
def test_a_slide_as_large_as_the_picture_stays_within_powerpoints_bounds(
    scene: Scene, least: int
) -> None:
    made = deck(replace(LOSS, scene=scene), fit="none", title="a")
    assert least <= made.slide_width <= 51_206_400
    assert 914_400 <= made.slide_height <= 51_206_400


def test_colours_are_those_of_the_theme() -> None:
    for theme, colours in (("light", LIGHT), ("dark", DARK)):
        (slide,) = deck(LOSS, theme=theme).slides
        (leaf,) = (shape for shape in slide.shapes if shape.name == "leaf a")
        assert f"#{leaf.fill.fore_color.rgb}".lower() == colours.leaf[0]
        assert f"#{slide.background.fill.fore_color.rgb}".lower() == colours.page


def test_a_title_is_the_slides_own() -> None:
    (slide,) = deck(LOSS, title="What & why").slides
    assert slide.shapes.title is not None
    assert slide.shapes.title.text_frame.text == "What & why"
    assert deck(LOSS, title="What & why").core_properties.title == "What & why"
    (bare,) = deck(LOSS).slides
    assert bare.shapes.title is None


def test_each_picture_has_its_slide() -> None:
    first, second = deck(LOSS, EVERYTHING).slides
    assert "a\n(80, 1)" in texts_of(first) and "block\n3 × Block" in texts_of(second)


def test_hostile_names_are_text_on_a_slide() -> None:
    (slide,) = deck(HOSTILE, title=HOSTILE.title).slides
    texts = set(texts_of(slide))
    for placed in HOSTILE.scene.boxes:
        assert "\n".join(legible(line, LONGEST_LINE) for line in placed.box.lines) in texts


def test_no_time_is_left_in_a_deck() -> None:
    content = write_picture(LOSS, "pptx", Style())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT", core)) == {"1980-01-01T"}


# PDF.


def pages(*pictures: Picture, **style: Any) -> Any:
    return pypdfium2.PdfDocument(write_pictures(pictures, "pdf", Style(**style)))


def test_a_pdf_has_its_texts_as_text_in_its_own_font() -> None:
    found = pages(EVERYTHING)[0].get_textpage().get_text_range()
    for text in ("weight", "AccumulateGrad", "3 × Block", "model · Net", "(8, 64)"):
        assert text in found
    content = write_picture(EVERYTHING, "pdf", Style())
    assert content.count(b"/FontFile2") == 2
    assert b"/Image" not in content.replace(b"/ImageB /ImageC /ImageI", b"")


def test_a_pdf_page_is_as_large_as_asked() -> None:
    assert pages(LOSS)[0].get_size() == (LOSS.scene.width, LOSS.scene.height)
    assert pages(LOSS, fit="16:9")[0].get_size() == (960, 540)
    assert pages(LOSS, fit="16:9", width=640)[0].get_size() == (480, 270)
    huge = replace(LOSS, scene=Scene(1e6, 1e3, (), ()))
    assert max(pages(huge)[0].get_size()) == 14_400


def test_each_picture_has_its_page() -> None:
    found = pages(LOSS, EVERYTHING, LOSS)
    assert len(found) == 3
    assert "block" in found[1].get_textpage().get_text_range()


def test_a_pdf_says_what_it_is() -> None:
    assert pages(LOSS).get_metadata_dict()["Title"] == LOSS.title
    assert pages(LOSS, title="Ours").get_metadata_dict()["Title"] == "Ours"


def colour(hexadecimal: str) -> tuple[int, ...]:
    return tuple(int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5))


def spots(picture: Picture, scale: float) -> list[tuple[str, tuple[int, int]]]:
    """Inside each box that is filled, beside its text."""
    found = []
    for placed in picture.scene.boxes:
        beside = 2.5 if placed.box.kind == "accumulate" else 6
        x, y = placed.x + beside, placed.y + placed.height / 2
        found.append((placed.box.kind, (int(x * scale), int(y * scale))))
    return [(kind, spot) for kind, spot in found if kind != "note"]


@pytest.mark.parametrize("picture", [LOSS, EVERYTHING], ids=["loss", "everything"])
def test_a_pdf_has_the_colours_of_the_kinds(picture: Picture) -> None:
    image = pages(picture, background="white")[0].render(scale=2).to_pil().convert("RGB")
    for kind, spot in spots(picture, 2):
        assert image.getpixel(spot) == pytest.approx(colour(LIGHT.of(kind)[0]), abs=8), kind


# PNG.


def image(picture: Picture, **style: Any) -> Image.Image:
    return Image.open(io.BytesIO(write_picture(picture, "png", Style(**style))))


@pytest.mark.parametrize("picture", [LOSS, EVERYTHING], ids=["loss", "everything"])
def test_a_png_has_the_colours_of_the_kinds(picture: Picture) -> None:
    drawn = image(picture).convert("RGB")
    for kind, spot in spots(picture, 8 / 3):
        assert drawn.getpixel(spot) == pytest.approx(colour(LIGHT.of(kind)[0]), abs=8), kind


def test_a_png_has_as_many_pixels_as_asked() -> None:
    assert image(EVERYTHING).size == (907, 933)
    assert image(EVERYTHING, scale=1).size == (453, 467)
    assert image(EVERYTHING, width=640).size[0] == 640
    assert image(EVERYTHING, fit="16:9", width=1920).size == (1920, 1080)


def test_a_png_is_clear_or_has_the_background_that_was_asked_for() -> None:
    corner = (0, 0)
    assert image(LOSS).getpixel(corner) == (0, 0, 0, 0)
    assert image(LOSS, background="white").getpixel(corner) == (255, 255, 255, 255)
    dark = image(LOSS, background="page", theme="dark").getpixel(corner)
    assert dark == (*colour(DARK.page), 255)


def test_a_png_shows_its_texts_without_any_font_of_the_system() -> None:
    blank = tuple(placed._replace(box=placed.box._replace(lines=())) for placed in LOSS.scene.boxes)
    without = image(replace(LOSS, scene=replace(LOSS.scene, boxes=blank)))
    drawn = image(LOSS)
    for placed in LOSS.scene.boxes:
        corners = (placed.x, placed.y, placed.x + placed.width, placed.y + placed.height)
        part = tuple(int(number * 8 / 3) for number in corners)
        assert drawn.crop(part).tobytes() != without.crop(part).tobytes()  # type: ignore[arg-type]


def test_a_png_too_large_is_refused() -> None:
    huge = replace(LOSS, scene=Scene(60_000, 9_000, (), ()))
    with pytest.raises(OutputError, match=r"160,000 × 24,000 px is too large; give a smaller --wi"):
        image(huge)
