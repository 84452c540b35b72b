"""Files are written whole or not at all: temporary name beside the target, then rename."""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from graphview.errors import OutputError

# What is written: all of it, or its parts one after the other, which need not be in memory at once.
Content = bytes | Iterable[bytes]
STDOUT = "-"
DEVICES = "/dev"


# In bytes; most file systems allow 255, and a suffix and a number may follow.
LONGEST = 200


def file_name(name: str, suffix: str) -> str:
    """A name for a file made from any text, another one for another text: `a/b` is `a%2Fb`.

    It never leads out of a folder, as `..` would, and is no longer than file systems allow.
    """
    safe = re.sub(r"^\.|[^\w.-]", _escaped, name)
    if len(safe.encode()) > LONGEST:
        # Few names are so long, and every start would wait for it.
        import hashlib

        digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
        safe = f"{safe[: LONGEST // 4]}%{digest[:16]}"
    return safe + suffix


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode(errors="surrogatepass"))


def free_name(folder: Path, stem: str, suffix: str) -> str:
    """The first of `loss.dot`, `loss-2.dot`, ... that nothing in the folder has."""
    numbered = (f"{stem}-{number}{suffix}" for number in itertools.count(2))
    names = itertools.chain((stem + suffix,), numbered)
    # A link that leads nowhere is somebody's as well.
    return next(name for name in names if not os.path.lexists(folder / name))


def check_writable(path: Path) -> None:
    """Find out before the work starts whether `path` can be written afterwards.

    Errors: OutputError when the folder is missing or closed, or `path` is a folder.
    """
    folder = path.parent
    try:
        is_folder, has_folder = path.is_dir(), folder.is_dir()
        path.resolve()
    except OSError as error:
        raise _cannot(path, error) from error
    except RuntimeError as error:
        # Python 3.11 and 3.12 say it so; later ones raise OSError.
        raise OutputError(f"{path} cannot be written: its links lead in a circle.") from error
    if is_folder:
        raise OutputError(f"{path} is a folder; give the name of a file to write.")
    if not has_folder:
        raise OutputError(
            f"{path} cannot be written: there is no folder {folder}; create it first."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: you may not write to the folder {folder}.")


def _pour(content: Content, stream: BinaryIO) -> None:
    for part in (content,) if isinstance(content, bytes) else content:
        stream.write(part)


def write(path: Path, content: Content) -> None:
    """Write `content` to `path` at once; on any failure the old file stays as it was.

    So it does when making the next part of the content fails; that error is the caller's.
    Errors: OutputError naming the reason, a full disk among them.
    """
    check_writable(path)
    try:
        if path.exists() and (not path.is_file() or path.is_relative_to(DEVICES)):
            # A device or a pipe: renaming a file onto it would take it away. Behind /dev/stdout may
            # be a file that the shell appends to.
            with path.open("ab") as stream:
                _pour(content, stream)
        else:
            _replace(path.resolve(), content)
    except OSError as error:
        raise _cannot(path, error) from error


def _replace(path: Path, content: Content) -> None:
    # Takes longer to load than all of this file; whoever only reads does not need it.
    import tempfile

    handle, name = tempfile.mkstemp(prefix=".graphview.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            _pour(content, stream)
        temporary.chmod(_mode(path))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _cannot(path: Path | str, error: OSError) -> OutputError:
    return OutputError(f"{path} could not be written: {error.strerror or error}.")


def _mode(path: Path) -> int:
    """The mode that an ordinary `open` would give; mkstemp's is for its owner only."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_or_print(target: str, content: Content) -> None:
    """Write to a file, or to standard output for `-`."""
    if target == STDOUT:
        _print(content)
    else:
        write(Path(target), content)


def _print(content: Content) -> None:
    if sys.stdout is None:
        raise OutputError("standard output is closed; name a file with -o.")
    try:
        _pour(content, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence_stdout()
        raise _cannot("standard output", error) from error


def silence_stdout() -> None:
    """Send what is still buffered to nowhere: Python flushes once more on exit, and would fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
