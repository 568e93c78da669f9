"""Starting, finding and ending the local cloud."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.error import URLError
from urllib.request import urlopen

from cost_sentry_local import process_group
from cost_sentry_local.layout import STATE_DIRECTORY
from cost_sentry_local.local_cloud import LocalCloud
from cost_sentry_local.ports import LOOPBACK, free_port, is_taken
from cost_sentry_local.server_environment import server_environment

__all__ = ["CloudNotStarted", "LocalCloud", "down", "running_cloud", "status", "up"]

_START_SECONDS = 60.0
_POLL_SECONDS = 0.05
_STATE_FILE = "cloud.json"
_LOG_FILE = "cloud.log"


class CloudNotStarted(Exception):  # noqa: N818 - named as the message reads
    """The local cloud did not come up; the message says why and where its log is."""


def up(
    port: int | None = None,
    *,
    state_dir: Path = STATE_DIRECTORY,
    parent: int | None = None,
    quiet: bool = True,
) -> LocalCloud:
    """Start the local cloud, or find the one that already runs.

    Args:
        port: port of the AWS endpoint; a free one if not given.
        state_dir: where its state, log and temporary files live.
        parent: a process id with which the cloud shall end; without it, it stays until `down`.
        quiet: say nothing; otherwise one line to standard error.

    Raises:
        CloudNotStarted: it did not answer in time, or runs already on another port.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cloud = status(state_dir=state_dir)
        if cloud is None:
            cloud = _start(port, state_dir, parent)
        elif port is not None and not cloud.endpoint.endswith(f":{port}"):
            raise CloudNotStarted(
                f"a local cloud already runs at {cloud.endpoint}; end it before starting one"
                f" on port {port}"
            )
    if not quiet:
        sys.stderr.write(f"local cloud at {cloud.endpoint}\n")
    return cloud


def status(*, state_dir: Path = STATE_DIRECTORY) -> LocalCloud | None:
    """The running local cloud, or None."""
    try:
        known = json.loads((state_dir / _STATE_FILE).read_text())
    except (OSError, ValueError):
        return None
    cloud = LocalCloud(**known, state_directory=state_dir)
    return cloud if process_group.members(cloud.process_group) and _answers(cloud) else None


def down(*, state_dir: Path = STATE_DIRECTORY) -> bool:
    """End the local cloud and every process that it started; False if none was known."""
    try:
        known = json.loads((state_dir / _STATE_FILE).read_text())
    except (OSError, ValueError):
        return False
    process_group.end(known["process_group"])
    (state_dir / _STATE_FILE).unlink(missing_ok=True)
    shutil.rmtree(state_dir / "tmp", ignore_errors=True)
    return True


@contextmanager
def running_cloud(port: int | None = None) -> Iterator[LocalCloud]:
    """A local cloud for the length of a `with`; ended on errors, Ctrl-C and SIGTERM alike.

    It has a temporary directory of its own, so it meets no other cloud, and ends itself if this
    process is killed outright.
    """
    with tempfile.TemporaryDirectory(prefix="cost-sentry-") as own, _terminated_as_exit():
        try:
            yield up(port, state_dir=Path(own), parent=os.getpid())
        finally:
            down(state_dir=Path(own))


@contextmanager
def _terminated_as_exit() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that `finally` runs; only a main thread may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _start(port: int | None, state_dir: Path, parent: int | None) -> LocalCloud:
    if port is not None and is_taken(port):
        # Asked first, because whoever listens there might answer in our place.
        raise CloudNotStarted(f"port {port} is already in use; give another, or none")
    ports = port or free_port(), free_port(), free_port()
    temporary = state_dir / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    log = state_dir / _LOG_FILE
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(ports, parent),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=server_environment(*ports, temporary),
            start_new_session=True,
        )
    cloud = LocalCloud(
        endpoint=f"http://{LOOPBACK}:{ports[0]}",
        bedrock_endpoint=f"http://{LOOPBACK}:{ports[1]}",
        sagemaker_endpoint=f"http://{LOOPBACK}:{ports[2]}",
        process_group=process.pid,
        state_directory=state_dir,
    )
    _remember(cloud)
    try:
        _wait_until_healthy(cloud, process, log)
    except BaseException:
        down(state_dir=state_dir)
        raise
    return cloud


def _command(ports: tuple[int, int, int], parent: int | None) -> list[str]:
    command = [sys.executable, "-m", "cost_sentry_local.server", *map(str, ports)]
    return command if parent is None else [*command, "--parent", str(parent)]


def _remember(cloud: LocalCloud) -> None:
    known = {
        "endpoint": cloud.endpoint,
        "bedrock_endpoint": cloud.bedrock_endpoint,
        "sagemaker_endpoint": cloud.sagemaker_endpoint,
        "process_group": cloud.process_group,
    }
    (cloud.state_directory / _STATE_FILE).write_text(json.dumps(known))


def _wait_until_healthy(cloud: LocalCloud, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(cloud):
        if process.poll() is not None:
            raise CloudNotStarted(_why("ended at once", log))
        if time.monotonic() > deadline:
            raise CloudNotStarted(_why(f"did not answer in {_START_SECONDS:.0f} s", log))
        time.sleep(_POLL_SECONDS)


def _why(what: str, log: Path) -> str:
    last = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    return f"the local cloud {what}; its log {log} ends with:\n{last}"


def _answers(cloud: LocalCloud) -> bool:
    urls = (
        f"{cloud.endpoint}/_ministack/health",
        f"{cloud.bedrock_endpoint}/_stand_in/health",
        f"{cloud.sagemaker_endpoint}/_stand_in/health",
    )
    with suppress(URLError, OSError):
        for url in urls:
            with urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback only
                answer.read()
        return True
    return False
