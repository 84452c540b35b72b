"""docs/gallery holds what `make gallery` draws: its page and its pictures belong together."""

from __future__ import annotations

import re
from pathlib import Path

import gallery
import pytest
from gallery_pictures import Picture

from graphview.cli import cli

ROOT = Path(__file__).parent.parent
PAGE = gallery.PAGE.read_text(encoding="utf-8")
MEND = "make gallery"


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
    _, name, *arguments = gallery.command(picture)
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    with command.make_context(name, list(arguments)) as context:
        assert context.params["output"] == gallery.target(picture)


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
