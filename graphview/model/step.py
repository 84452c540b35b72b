"""One step of a lesson: its code as it ran, and all that came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphview.model.graph import Graph


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of the user's code, with the number of the first one."""

    file: str
    first_line: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """The exception that ended a step: its class, message and the `line` of the step's code."""

    type: str
    message: str
    line: int
    traceback: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `text` stands before its code, `after` what is to be said of the outcome.

    Texts are paragraphs, with `code` in backquotes and terms of the glossary as [[term]].
    `graphs` and `drawings` are by the name of their root; `run` names a training run.
    """

    key: str
    part: str
    title: str
    text: tuple[str, ...]
    code: Excerpt
    output: str = ""
    failure: Failure | None = None
    after: tuple[str, ...] = ()
    graphs: dict[str, Graph] = field(default_factory=dict)
    drawings: dict[str, str] = field(default_factory=dict)
    run: str | None = None
