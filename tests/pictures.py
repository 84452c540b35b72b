"""Pictures for the tests of the formats."""

from __future__ import annotations

from dataclasses import replace

from svgs import EVERYTHING as SCENE
from svgs import GRAPHS, drawn

from graphview.draw.describe import description, title
from graphview.draw.drawing import Box, to_dot
from graphview.draw.formats.picture import Picture
from graphview.draw.read import scene_of

HARM = (
    '</title></svg><script>alert(1)</script>" onload="x',
    "`]];end --> %%{init}%% #quot; |x|",
    "a\\N\\",
    "線形回帰 \u202e\x00 &amp;",
    "1. one",
)


def _picture(name: str) -> Picture:
    graph, (drawing, svg) = GRAPHS[name], drawn(name)
    return Picture(graph, scene_of(svg), title(graph), description(graph), to_dot(drawing))


LOSS = _picture("loss")
EVERYTHING = replace(LOSS, scene=SCENE, title="Every kind of box", dot=None)


def _harmful() -> Picture:
    boxes = tuple(
        placed._replace(box=Box(placed.box.id, placed.box.kind, (text, text), text))
        for placed, text in zip(SCENE.boxes, HARM * 2, strict=False)
    )
    frames = tuple(frame._replace(label=HARM[0], title=HARM[1]) for frame in SCENE.frames)
    scene = replace(SCENE, boxes=boxes, frames=frames)
    return replace(EVERYTHING, scene=scene, title=HARM[0], description=" ".join(HARM))


HOSTILE = _harmful()
