"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphview import files
from graphview.errors import OutputError
from graphview.files import check_writable, file_name, write, write_or_print

posix = pytest.mark.skipif(sys.platform == "win32", reason="mode bits, links and pipes")
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullDisk(io.BytesIO):
    """Takes nothing."""

    def write(self, content: object) -> int:
        raise FULL


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(handle: int, mode: str) -> FullDisk:
        os.close(handle)
        return FullDisk()

    monkeypatch.setattr(files.os, "fdopen", opened)


def test_a_file_is_written(tmp_path: Path) -> None:
    write(tmp_path / "new", b"content")
    assert (tmp_path / "new").read_bytes() == b"content"
    assert [file.name for file in tmp_path.iterdir()] == ["new"]


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "old"
    file.write_bytes(b"much that was there before")
    write(file, b"new")
    assert file.read_bytes() == b"new"


def test_parts_are_written_one_after_the_other(tmp_path: Path) -> None:
    write(tmp_path / "new", iter([b"one", b"", b"two"]))
    assert (tmp_path / "new").read_bytes() == b"onetwo"


def test_where_a_part_cannot_be_made_the_old_file_stays(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 1_000_000
        raise LookupError("no more")

    file = tmp_path / "old"
    file.write_bytes(b"before")
    with pytest.raises(LookupError):
        write(file, broken())
    assert file.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["old"]


@posix
def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    write(tmp_path / "ours", b"")
    (tmp_path / "usual").write_bytes(b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


@posix
def test_an_old_file_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "old"
    file.write_bytes(b"")
    file.chmod(0o640)
    write(file, b"new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    for content in (b"first", b"second"):
        write(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "target").read_bytes() == content


@posix
def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write(pipe, b"content")
    reader.join()
    assert read == [b"content"]
    assert pipe.is_fifo()


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    file = tmp_path / ("n" * 250)
    write(file, b"content")
    assert file.read_bytes() == b"content"


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_the_old_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "old"
    file.write_bytes(b"old")
    with pytest.raises(OutputError, match=r"old could not be written: No space left on device\.$"):
        write(file, b"new")
    assert file.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["old"]


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_there_is_no_new_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write(tmp_path / "new", b"new")
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "new", b"new")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "is a folder; give the name of a file to write."),
        ("missing/file", "there is no folder"),
        ("file/below", "there is no folder"),
        ("n" * 300, "could not be written: File name too long."),
        ("n" * 300 + "/file", "could not be written: File name too long."),
    ],
    ids=["a folder", "a missing folder", "below a file", "a long name", "a long folder"],
)
def test_what_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, path: str, said: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    for attempt in (check_writable, lambda path: write(path, b"content")):
        with pytest.raises(OutputError) as refused:
            attempt(tmp_path / path)
        assert said in str(refused.value)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_closed_folder_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # For root no folder is closed, and tests may run as root.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match="you may not write to the folder"):
        check_writable(tmp_path / "new")


def test_a_dash_is_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_or_print("-", "80 × 1\n".encode())
    assert capfdbinary.readouterr().out == b"80 \xc3\x97 1\n"
    assert not list(tmp_path.iterdir())


def test_a_closed_standard_output_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="standard output is closed"):
        write_or_print("-", b"content")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("loss", "loss.svg"),
        ("layer.0", "layer.0.svg"),
        ("ŷ", "ŷ.svg"),
        ("a/b", "a%2Fb.svg"),
        ("../../etc/x", "%2E.%2F..%2Fetc%2Fx.svg"),
        ("C:\\x", "C%3A%5Cx.svg"),
        ("\0\n", "%00%0A.svg"),
        ("", ".svg"),
        ("..", "%2E..svg"),
        (".hidden", "%2Ehidden.svg"),
    ],
)
def test_any_text_is_made_a_name(text: str, name: str) -> None:
    assert file_name(text, ".svg") == name


def test_a_long_text_is_made_a_short_name_of_its_own() -> None:
    one, other = (file_name("é" * 400 + end, ".json") for end in "ab")
    assert max(len(one.encode()), len(other.encode())) < 255
    assert one != other


@given(st.text(max_size=20))
def test_a_name_stays_in_its_folder(text: str) -> None:
    name = file_name(text, ".svg")
    assert Path("folder", name).parent == Path("folder")
    assert Path(name).name == name


@given(st.lists(st.text("a/%2F.", max_size=6), unique=True))
def test_other_texts_have_other_names(texts: list[str]) -> None:
    assert len({file_name(text, "") for text in texts}) == len(texts)
