"""Where pictures go: one file, or one for each of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphview.commands.output import Output
from graphview.errors import OutputError
from graphview.files import STDOUT, file_name

if TYPE_CHECKING:
    from graphview.subject.find import Subject

# What stands for a picture's name in the name of its file.
PLACE = "{root}"


class Targets:
    """What `-o` named: `FILE`, and for several pictures also `DIR/` or `NAME-{root}.svg`.

    `guess` is checked where nothing was named yet. Of `several` pictures each has a file of its own
    if they are `apart`. Errors: OutputError, at once, where nothing can be written;
    click.UsageError for several files on standard output.
    """

    def __init__(
        self,
        output: str | None,
        subject: Subject | None,
        guess: str,
        *,
        several: bool = False,
        apart: bool = False,
    ) -> None:
        if apart and output == STDOUT:
            raise click.UsageError(
                "several files cannot go to standard output; name a folder, as in -o pictures/.",
                click.get_current_context(),
            )
        self.subject = subject
        self.folder = Path(output) if several and output and _is_folder(output) else None
        self.pattern = _numbered(output) if output and apart and not self.folder else output
        if self.folder is not None:
            _make(self.folder)
        name = self.folder / guess if self.folder else self.pattern or guess
        self.probe = Output(str(name).replace(PLACE, "name"), subject)

    def named(self, name: str, usual: str) -> Output:
        """The file for the picture of this name, `usual` where none was given. Errors: OutputError.

        It lies in the folder that was the working one, wherever a program went since.
        """
        if self.pattern == STDOUT:
            return self.probe
        path = usual if self.pattern is None else self.pattern.replace(PLACE, file_name(name, ""))
        if self.folder is not None:
            path = str(self.folder / usual)
        return self.probe.renamed(path, self.subject)


def _is_folder(output: str) -> bool:
    return output.endswith(("/", "\\")) or Path(output).is_dir()


def _numbered(output: str) -> str:
    path = Path(output)
    if PLACE in path.name:
        return output
    return str(path.with_name(f"{path.stem}-{PLACE}{path.suffix}"))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"the folder {folder} cannot be made: {reason}.") from error
