"""The text of the command line -> what it names: a script, a notebook, a callable, a recording."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from graphview.errors import SubjectError

Kind = Literal["script", "notebook", "callable", "recording"]

KINDS: dict[str, Kind] = {
    ".py": "script",
    ".pyw": "script",
    ".ipynb": "notebook",
    ".json": "recording",
}
GIVE = (
    "give a script (train.py), a notebook (notebook.ipynb), a function (package.module:name or "
    "file.py:name) or a recording (recording.json)"
)
# Enough to see past a byte order mark and blank lines.
PEEK = 4096


@dataclass(frozen=True, slots=True)
class Subject:
    """What was given as `text`: `path` is its file as given.

    A callable has a `path` or a `module`, and its name in there as `attribute`, with dots.
    """

    kind: Kind
    text: str
    path: Path | None = None
    module: str | None = None
    attribute: str | None = None

    @property
    def name(self) -> str:
        """What recordings and sentences call it: the text without folders."""
        if self.path is None:
            return self.text
        return f"{self.path.name}:{self.attribute}" if self.attribute else self.path.name


def find_subject(text: str) -> Subject:
    """Find out what `text` names; nothing is run or imported.

    Errors: SubjectError for what does not exist, is a folder, or is nothing that can be observed.
    """
    path = Path(text)
    try:
        if path.is_dir():
            raise SubjectError(f"{text} cannot be read: it is a folder; {GIVE}.")
        # A pipe or a device is no file, and can be read once.
        return Subject(_kind(path), text, path) if path.exists() else _callable(text)
    except OSError as error:
        raise SubjectError(f"{text} cannot be read: {error.strerror or error}; {GIVE}.") from error


def _kind(path: Path) -> Kind:
    known = KINDS.get(path.suffix.lower())
    if known is not None:
        return known
    if not path.is_file() or _starts_an_object(path):
        return "recording"
    raise SubjectError(f"{path} is none of what graphview can look at; {GIVE}.")


def _starts_an_object(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(PEEK)
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def _callable(text: str) -> Subject:
    """`package.module:name`, `file.py:name`, `C:\\file.py:name`: what follows the last colon."""
    place, colon, attribute = text.rpartition(":")
    if not colon or not _is_dotted(attribute):
        if KINDS.get(Path(text).suffix.lower()) == "recording":
            # Its reader says best what is missing.
            return Subject("recording", text, Path(text))
        raise SubjectError(f"there is no {text}; {GIVE}.")
    path = Path(place)
    if path.is_file() and KINDS.get(path.suffix.lower()) == "script":
        return Subject("callable", text, path, None, attribute)
    if path.exists() or not _is_dotted(place) or place.endswith(".py"):
        raise SubjectError(_no_place(text, place, path))
    return Subject("callable", text, None, place, attribute)


def _no_place(text: str, place: str, path: Path) -> str:
    if path.exists():
        return f"{text} names no function: {place} is no file of Python; {GIVE}."
    return f"there is no {place}; {GIVE}."


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))
