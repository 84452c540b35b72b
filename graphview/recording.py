"""`graphview.record`: watch a block of a program of your own, from inside it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from graphview.autograd.locate import short_path
from graphview.errors import SubjectError
from graphview.model.journal import Ending
from graphview.model.recording import Recording
from graphview.observe.recorder import Options, Recorder
from graphview.observe.stopping import Enough
from graphview.subject.ending import failure_of

_WATCHING = threading.Lock()


class Block:
    """What `with graphview.record() as block` gives: its recording, once the block has ended."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self._recording: Recording | None = None

    @property
    def recording(self) -> Recording:
        """All that was observed. Errors: SubjectError while the block still runs."""
        if self._recording is None:
            raise SubjectError(
                f"the recording of {self.subject} is there once the block of graphview.record() "
                "has ended; ask for it after the block."
            )
        return self._recording

    def __repr__(self) -> str:
        if self._recording is None:
            return f"<Block of {self.subject}, being recorded>"
        return repr(self._recording)


def record(
    *,
    subject: str | None = None,
    step: int = 0,
    max_steps: int | None = None,
    sources: bool = True,
    profile: bool = False,
    gradients: bool = False,
) -> AbstractContextManager[Block]:
    """Record what autograd does in a `with` block; the block's `recording` is there after it.

    `subject` is what the recording is called, the caller's file by default. Of each place where
    backward starts the graph of step number `step` is kept, counted from 0; after `max_steps`
    steps the rest of the block is left out. `sources` notes the line of each node, `profile` and
    `gradients` measure each node and cost time. An exception of the block goes on to the caller,
    and what was seen until then is recorded.

    Errors: SubjectError for a wrong number of steps, and on entering the block while another one
    is being recorded.
    """
    if not _is_whole(step) or step < 0:
        raise SubjectError(f"step is {step!r}, and steps count from 0; give 0 or more.")
    if max_steps is not None and (not _is_whole(max_steps) or max_steps < 1):
        raise SubjectError(f"max_steps is {max_steps!r}; give 1 or more, or None for all.")
    name = subject or Path(short_path(sys._getframe(1).f_code.co_filename)).name
    return _recorded(Block(name), Options(step, max_steps, sources, profile, gradients))


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


@contextmanager
def _recorded(block: Block, options: Options) -> Iterator[Block]:
    with _alone(block.subject):
        recorder, ending = Recorder(options), Ending("finished")
        try:
            with recorder.watching():
                yield block
        except Enough:
            ending = Ending("stopped")
            if options.max_steps is None or recorder.steps < options.max_steps:
                # Somebody watches the whole program, and has seen enough of it.
                raise
        except BaseException as error:
            ending = _ending(error)
            raise
        finally:
            block._recording = recorder.recording(subject=block.subject, ending=ending)


@contextmanager
def _alone(subject: str) -> Iterator[None]:
    """One block at a time: torch's functions are watched for the whole process."""
    if not _WATCHING.acquire(blocking=False):
        raise SubjectError(
            f"{subject} cannot be recorded while another block of graphview.record() is running "
            "in this process; end that one first."
        )
    try:
        yield
    finally:
        _WATCHING.release()


def _ending(error: BaseException) -> Ending:
    if isinstance(error, SystemExit):
        return Ending("exited", _exit_code(error.code))
    if isinstance(error, KeyboardInterrupt):
        return Ending("interrupted")
    return Ending("raised", failure=failure_of(error))


def _exit_code(code: object) -> int:
    """What the process would end with: `sys.exit("text")` is 1."""
    return int(code) if isinstance(code, int) else int(code is not None)
