"""docs/gallery holds what `make gallery` draws: its page and its pictures belong together."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import gallery
import pytest
from gallery_pictures import Picture

from graphview.commands.render import render

ROOT = Path(__file__).parent.parent
PAGE = gallery.PAGE.read_text(encoding="utf-8")
MEND = "make gallery"


def typed(words: list[str]) -> dict[str, object]:
    """The options of `graphview render ...` as they are understood."""
    _, name, *arguments = words
    with render.make_context(name, arguments) as context:
        return context.params


def test_the_gallery_shows_exactly_the_pictures_that_are_there() -> None:
    shown = re.findall(r'<img src="([^"]+)"', PAGE)
    assert len(set(shown)) == len(shown)
    assert set(shown) == {path.name for path in gallery.FOLDER.glob("*.svg")}, MEND


def test_the_gallerys_page_is_current() -> None:
    assert gallery.page() == PAGE, MEND


def test_every_model_of_the_gallery_is_drawn() -> None:
    models = {path.name for path in (ROOT / "examples" / "gallery").glob("*.py")}
    drawn = {Path(picture.subject.partition(":")[0]).name for picture in gallery.pictures()}
    assert models <= drawn


@pytest.mark.parametrize("picture", gallery.pictures(), ids=lambda picture: picture.name)
def test_commands_of_the_gallery_can_be_typed(picture: Picture) -> None:
    assert typed(gallery.command(picture))["output"] == gallery.target(picture)


def test_commands_of_the_page_on_slides_can_be_typed() -> None:
    text = (ROOT / "docs" / "slides.md").read_text(encoding="utf-8")
    lines = re.findall(r"^graphview render .*$", text, re.MULTILINE)
    files = [typed(shlex.split(line, comments=True))["output"] for line in lines]
    assert {Path(name).suffix for name in files} >= {".svg", ".pdf", ".png", ".pptx", ".mmd"}


def test_pictures_of_the_gallery_are_small_and_name_no_machine() -> None:
    for path in gallery.FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert len(text) < 100_000, path.name
        assert str(ROOT) not in text and "/home/" not in text, path.name


def test_a_picture_of_the_gallery_is_drawn_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(gallery, "FOLDER", tmp_path)
    for name in ("mlp", "gan-generator"):
        gallery.draw(next(each for each in gallery.pictures() if each.name == name))
        current = (ROOT / "docs" / "gallery" / f"{name}.svg").read_bytes()
        assert (tmp_path / f"{name}.svg").read_bytes() == current, MEND
