"""Files are written whole or not at all: temporary name beside the target, then rename."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from graphview.errors import OutputError

STDOUT = "-"


def check_writable(path: Path) -> None:
    """Find out before the work starts whether `path` can be written afterwards.

    Errors: OutputError when the folder is missing or closed, or `path` is a folder.
    """
    folder = path.parent
    if path.is_dir():
        raise OutputError(f"{path} is a folder; give the name of a file to write.")
    if not folder.is_dir():
        raise OutputError(f"{path} cannot be written: there is no folder {folder}; create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: you may not write to the folder {folder}.")


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path` at once; on any failure the old file stays as it was.

    Errors: OutputError naming the reason, a full disk among them.
    """
    check_writable(path)
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} could not be written: {error.strerror or error}.") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """The mode that an ordinary `open` would give; mkstemp's is for its owner only."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_or_print(target: str, content: bytes) -> None:
    """Write to a file, or to standard output for `-`."""
    if target == STDOUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        write(Path(target), content)
