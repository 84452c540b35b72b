"""What the text of the command line names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from processes import posix

from graphview.errors import SubjectError
from graphview.subject.find import GIVE, find_subject

# Each test in an empty working directory.
pytestmark = pytest.mark.usefixtures("here")


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("train.py", "script"),
        ("gui.pyw", "script"),
        ("Lesson.IPYNB", "notebook"),
        ("run.json", "recording"),
        ("a:b.py", "script"),
    ],
)
def test_a_file_is_known_by_its_ending(file: str, kind: str) -> None:
    Path(file).write_text("")
    found = find_subject(file)
    assert (found.kind, found.path, found.name) == (kind, Path(file), file)


@pytest.mark.parametrize("start", ["{", "\n\n  {", "\ufeff{"])
def test_any_file_that_starts_an_object_is_a_recording(start: str) -> None:
    Path("kept.txt").write_text(f'{start} "schema": 2}}', encoding="utf-8")
    assert find_subject("kept.txt").kind == "recording"


@pytest.mark.parametrize(
    ("text", "module", "path", "attribute", "name"),
    [
        ("package.module:name", "package.module", None, "name", "package.module:name"),
        ("loss:make", "loss", None, "make", "loss:make"),
        ("f.py:make", None, "f.py", "make", "f.py:make"),
        ("deep/f.py:Class.method", None, "deep/f.py", "Class.method", "f.py:Class.method"),
    ],
)
def test_a_callable_is_what_follows_the_last_colon(
    text: str, module: str | None, path: str | None, attribute: str, name: str
) -> None:
    Path("deep").mkdir()
    for file in ("f.py", "deep/f.py"):
        Path(file).write_text("")
    found = find_subject(text)
    assert (found.kind, found.module, found.attribute) == ("callable", module, attribute)
    assert (found.path, found.name) == (Path(path) if path else None, name)


@posix
def test_a_drive_letter_is_no_module() -> None:
    Path("C:\\x.py").write_text("")
    found = find_subject("C:\\x.py:name")
    assert (found.kind, found.path, found.attribute) == ("callable", Path("C:\\x.py"), "name")
    assert find_subject("C:\\x.py").kind == "script"
    with pytest.raises(SubjectError, match=r"there is no C:\\y\.py;"):
        find_subject("C:\\y.py:name")


def test_a_recording_that_is_missing_is_left_to_its_reader() -> None:
    assert find_subject("no.json").kind == "recording"


@posix
def test_a_pipe_is_a_recording_and_is_not_read() -> None:
    os.mkfifo("pipe")
    assert find_subject("pipe").kind == "recording"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train.py", "there is no train.py;"),
        ("package.module", "there is no package.module;"),
        ("no.py:name", "there is no no.py;"),
        ("f.py:", "there is no f.py:;"),
        ("f.py:two words", "there is no f.py:two words;"),
        ("http://example.org", "there is no http://example.org;"),
        ("folder", "folder cannot be read: it is a folder;"),
        ("folder:name", "folder:name names no function: folder is no file of Python;"),
        ("words.txt:name", "words.txt:name names no function: words.txt is no file of Python;"),
        ("words.txt", "words.txt is none of what graphview can look at;"),
        ("n" * 300, "cannot be read: File name too long;"),
    ],
)
def test_what_cannot_be_looked_at_is_said_with_what_can(text: str, said: str) -> None:
    Path("folder").mkdir()
    Path("f.py").write_text("")
    Path("words.txt").write_text("once upon a time")
    with pytest.raises(SubjectError) as caught:
        find_subject(text)
    assert str(caught.value).endswith(f"{said} {GIVE}.")
