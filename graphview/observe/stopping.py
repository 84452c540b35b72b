"""Ending a program after so many starts of backward, whichever thread makes the last one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from graphview.model.graph import counted

# A program that has caught it so often means to.
MOST_RAISES = 20
# Nothing happens when it arrives, and nobody uses it; Windows has none.
SIGNAL: Any = getattr(signal, "SIGURG", None)


class Enough(BaseException):
    """Raised out of backward when `max_steps` is reached; the program is not meant to catch it."""


class Limit:
    """The end after `most` starts; None for a program that is to go on as long as it likes.

    `reached` from the last of them on, `given_up` where Enough was caught again and again, `apart`
    where another thread made the last start and the one that watches could not be stopped.
    """

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.reached = self.given_up = self.apart = False
        self._on = self._armed = self._told = False
        self._raises = threading.local()
        self._home = threading.current_thread()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let the block's thread be stopped from others, as far as that is possible."""
        if self.most is None:
            yield
            return
        hook = threading.excepthook
        threading.excepthook = ours = self._without_enough(hook)
        before, self._armed = self._arm()
        self._on, self._home = True, threading.current_thread()
        try:
            yield
        finally:
            self._on = False
            if self._armed and signal.getsignal(SIGNAL) == self._interrupt:
                signal.signal(SIGNAL, before)
            if threading.excepthook is ours:
                threading.excepthook = hook

    def count(self, steps: int) -> None:
        """After a start. Errors: Enough for the last one."""
        if self.most is not None and steps >= self.most:
            self.reached = True
            self.end()

    def end(self) -> None:
        """Once the limit is reached. Errors: Enough, unless that has been caught too often."""
        self._raises.count = getattr(self._raises, "count", 0) + 1
        if self._raises.count > MOST_RAISES:
            self.given_up = True
            return
        if threading.current_thread() is not self._home and not self._told:
            self._told = True
            self._stop_home()
        raise Enough

    def notes(self) -> Iterator[str]:
        """Sentences on a program that could not be ended as asked."""
        starts = counted(self.most or 0, "backward pass", "backward passes")
        if self.given_up:
            yield (
                f"The program was to end after {starts}, but caught that {MOST_RAISES} times; "
                "it went on unwatched."
            )
        if self.apart:
            yield (
                f"After {starts} the thread that made the last one was ended; the thread that was "
                "watched first could not be, and went on."
            )

    def _arm(self) -> tuple[Any, bool]:
        """The handler that was there, and whether ours is there now."""
        if SIGNAL is None or threading.current_thread() is not threading.main_thread():
            return None, False
        return signal.signal(SIGNAL, self._interrupt) or signal.SIG_DFL, True

    def _stop_home(self) -> None:
        """A signal reaches the main thread also where it waits for another one."""
        self.apart = not self._armed
        if self._armed and self._home.ident is not None:
            signal.pthread_kill(self._home.ident, SIGNAL)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._on and self.reached:
            raise Enough

    @staticmethod
    def _without_enough(hook: Any) -> Any:
        """What threads do with an exception that ends them; ours is nothing to print."""

        def ended(arguments: threading.ExceptHookArgs) -> None:
            if arguments.exc_type is not Enough:
                hook(arguments)

        return ended
