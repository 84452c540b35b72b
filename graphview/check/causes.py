"""What findings come of, as keys: those with equal keys are told as one."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum

from graphview.model.graph import Source
from graphview.model.missing import Missing

NUMBER = re.compile(r"\b\d+\b")


class Follows(Enum):
    """A cause that is another finding's: something went out of the graph, or came into it."""

    LOST = "lost"
    CAME = "came"


@dataclass(frozen=True, slots=True)
class About:
    """What a finding speaks of besides its node: leaves and families of operations, by names or
    globs; `grows` where there is too much of everything."""

    leaves: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    grows: bool = False


NOTHING = About()


def at_line(source: Source | None) -> Hashable:
    """What happens at one line of the user's code is one cause; None where no line is known."""
    return None if source is None else ("line", source.file, source.line)


def lost(missing: Missing) -> Hashable:
    """Why parameters get no gradient: the line that cut, or what they have in common."""
    if missing.source is not None and missing.reason not in ("dead end", "nothing"):
        return at_line(missing.source)
    # What is frozen is frozen for one reason; each unused layer is a matter of its own, but for
    # those that differ by a number only: they are one line of the code.
    own = "" if missing.reason == "frozen" else NUMBER.sub("*", missing.name.rpartition(".")[0])
    return ("lost", missing.kind, missing.reason, missing.by, own)
