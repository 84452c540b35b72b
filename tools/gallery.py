"""Draws docs/gallery: every picture by the command that stands beside it, and the page.

    python tools/gallery.py              # all pictures, about two minutes
    python tools/gallery.py gpt2 llama   # only these and what begins with their names

The same bytes come out on each run, with the layout engine that graphview brings along.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from gallery_pictures import SECTIONS, Picture

from graphview.cli import run

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "gallery"
PAGE = FOLDER / "index.md"
# Said once on the page, and given to every command that does not say otherwise.
ALWAYS = {"--theme": "light", "--background": "white", "--engine": "wasm"}
START = """\
# Gallery

Autograd graphs of models that people know, drawn by `graphview render` from the plain PyTorch in
[examples/gallery](../../examples/gallery). `make gallery` draws all of it again; to each command it
adds `--theme light --background white --engine wasm`, where nothing else is said, and a folder.
Click on a picture to see it at its own size.
"""


def pictures() -> list[Picture]:
    return [picture for section in SECTIONS for picture in section.pictures]


def command(picture: Picture) -> list[str]:
    """The command as somebody types it."""
    subject = [picture.subject] if picture.subject else []
    return ["graphview", "render", *subject, *shlex.split(picture.options), "-o", target(picture)]


def target(picture: Picture) -> str:
    return f"{picture.name}-{{root}}.svg" if picture.several else f"{picture.name}.svg"


def files(picture: Picture) -> list[Path]:
    """What its command has written."""
    name = "-*" if picture.several else ""
    return sorted(FOLDER.glob(f"{picture.name}{name}.svg"))


def draw(picture: Picture) -> None:
    """Errors: SystemExit where the command fails."""
    _, *arguments = command(picture)
    arguments[-1] = str(FOLDER / arguments[-1])
    for option, value in ALWAYS.items():
        if option not in arguments:
            arguments += [option, value]
    for old in files(picture):
        old.unlink()
    if code := run(arguments):
        sys.exit(code)


def page() -> str:
    """The page, as it stands beside the pictures that are there."""
    return "\n".join([START, *_sections()])


def _sections() -> Iterator[str]:
    for section in SECTIONS:
        yield f"## {section.title}\n"
        for picture in section.pictures:
            yield f"{picture.told}\n"
            yield f"```sh\n{shlex.join(command(picture))}\n```\n"
            drawn = files(picture)
            for path in drawn:
                yield f'<a href="{path.name}"><img src="{path.name}" {_size(path, len(drawn))}></a>'
            yield f"\n{_counts(drawn[-1])}\n" if drawn else ""


def _size(path: Path, together: int) -> str:
    """The picture's alternative text, and a width at which it fits a page."""
    found = re.search(r'width="(\d+)" height="(\d+)"', path.read_text(encoding="utf-8"))
    width, height = (int(side) for side in found.groups()) if found else (0, 0)
    most = (880 if together == 1 else 280, 720)
    scale = min(1.0, most[0] / max(width, 1), max(most[1] / max(height, 1), 0.33))
    return f'alt="{_title(path)}" width="{width * scale:.0f}"'


def _title(path: Path) -> str:
    found = re.search(r"<title[^>]*>([^<]*)</title>", path.read_text(encoding="utf-8"))
    return f"{found[1] if found else path.stem}, {path.stem}"


def _counts(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    found = re.search(r"<desc[^>]*>([^.<]*)\.", text)
    boxes = len(re.findall(r'class="gv-node gv-(?!note)', text))
    size = f"{path.stat().st_size / 1024:.0f} KiB"
    return f"{found[1] if found else 'A graph'}; {boxes} boxes, {size}."


def main() -> None:
    os.chdir(ROOT)
    FOLDER.mkdir(exist_ok=True)
    asked = tuple(sys.argv[1:])
    for picture in pictures():
        if not asked or picture.name.startswith(asked):
            draw(picture)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
