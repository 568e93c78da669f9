"""Ends a process group when the process that it serves is gone, however it went."""

import os
import signal
import threading
import time

_POLL_SECONDS = 0.25
_GRACE_SECONDS = 1.0


def end_with_parent(parent: int) -> None:
    """Watch in the background; a parent that was killed cannot say goodbye.

    Args:
        parent: the process id that must stay this process's parent.
    """
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent-watch").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    group = os.getpgid(0)
    os.killpg(group, signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.killpg(group, signal.SIGKILL)
