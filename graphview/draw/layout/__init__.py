"""Where the boxes of one group stand: by the simplest means that do."""

from __future__ import annotations

from graphview.draw.engines import candidates
from graphview.draw.layout.graphviz import is_small, place_by_graphviz
from graphview.draw.layout.landings import spread
from graphview.draw.layout.layered import layered
from graphview.draw.layout.problem import Placement, Problem
from graphview.draw.layout.spine import place_by_spine
from graphview.draw.layout.stack import is_stack, stack
from graphview.errors import EngineUnavailable, LayoutTimeout

__all__ = ["Placement", "Placer", "Problem"]

# An engine that fails more often than this in one picture is not asked again.
MOST_FAILURES = 2


class Placer:
    """Places the boxes of one picture's groups. Errors: LayoutError for an unknown engine."""

    def __init__(self, engine: str = "auto") -> None:
        candidates(engine)
        self.engine, self.failures = engine, 0

    def place(self, problem: Problem) -> Placement:
        """Place a stack or a spine by hand, what is small by an engine, all else in layers.

        Edges that arrive at one box end side by side. Where no engine can draw, or one does not
        finish or draws through boxes, layers are what is left. Errors: EngineUnavailable where one
        that was asked for by name cannot draw.
        """
        return spread(problem, self._place(problem))

    def _place(self, problem: Problem) -> Placement:
        if not problem.boxes:
            return Placement(0.0, 0.0, (), (0.0,) * problem.entries, (0.0,) * problem.exits, ())
        if is_stack(problem):
            return stack(problem)
        if (placed := place_by_spine(problem)) is not None:
            return placed
        if is_small(problem) and self.failures < MOST_FAILURES:
            try:
                return place_by_graphviz(problem, self.engine) or layered(problem)
            except LayoutTimeout:
                self.failures += 1
            except EngineUnavailable:
                if self.engine != "auto":
                    raise
                self.failures += 1
        return layered(problem)
