"""Where the boxes of one group stand: by the simplest means that do."""

from __future__ import annotations

from graphview.draw.layout.graphviz import is_small, place_by_graphviz
from graphview.draw.layout.layered import layered
from graphview.draw.layout.problem import Placement, Problem
from graphview.draw.layout.stack import is_stack, stack
from graphview.errors import EngineUnavailable, LayoutTimeout

__all__ = ["Placement", "Problem", "place"]


def place(problem: Problem, engine: str = "auto") -> Placement:
    """Place boxes: a stack by hand, a small graph by an engine, a large or dense one in layers.

    Where no engine can draw, or one does not finish, layers are what is left. Errors: LayoutError
    for an engine that does not exist.
    """
    if not problem.boxes:
        return Placement(0.0, 0.0, (), (0.0,) * problem.entries, (0.0,) * problem.exits, ())
    if is_stack(problem):
        return stack(problem)
    if is_small(problem):
        try:
            return place_by_graphviz(problem, engine)
        except (EngineUnavailable, LayoutTimeout):
            return layered(problem)
    return layered(problem)
