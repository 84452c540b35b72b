"""Where the program's own code is, told once for each place."""

from __future__ import annotations

from types import CodeType, FrameType

from graphview.autograd.locate import locate
from graphview.autograd.sources import user_frame
from graphview.model.graph import Source


class Places:
    """Places are located while the program runs, so that all are told from the same folders.

    The program may leave the working directory, and what stands in `sys.path` for it is taken out
    again at its end.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, CodeType, int], Source] = {}

    def of(self, frame: FrameType | None) -> Source | None:
        """The innermost place in the user's code, from this frame outwards."""
        found = user_frame(frame)
        return None if found is None else self.at(found.f_code, found.f_lasti, found.f_lineno)

    def at(self, code: CodeType, lasti: int, line: int) -> Source:
        # Code of two files that is the same letter for letter is equal, so the file counts too.
        key = code.co_filename, code, lasti
        if key not in self._known:
            self._known[key] = locate(code, lasti, line)
        return self._known[key]
