"""Where the boxes of one group stand: by the simplest means that do."""

from __future__ import annotations

from graphview.draw.engines import candidates
from graphview.draw.layout.graphviz import is_small, place_by_graphviz
from graphview.draw.layout.layered import layered
from graphview.draw.layout.problem import Placement, Problem
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
        """Place a stack by hand, a small graph by an engine, a large or dense one in layers.

        Where no engine can draw, or one does not finish or draws through boxes, layers are what is
        left.
        """
        if not problem.boxes:
            return Placement(0.0, 0.0, (), (0.0,) * problem.entries, (0.0,) * problem.exits, ())
        if is_stack(problem):
            return stack(problem)
        if is_small(problem) and self.failures < MOST_FAILURES:
            try:
                placed = place_by_graphviz(problem, self.engine)
            except (EngineUnavailable, LayoutTimeout):
                self.failures += 1
            else:
                return placed or layered(problem)
        return layered(problem)
