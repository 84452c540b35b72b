"""Findings -> text for people, and the formats that other programs read: one file each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from graphview.formats.style import Rules, Style

if TYPE_CHECKING:
    from graphview.model.finding import Checked

NAMES = ("text", "concise", "json", "junit", "github", "gitlab", "sarif")


class Format(Protocol):
    """What a module in this package offers."""

    def write(self, checked: Checked, style: Style) -> str:
        """All lines, each with its end; they can be written as UTF-8 whatever the names are."""


@dataclass(frozen=True, slots=True)
class Later:
    """The format of this name, whose module is loaded on first use."""

    name: str

    def write(self, checked: Checked, style: Style) -> str:
        module = cast(Format, import_module(f"graphview.formats.{self.name}"))
        return module.write(checked, style)


FORMATS: dict[str, Format] = {name: Later(name) for name in NAMES}


def write(
    checked: Checked,
    format: str,
    *,
    show_passed: bool = False,
    color: bool = False,
    width: int = 88,
    rules: Rules | None = None,
    folder: Path | None = None,
) -> str:
    """What was found, in one of `FORMATS`.

    `show_passed`, `color` and `width` are for text, `rules` (of each code its name, summary, why
    and remedy) for SARIF. Files below `folder`, the working folder if it is left out, are named
    relative to it.
    """
    style = Style(folder or Path.cwd(), show_passed, color, width, rules or {})
    return FORMATS[format].write(checked, style)


def summary(checked: Checked, *, folder: Path | None = None) -> str:
    """The text in Markdown, small enough to be appended to the summary of a CI step."""
    return Later("markdown").write(checked, Style(folder or Path.cwd()))
