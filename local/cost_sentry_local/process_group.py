"""A process group that ends whole: server, stand-in and every Lambda worker."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

_GRACE_SECONDS = 2.0
_POLL_SECONDS = 0.02


class ProcessesLeft(Exception):  # noqa: N818 - named as the message reads
    """A group survived SIGKILL; the message lists the process ids."""


def members(group: int) -> list[int]:
    """Ids of the running processes of a group; the dead that nobody collected do not count."""
    if Path("/proc/self/stat").exists():
        return [pid for pid in _process_ids() if _runs_in(pid, group)]
    return _members_by_ps(group)


def end(group: int) -> None:
    """Ask a group to end, insist after two seconds, and prove that nothing is left.

    Raises:
        ProcessesLeft: a process outlived SIGKILL.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        _signal(group, number)
        if _gone_within(group, _GRACE_SECONDS):
            return
    raise ProcessesLeft(f"processes {members(group)} of group {group} did not end")


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _gone_within(group: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        if _is_collected(group) and not members(group):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)


def _is_collected(leader: int) -> bool:
    """Reap the leader if it is our own child; whether nothing of it is left to reap.

    A leader is shown as dead while its other threads still end, and cannot be reaped before.
    """
    try:
        return os.waitpid(leader, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True


def _process_ids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]  # noqa: PTH208


def _runs_in(pid: int, group: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    # The command name may hold spaces and brackets; state, parent and group follow the last one.
    state, _parent, its_group = stat.rpartition(")")[2].split()[:3]
    return int(its_group) == group and state not in "ZX"


def _members_by_ps(group: int) -> list[int]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,pgid=,stat="],  # noqa: S607 - the system's own ps
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    rows = [line.split() for line in listing.splitlines()]
    return [int(pid) for pid, pgid, stat in rows if int(pgid) == group and stat[0] != "Z"]
