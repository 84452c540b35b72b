"""Every format writes every picture: the same bytes, whole, by its suffix, or says why not."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pictures import EVERYTHING, HOSTILE, LOSS

from graphview.draw import fonts
from graphview.draw.drawing import LONGEST_LINE
from graphview.draw.fit import Style
from graphview.draw.fonts.coverage import lacking
from graphview.draw.formats import (
    FORMATS,
    check_format,
    format_of,
    without_effect,
    write_picture,
    write_pictures,
)
from graphview.draw.formats.letters import unshown
from graphview.draw.formats.picture import Picture
from graphview.draw.scene import Scene
from graphview.errors import OutputError
from graphview.model.store import graph_from_json

MAGIC = {
    "svg": b"<?xml",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "pptx": b"PK",
    "dot": b"digraph",
    "mmd": b"flowchart",
    "json": b"{",
    "html": b"<!doctype html>",
}
STYLES = {
    "plain": Style(),
    "slide": Style(fit="16:9", theme="dark", background="page", title="A title"),
    "paper": Style(fit="a4", theme="print", font_size=8),
    "large": Style(width=900, background="white", title="A title of many words " * 9),
}
PICTURES = {"loss": LOSS, "everything": EVERYTHING, "hostile": HOSTILE}


def test_every_format_has_a_beginning_of_its_own() -> None:
    assert MAGIC.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("which", PICTURES)
@pytest.mark.parametrize("style", STYLES)
def test_the_same_picture_gives_the_same_bytes(name: str, which: str, style: str) -> None:
    picture = PICTURES[which]
    content = write_picture(picture, name, STYLES[style])
    titled = name == "mmd" and STYLES[style].title
    assert content.startswith(b"---\ntitle" if titled else MAGIC[name])
    assert write_picture(picture, name, STYLES[style]) == content


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_of_nothing_is_written(name: str) -> None:
    empty = replace(LOSS, scene=Scene(8, 8, (), ()), dot=None)
    assert write_picture(empty, name, Style()).startswith(MAGIC[name])


def test_the_graph_comes_back_from_its_json() -> None:
    assert graph_from_json(write_picture(LOSS, "json", Style())) == LOSS.graph


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.svg", "svg"), ("a.b.PNG", "png"), ("x/y.mmd", "mmd"), ("loss.pptx", "pptx")],
)
def test_the_suffix_names_the_format(name: str, format: str) -> None:
    assert format_of(name) == format


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.jpg", r"^\.jpg names no format; choose one of \.svg, \.png, .*\.html, or give --for"),
        ("loss", r"^loss has no suffix that names a format; choose one of \.svg"),
        (".svg", r"^\.svg has no suffix that names a format"),
    ],
)
def test_an_unknown_suffix_is_answered_by_those_that_are_known(name: str, said: str) -> None:
    with pytest.raises(OutputError, match=said):
        format_of(name)


def test_an_unknown_format_is_one_sentence() -> None:
    with pytest.raises(OutputError, match=r"there is no format 'gif'; choose one of \.svg"):
        write_picture(LOSS, "gif", Style())


@pytest.mark.parametrize("name", ["png", "pdf", "pptx"])
def test_without_its_extra_a_format_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = FORMATS[name].NEEDS
    assert needed is not None
    monkeypatch.setitem(sys.modules, needed, None)
    with pytest.raises(OutputError, match=rf'pip install "graphview\[{name}\]"\.$'):
        check_format(name)


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"png", "pdf", "pptx"}))
def test_other_formats_need_no_extra(name: str) -> None:
    assert FORMATS[name].NEEDS is None


def test_what_a_format_cannot_follow_is_known() -> None:
    style = Style(width=300, theme="dark", title="t")
    assert without_effect("svg", style) == []
    assert without_effect("pptx", style) == ["width"]
    assert without_effect("mmd", style) == ["width"]
    assert without_effect("json", style) == ["theme", "width", "title"]


@pytest.mark.parametrize("name", [name for name, format in FORMATS.items() if format.MANY])
def test_several_pictures_are_several_pages(name: str) -> None:
    one, two = (write_pictures([LOSS] * count, name, Style()) for count in (1, 2))
    assert one.startswith(MAGIC[name]) and two.startswith(MAGIC[name])
    assert len(two) > len(one)


def test_the_font_comes_with_its_licence() -> None:
    folder = Path(fonts.__file__).parent
    assert "Bitstream" in (folder / "LICENSE").read_text(encoding="utf-8")
    for font in (fonts.REGULAR, fonts.BOLD):
        assert font.read_bytes()[:4] == b"\0\1\0\0"


def test_a_picture_says_which_it_is() -> None:
    assert isinstance(LOSS, Picture)
    svg = write_picture(LOSS, "svg", Style()).decode()
    assert re.search(rf'<title id="gv-\w+-title">{LOSS.title}</title>', svg)
    titled = write_picture(LOSS, "svg", Style(title="Ours")).decode()
    assert re.search(r'<title id="gv-\w+-title">Ours</title>', titled)


# Letters.


def test_what_the_font_has_is_what_reportlab_finds_in_it() -> None:
    ttfonts = pytest.importorskip("reportlab.pdfbase.ttfonts")
    there = ttfonts.TTFont("asked", str(fonts.REGULAR)).face.charToGlyph
    printable = [code for code in range(0x20, 0x30000) if chr(code).isprintable()]
    missing = lacking("".join(map(chr, printable)))
    assert list(map(ord, missing)) == [code for code in printable if code not in there]


def written(text: str) -> Picture:
    first, *others = LOSS.scene.boxes
    box = first._replace(box=first.box._replace(lines=(text,)))
    return replace(LOSS, scene=replace(LOSS.scene, boxes=(box, *others)))


@pytest.mark.parametrize(
    ("format", "text", "named"),
    [
        ("pdf", "é Ж → a", None),
        ("pdf", "漢 a 漢 שלום", "'漢שלום'"),
        ("pdf", "عرب", "'عرب'"),
        ("pdf", "".join(map(chr, range(0x4E00, 0x4E20))), "'一丁丂七丄丅丆万丈三上下…'"),
        ("png", "عرب é", None),
        ("png", "漢", "'漢'"),
        # Shortened in the middle, and what would turn the direction of the text.
        ("pdf", f"{'a' * 40}漢{'a' * 40}", None),
        ("pdf", "a\u200fb", None),
        ("svg", "漢", None),
        ("pptx", "漢", None),
    ],
)
def test_letters_that_a_format_cannot_show_are_named(
    format: str, text: str, named: str | None
) -> None:
    told = unshown([written(text)], format, Style())
    assert (told is None) if named is None else (told is not None and named in told)
    if len(text) < LONGEST_LINE:
        assert unshown([LOSS], format, Style(title=text)) == told
