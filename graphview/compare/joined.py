"""Which things belong together (union-find)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Joined(Generic[T]):
    """Things that are joined two by two; those that hang together have the same `of`."""

    def __init__(self) -> None:
        self.known: dict[T, T] = {}

    def add(self, one: T) -> None:
        """Know a thing that belongs to no other yet."""
        self.known.setdefault(one, one)

    def of(self, one: T) -> T:
        """The one thing that stands for all that this is joined with. Errors: KeyError."""
        at = one
        while self.known[at] != at:
            self.known[at] = at = self.known[self.known[at]]
        return at

    def join(self, one: T, other: T) -> None:
        """Let both, and all that hangs together with them, belong together."""
        self.add(one)
        self.add(other)
        self.known[self.of(one)] = self.of(other)
