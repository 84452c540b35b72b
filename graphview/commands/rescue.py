"""What a program did is not lost where the page or the picture of it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphview.commands.output import Output
from graphview.commands.printing import say
from graphview.commands.subject import Seen
from graphview.errors import GraphviewError, OutputError
from graphview.files import free_name, write

NAME, SUFFIX = "recording", ".json"


@contextmanager
def rescued(seen: Seen, target: Output) -> Iterator[None]:
    """Keep the recording of a program that was run for it, where the block fails.

    It is written beside `target` (for standard output in the working folder) as `recording.json`,
    or under the next name that is free. Errors: those of the block; what could not be done says
    where the recording is.
    """
    try:
        yield
    except BrokenPipeError:
        # Whoever read the page has seen enough of it.
        raise
    except BaseException as error:
        kept = _keep(seen, target) if seen.ending is not None else None
        if kept is None:
            raise
        if not isinstance(error, GraphviewError):
            # An interrupt, or a bug of ours: what else it says stands in its own place.
            say(f"Wrote {kept}")
            raise
        told = f"{error} What was recorded is kept in {kept}, from which graphview can go on."
        raise type(error)(told) from error


def _keep(seen: Seen, target: Output) -> Path | None:
    from graphview.model.store import to_json

    folder = target.folder or Path()
    home = target.home or Path()
    path = folder / free_name(home / folder, NAME, SUFFIX)
    try:
        write(home / path, to_json(seen.recording))
    except OutputError:
        # The error that led here is the one to be told.
        return None
    return path
