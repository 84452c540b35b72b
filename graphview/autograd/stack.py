"""Room on the stack for torch to free a graph that Python has looked at.

torch frees a graph iteratively, but a node of which Python has seen an object owns that object,
which owns the node: those are freed one inside the other. 200 bytes of the stack for each node were
measured with torch 2.13, so that the usual 8 MiB end at some 40,000.
"""

from __future__ import annotations

import sys
import threading

BYTES_A_NODE, BYTES_BESIDE = 320, 16 << 20
# What a thread has for a stack where nobody says otherwise.
USUAL_STACK = 8 << 20


def deepest_here() -> int | None:
    """How many nodes a chain may have that is looked at in this thread; None for any number."""
    if sys.platform == "linux" and threading.current_thread() is threading.main_thread():
        return None
    return (threading.stack_size() or USUAL_STACK) // BYTES_A_NODE


def make_room(nodes: int) -> None:
    """Let the main thread's stack grow as far as freeing so many nodes in a chain may need.

    Linux looks at the limit when the stack grows, so raising it helps a running process; macOS and
    Windows, and other threads, have the stack they started with.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = nodes * BYTES_A_NODE + BYTES_BESIDE
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))
