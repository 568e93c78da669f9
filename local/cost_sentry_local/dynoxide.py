"""A second DynamoDB on this machine, of another maker than the emulator's, for tests.

What holds on both is less likely to be one emulator's accident. It is dynoxide, one program over
SQLite in memory, locked in ``package-lock.json``; its package exists for Linux on x86-64 only.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.error import URLError
from urllib.request import urlopen

from botocore.client import BaseClient

from cost_sentry_local import process_group
from cost_sentry_local.aws_clients import client_of
from cost_sentry_local.layout import PROJECT
from cost_sentry_local.ports import LOOPBACK, free_port

PROGRAM = PROJECT / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
_START_SECONDS = 30.0
_POLL_SECONDS = 0.01


class DynoxideNotStarted(Exception):  # noqa: N818 - named as the message reads
    """It did not come up; the message says why, and what to do."""


class DynoxideEnded(Exception):  # noqa: N818 - named as the message reads
    """It was gone before it was told to go; the message says what it said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynoxide:
    """A running one."""

    endpoint: str
    process_group: int

    def client(self, *, attempts: int = 1) -> BaseClient:
        """A boto3 client of ``dynamodb``; one attempt by default."""
        return client_of(self.endpoint, "dynamodb", attempts=attempts)

    def streams_client(self) -> BaseClient:
        """A boto3 client of ``dynamodbstreams``, told not to mind shard ids that are too short."""
        return client_of(self.endpoint, "dynamodbstreams", parameter_validation=False)


def why_not_here() -> str | None:
    """Why this machine can have none; ``None`` if it can."""
    here = (platform.system(), platform.machine())
    if here == ("Linux", "x86_64"):
        return None
    return f"dynoxide comes as a program for Linux on x86_64, and this is {' on '.join(here)}"


@contextmanager
def running_dynoxide(program: Path = PROGRAM) -> Iterator[Dynoxide]:
    """An empty one for the length of a ``with``; it ends also if this process is killed.

    Raises:
        DynoxideNotStarted: it is not installed, or did not answer.
        DynoxideEnded: it ended by itself before the ``with`` did.
    """
    if not program.is_file():
        raise DynoxideNotStarted(f"{program} is missing; `make setup` installs it")
    with tempfile.TemporaryFile() as log:
        port = free_port()
        process = subprocess.Popen(
            _command(program, port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            engine = Dynoxide(endpoint=f"http://{LOOPBACK}:{port}", process_group=process.pid)
            if not _answers_in_time(engine, process):
                raise DynoxideNotStarted(f"no answer on port {port}; dynoxide said: {_said(log)}")
            yield engine
            if process.poll() is not None:
                raise DynoxideEnded(f"exit code {process.returncode}; dynoxide said: {_said(log)}")
        finally:
            process_group.end(process.pid)
            process.wait()


def _said(log: BinaryIO) -> str:
    log.seek(0)
    return log.read().decode(errors="replace").strip()


def _command(program: Path, port: int) -> list[str]:
    watched = [sys.executable, "-m", "cost_sentry_local.watched", str(os.getpid())]
    return [*watched, str(program), "--host", LOOPBACK, "--port", str(port)]


def _answers_in_time(engine: Dynoxide, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(engine.endpoint, timeout=2) as answer:  # noqa: S310 - loopback only
                return answer.headers["Server"].startswith("Dynoxide")
        except (URLError, OSError):
            time.sleep(_POLL_SECONDS)
    return False
