"""DOT -> layout for the commands, with the last resort when no engine can draw."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from graphview.commands.progress import status
from graphview.errors import EngineUnavailable, LayoutTimeout
from graphview.files import file_name, free_name, write

if TYPE_CHECKING:
    from graphview.draw.engines import Layout


def lay_out(drawings: Mapping[str, str], engine: str, beside: Path | None) -> dict[str, Layout]:
    """Lay out each drawing by name.

    Errors: EngineUnavailable, LayoutTimeout. The DOT files are then left in the folder `beside`
    (none for standard output) under names that are free, for any Graphviz anywhere.
    """
    from graphview.draw.engines import layout

    try:
        with status("Laying out"):
            return {name: layout(dot, engine=engine) for name, dot in drawings.items()}
    except (EngineUnavailable, LayoutTimeout) as error:
        if beside is None:
            raise
        kept = [_keep(beside, name, dot) for name, dot in drawings.items()]
        raise type(error)(f"{error} The graph is kept in {', '.join(kept)}.") from error


def _keep(folder: Path, name: str, dot: str) -> str:
    path = folder / free_name(folder, file_name(name, ""), ".dot")
    write(path, dot.encode())
    return str(path)
