"""A graph -> the scene that shows as much of it as can be read on a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from graphview.collector import collector_paused
from graphview.draw.detail import PLAIN, Detail
from graphview.draw.folding.compose import compose
from graphview.draw.folding.parts import Group, Tree
from graphview.draw.folding.tree import tree_of
from graphview.draw.folding.view import AUTO, MOST_BOXES, View, view_of
from graphview.draw.scene import Scene
from graphview.draw.select import Selection
from graphview.model.graph import Graph

# In boxes: of a folded picture, from the first that is tried to the last.
BUDGETS = (MOST_BOXES, 34, 29, 25, 22, 19, 17, 15, 13, 11, 9, 7, 5, 3)
# Of all operations so many in one box tell nothing; so many parts at once could not be read.
MOST_HIDDEN, MOST_REVEALED = 0.5, 80


@dataclass(frozen=True, slots=True)
class Page:
    """How a scene is arranged on a page, and whether it can be read there then.

    Only on a page with `bounds` it may fail to fit.
    """

    bounds: bool = False
    arrange: Callable[[Scene], Scene] = lambda scene: scene
    fits: Callable[[Scene], bool] = lambda scene: True


ANY_PAGE = Page()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A scene, whether it shows `less` than it would on a larger page, and the path of the largest
    group that is closed in it."""

    scene: Scene
    less: bool
    closed: str | None


def fitted(
    graph: Graph,
    page: Page,
    fold: str | int = AUTO,
    *,
    expand: Iterable[str] = (),
    only: Selection | None = None,
    detail: Detail = PLAIN,
    engine: str = "auto",
) -> Fitted:
    """Lay out a graph as `scene_of_graph` does, and with the fold auto the more folded the smaller
    the page is; what doesn't fit leaves out the notes at its arrows first.

    Errors: as there.
    """
    paths = tuple(expand)
    with collector_paused():
        tree = tree_of(graph, detail, only=only)
        tried = list[View]()
        for view, notes in _views(tree, fold, paths, page):
            tried.append(view)
            scene = page.arrange(compose(view, detail, engine, notes=notes))
            if page.fits(scene):
                break
        return Fitted(scene, view.opened != tried[0].opened, _largest_closed(view))


def _views(
    tree: Tree, fold: str | int, paths: tuple[str, ...], page: Page
) -> Iterator[tuple[View, bool]]:
    """Views that show less and less, each with notes at its arrows where it has some, then without.

    A smaller budget that opens the same groups would give the same picture again.
    """
    tried = list[set[Group]]()
    for view in _candidates(tree, fold, paths, page):
        if view.opened not in tried:
            tried.append(view.opened)
            yield from ((view, notes) for notes in ((False,) if view.spread else (True, False)))


def _candidates(tree: Tree, fold: str | int, paths: tuple[str, ...], page: Page) -> Iterator[View]:
    """Views in which no closed group hides most of the graph, then those in which one does."""
    budgets = BUDGETS if fold == AUTO else BUDGETS[:1]
    if fold == AUTO and page.bounds:
        for most in budgets:
            yield _revealing(tree, view_of(tree, fold, paths, most))
    for most in budgets:
        yield view_of(tree, fold, paths, most)


def _revealing(tree: Tree, view: View) -> View:
    """The view with what hides most of the graph opened too, while that is of a size to be read."""
    while True:
        hiding = [
            group
            for group in _closed(view)
            if group.copies == 1 and group.operations > MOST_HIDDEN * tree.top.operations
        ]
        if not hiding or len(view.children(hiding[0])) > MOST_REVEALED:
            return view
        view.open(hiding[0])


def _largest_closed(view: View) -> str | None:
    """What `--expand` takes to open the closed group with the most operations."""
    named = [group for group in _closed(view) if group.path]
    return max(named, key=lambda group: group.operations).path if named else None


def _closed(view: View) -> list[Group]:
    """The groups that a view shows as one box."""
    found, waiting = list[Group](), [view.tree.top]
    while waiting:
        for part in view.children(waiting.pop()):
            if isinstance(part, Group):
                (waiting if part in view.opened else found).append(part)
    return found
