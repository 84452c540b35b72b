"""The program's own anomaly mode, told apart from ours, which is on so that nodes are stamped."""

from __future__ import annotations

import re
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from graphview.autograd.sources import OURS

# How torch ends the message of a value changed in place, with anomaly mode and without.
LED = (
    "the backtrace further above shows the operation that failed to compute its gradient. The "
    "variable in question was changed in there or anywhere later. Good luck!"
)
TO_LEAD = (
    "enable anomaly detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True, check_nan=False)."
)
WARNINGS = re.compile(r"Error detected in |\n\nPrevious calculation was induced by ")
FILTER = ("ignore", WARNINGS, UserWarning, None, 0)


class OwnAnomaly:
    """What the program wants of anomaly mode while we have it on; one for the whole process.

    Torch is asked and set through two functions, which stand in for torch's own in `watching`.
    """

    def __init__(self) -> None:
        self.wanted, self.check_nan = False, False
        self.watchers = self.stampers = 0
        self.changed = False
        self._lock = threading.Lock()
        # Names of torch._C, which nobody replaces.
        self._ask: Any = torch._C.is_anomaly_enabled
        self._set: Any = torch._C.set_anomaly_enabled
        self._before: tuple[Any, Any] = (None, None)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keep apart what the program sets and asks inside the block."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            self.watchers += 1
            if self.watchers == 1:
                self.wanted = self._ask()
                self.check_nan = torch.is_anomaly_check_nan_enabled()
                self._before = torch.is_anomaly_enabled, torch.set_anomaly_enabled
                torch.is_anomaly_enabled = self.is_enabled
                torch.set_anomaly_enabled = self.set_enabled

    def _leave(self) -> None:
        with self._lock:
            self.watchers -= 1
            if self.watchers == 0:
                torch.is_anomaly_enabled, torch.set_anomaly_enabled = self._before

    def is_enabled(self) -> bool:
        """Whether the program has anomaly mode on; whether anybody has, for our own code."""
        return bool(self._ask()) if _asked_by_us() else self.wanted

    def set_enabled(self, enabled: bool, check_nan: bool = True) -> None:
        """As torch's own; what we have on stays on."""
        if not _asked_by_us():
            self.wanted, self.check_nan, self.changed = enabled, check_nan, True
            enabled, check_nan = enabled or self.stampers > 0, enabled and check_nan
        self._set(enabled, check_nan)

    @contextmanager
    def stamping(self) -> Iterator[None]:
        """To be entered before our own anomaly mode; after it the program's wish holds."""
        with self._lock:
            self.stampers += 1
            self.changed = self.changed and self.stampers > 1
        try:
            yield
        finally:
            with self._lock:
                self.stampers -= 1
                if self.changed and self.stampers == 0:
                    self._set(self.wanted, self.check_nan)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Let an error of a backward in the block say and warn what it would without us."""
        if self.wanted or not self.stampers:
            yield
            return
        # Not through `filterwarnings`: that would make warnings that were shown once come again.
        filters: list[Any] = warnings.filters  # type: ignore[assignment]
        filters.insert(0, FILTER)
        try:
            yield
        except RuntimeError as error:
            error.args = tuple(map(_as_without_us, error.args))
            raise
        finally:
            if FILTER in filters:
                filters.remove(FILTER)


OWN_ANOMALY = OwnAnomaly()


def _asked_by_us() -> bool:
    return sys._getframe(2).f_code.co_filename.startswith(OURS)


def _as_without_us(text: object) -> object:
    return text.replace(LED, TO_LEAD) if isinstance(text, str) else text
