"""Scene -> file: one registry of formats, each a module with one function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from graphview.draw.fit import PAGES, Style, arranged, sheet_of, too_small
from graphview.draw.formats import dot, json, mermaid, page, pdf, png, pptx, svg
from graphview.draw.formats.picture import Picture
from graphview.draw.scene import Scene
from graphview.errors import OutputError


class Format(Protocol):
    """What a module in this package offers.

    `MANY` says whether one file holds several pictures, `USES` which fields of a style have an
    effect, `NEEDS` the module without which it cannot write, from the extra of its own name, and
    `FIT` the page that it is for.
    """

    MANY: bool
    USES: frozenset[str]
    NEEDS: str | None
    FIT: str | None

    def write(self, pictures: Sequence[Picture], style: Style) -> bytes:
        """The file's content. Errors: OutputError."""


FORMATS: dict[str, Format] = {
    "svg": svg,
    "png": png,
    "pdf": pdf,
    "pptx": pptx,
    "dot": dot,
    "mmd": mermaid,
    "json": json,
    "html": page,
}


def write_picture(picture: Picture, format: str, style: Style) -> bytes:
    """The content of a file with one picture; the same picture gives the same bytes.

    Errors: OutputError for a format that is unknown or lacks its extra, or for a picture that is
    too large for it.
    """
    return write_pictures([picture], format, style)


def write_pictures(pictures: Sequence[Picture], format: str, style: Style) -> bytes:
    """The content of a file with a page or a slide for each picture; see `write_picture`."""
    check_format(format)
    return FORMATS[format].write(pictures, _on_page(format, style))


def parts_of_pictures(
    pictures: Sequence[Picture], format: str, style: Style
) -> bytes | Iterable[bytes]:
    """What `write_pictures` gives, or its parts one after the other where a picture may be large.

    The same errors, at once.
    """
    check_format(format)
    if format == "svg":
        return svg.stream(pictures, _on_page(format, style))
    return write_pictures(pictures, format, style)


def is_bounded(format: str, style: Style) -> bool:
    """Whether a picture is put on a page of its own size."""
    return "fit" in FORMATS[format].USES and _on_page(format, style).fit in PAGES


def complaint(scene: Scene, format: str, style: Style) -> str | None:
    """What is said of a scene that will be hard to read on its page, and None for any other."""
    style = _on_page(format, style)
    sized = "fit" in FORMATS[format].USES
    return too_small(sheet_of(scene, style), style) if sized else None


def arranged_for(scene: Scene, format: str, style: Style) -> Scene:
    """The scene as it is best read on its page: on a slide in columns, where it is high."""
    style = _on_page(format, style)
    return arranged(scene, style) if "fit" in FORMATS[format].USES else scene


def _on_page(format: str, style: Style) -> Style:
    return replace(style, fit=style.fit or FORMATS[format].FIT)


def format_of(name: str) -> str:
    """The format that the suffix of a file's name stands for. Errors: OutputError."""
    suffix = Path(name).suffix.lower()
    if suffix[1:] in FORMATS:
        return suffix[1:]
    meant = f"{suffix} names no format" if suffix else f"{name} has no suffix that names a format"
    raise OutputError(f"{meant}; choose one of {_known()}, or give --format.")


def check_format(format: str) -> None:
    """Errors: OutputError for a format that is unknown, or that lacks what it needs here."""
    if format not in FORMATS:
        raise OutputError(f"there is no format {format!r}; choose one of {_known()}.")
    needed = FORMATS[format].NEEDS
    if needed is not None and not _is_there(needed):
        raise OutputError(
            f'to write {format} graphview needs {needed}: pip install "graphview[{format}]".'
        )


def without_effect(format: str, style: Style) -> list[str]:
    """The fields that were set in a style and that a format cannot follow."""
    plain, uses = Style(), FORMATS[format].USES
    set_ = [
        each.name
        for each in fields(Style)
        if getattr(style, each.name) != getattr(plain, each.name)
    ]
    return [name for name in set_ if name not in uses]


def _known() -> str:
    return ", ".join(f".{name}" for name in FORMATS)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None and import_module(module) is not None
    except ImportError:
        return False
