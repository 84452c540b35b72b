"""A directive for Sphinx, `.. graphview:: package.module:function`: the graph, drawn at build time.

In conf.py: `extensions = ["graphview.sphinx"]`. Sphinx is imported here and nowhere else.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.directives.patches import Figure
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from graphview import __version__
from graphview.draw.formats import check_format
from graphview.errors import GraphviewError, OutputError, SubjectFailed

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)
# Options of the directive that are the command's own: of the run, and of each picture.
RUN, PICTURE = ("device",), ("fold", "root", "theme")
# What a command begins its last sentence with.
SAYS = "graphview: "


class GraphviewDirective(Figure, SphinxDirective):
    """A figure whose picture is drawn now; it takes the options of a figure too."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        **(Figure.option_spec or {}),
        **dict.fromkeys((*RUN, *PICTURE, "caption"), directives.unchanged_required),
    }

    def run(self) -> list[nodes.Node]:
        subject = self.arguments[0]
        own = {name: self.options.pop(name) for name in (*RUN, *PICTURE) if name in self.options}
        caption = self.options.pop("caption", None)
        for file in files_of(subject, Path(self.env.srcdir)):
            self.env.note_dependency(str(file))
        # Beside the doctrees: HTML and LaTeX may be built from the same ones.
        folder = Path(self.env.doctreedir) / "graphview"
        try:
            drawn = draw(subject, own, Path(self.env.srcdir), folder)
        except GraphviewError as error:
            told = f"nothing is drawn here: {error}"
            logger.warning(told, type="graphview", location=(self.env.docname, self.lineno))
            return []
        # As if it stood in the document's own folder; `*` is what suits the builder.
        beside = Path(self.env.doc2path(self.env.docname)).parent
        self.arguments[0] = Path(os.path.relpath(drawn, beside)).as_posix() + ".*"
        self.options.setdefault("alt", f"The autograd graph of {subject}")
        if caption is not None:
            lines = StringList([caption, ""], source=self.state.document.current_source)
            self.content = lines + self.content
        result: list[nodes.Node] = super().run()
        return result


def draw(subject: str, options: dict[str, str], home: Path, folder: Path) -> Path:
    """Run the subject in `home`, write its picture into the folder, and return that without suffix.

    It is called after what it shows: `.svg`, and `.pdf` where that can be written. Errors:
    SubjectFailed with what the command says.
    """
    with TemporaryDirectory() as scratch:
        recording = subject
        if not subject.endswith(".json"):
            recording = str(Path(scratch) / "recording.json")
            command("record", subject, "-o", recording, *flags(options, RUN), home=home)
        picture = Path(scratch) / "picture"
        for suffix in suffixes():
            output = str(picture.with_suffix(suffix))
            command("render", recording, "-o", output, *flags(options, PICTURE), home=home)
        drawn = picture.with_suffix(".svg").read_bytes()
        folder.mkdir(parents=True, exist_ok=True)
        named = folder / f"graphview-{hashlib.sha256(drawn).hexdigest()[:20]}"
        for suffix in suffixes():
            named.with_suffix(suffix).write_bytes(picture.with_suffix(suffix).read_bytes())
    return named


def suffixes() -> tuple[str, ...]:
    """PDF is for LaTeX, and needs its extra."""
    try:
        check_format("pdf")
    except OutputError:
        return (".svg",)
    return ".svg", ".pdf"


def flags(options: dict[str, str], names: tuple[str, ...]) -> list[str]:
    return [f"--{name}={options[name]}" for name in names if name in options]


def command(*arguments: str, home: Path) -> None:
    """Run a command of ours in a process of its own: what a subject does there stays there.

    It imports what Sphinx can. Errors: SubjectFailed with the command's last sentence.
    """
    path = os.pathsep.join(str(Path(home, entry)) for entry in sys.path)
    ran = subprocess.run(
        [sys.executable, "-m", "graphview", *arguments],
        cwd=home,
        env=os.environ | {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if ran.returncode:
        said = [line for line in ran.stderr.splitlines() if line.startswith(SAYS)]
        ended = f"graphview ended with {ran.returncode} and without a word."
        raise SubjectFailed(said[-1].removeprefix(SAYS) if said else ended)


def files_of(subject: str, home: Path) -> list[Path]:
    """The file that a subject is in, if it is found: when it changes, its picture is drawn anew."""
    place = subject.rpartition(":")[0] or subject
    parts = place.split(".")
    found = [home / place]
    for entry in sys.path:
        module = Path(home, entry, *parts)
        found += [module.with_suffix(".py"), module / "__init__.py"]
    return [path for path in found if path.is_file()][:1]


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_directive("graphview", GraphviewDirective)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
