"""How closely a program is watched: at first, and again when something new comes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from torch.overrides import TorchFunctionMode

from graphview.observe.cuts import watch_cuts
from graphview.observe.modes import mode_stack
from graphview.observe.trails import Trails

Watch = Callable[[], AbstractContextManager[None]]


class Attention:
    """While it is `close`, nodes are stamped and cuts are noted; both slow a program down.

    `watch` makes what else is to be on during that time; `modes` are the function modes of all.
    """

    def __init__(self, trails: Trails, *watch: Watch) -> None:
        self.trails, self.watch = trails, watch
        self.close = False
        self.modes: list[TorchFunctionMode] = []
        self._stack = ExitStack()
        # Each thread has modes of its own: ours are on the one that watches.
        self._thread = threading.get_ident()

    def look(self) -> None:
        """Watch closely from now on."""
        if self.close or threading.get_ident() != self._thread:
            return
        self.close, before = True, mode_stack()
        for entered in self.watch:
            self._stack.enter_context(entered())
        self._stack.enter_context(watch_cuts(self.trails))
        self.modes = [mode for mode in mode_stack() if all(mode is not each for each in before)]

    def look_away(self) -> None:
        """Let the program run at its own speed."""
        if threading.get_ident() != self._thread:
            return
        self.close = False
        self.modes = []
        self._stack.close()
