"""Lambda: a log is complete when the handler returns, without waiting to see whether more comes.

The emulator waits up to 50 ms for a first line after every call. The worker now ends each
invocation's log with a line of its own, so nothing is waited for and nothing is cut off.
"""

import queue
from typing import Any

from ministack.core import lambda_runtime

_MARK = "--- end of invocation ---"
_PATIENCE_SECONDS = 0.5
_LAST_LINES = "        _real_stdout.flush()\n\nrun()"


def close() -> None:
    """Wrap the worker's script and the reading of its log."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    head, found, tail = script.rpartition(_LAST_LINES)
    if not found:
        raise RuntimeError("the emulator's worker script is not the pinned one")
    marked = f'        sys.stderr.write("\\n{_MARK}\\n")\n        sys.stderr.flush()\n'
    lambda_runtime._PYTHON_WORKER_SCRIPT = head + marked + _LAST_LINES + tail
    lambda_runtime.Worker._drain_stderr_bounded = _drain


def _drain(worker: Any, *_args: Any, **_kwargs: Any) -> str:
    lines: list[str] = []
    while True:
        try:
            line = worker._stderr_queue.get(timeout=_PATIENCE_SECONDS)
        except queue.Empty:  # the worker died before it could say that it had finished
            break
        if line == _MARK:
            break
        if line:
            lines.append(line)
    return "\n".join(lines)
