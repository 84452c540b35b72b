"""What watching has cost so far, and whether a luxury can be afforded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Of the time that has gone by, for what a step can also be left without.
SHARE = 0.02
# Seconds that may be spent in any case: short programs are watched whole.
FREE = 2.0


class Clock:
    """Seconds since the start, and those of them that went into watching."""

    def __init__(self) -> None:
        self.watching = 0.0
        self.luxury = 0.0
        self._depth = 0
        self._entered = 0.0
        self._lock = threading.RLock()
        self.start()

    def start(self) -> None:
        """Begin to count."""
        self.began, self.ended = time.perf_counter(), float("nan")

    def stop(self) -> None:
        """Count no longer."""
        self.ended = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds from start to stop, or until now."""
        ended = time.perf_counter() if self.ended != self.ended else self.ended
        return ended - self.began

    @property
    def own(self) -> float:
        """The program's own seconds so far, without any watching."""
        open_block = time.perf_counter() - self._entered if self._depth else 0.0
        return self.elapsed - self.watching - open_block

    @contextmanager
    def spending(self, *, luxury: bool = False) -> Iterator[None]:
        """Count the block as watching; a block inside another one counts once.

        Of several threads one at a time is in here, so what is noted inside needs no other lock.
        """
        with self._lock:
            began = time.perf_counter()
            self._entered = self._entered if self._depth else began
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                spent = time.perf_counter() - began
                self.watching += 0.0 if self._depth else spent
                self.luxury += spent if luxury else 0.0

    def affords(self) -> bool:
        """Whether a luxury fits into its share of the time."""
        return self.luxury < FREE + SHARE * self.elapsed
