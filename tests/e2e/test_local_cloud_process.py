"""The local cloud starts, is found, and ends whole, however its owner goes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cost_sentry_local import process_group
from cost_sentry_local.cloud import CloudNotStarted, down, running_cloud, status, up
from tests.e2e.cloud_kit import hear_interrupts, new_function, until

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("programs")]

OWNER = """
import sys, time
from cost_sentry_local.cloud import running_cloud
with running_cloud() as cloud:
    print(cloud.process_group, flush=True)
    time.sleep(60)
"""


def owner_of_a_cloud() -> tuple[subprocess.Popen[str], int]:
    owner = subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", OWNER],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 - it makes one system call
    )
    assert owner.stdout is not None
    return owner, int(owner.stdout.readline())


def test_starting_twice_finds_the_running_cloud_and_down_leaves_no_process(tmp_path: Path):
    cloud = up(state_dir=tmp_path, parent=os.getpid())
    try:
        assert up(state_dir=tmp_path) == cloud
        assert status(state_dir=tmp_path) == cloud
        function = new_function(cloud, "def handler(event, context): return 1")
        cloud.client("lambda").invoke(FunctionName=function)
        members = process_group.members(cloud.process_group)
        assert len(members) == 4, "AWS, Bedrock, SageMaker, one worker"
    finally:
        assert down(state_dir=tmp_path)

    assert process_group.members(cloud.process_group) == []
    assert status(state_dir=tmp_path) is None
    assert not down(state_dir=tmp_path)


def test_a_second_port_for_a_running_cloud_is_refused_in_words(tmp_path: Path):
    cloud = up(state_dir=tmp_path, parent=os.getpid())
    try:
        with pytest.raises(CloudNotStarted, match="already runs at"):
            up(1, state_dir=tmp_path)
        assert status(state_dir=tmp_path) == cloud
    finally:
        down(state_dir=tmp_path)


def test_a_taken_port_is_named_and_leaves_no_process(tmp_path: Path):
    with running_cloud() as cloud:
        port = int(cloud.endpoint.rpartition(":")[2])

        with pytest.raises(CloudNotStarted, match="already in use"):
            up(port, state_dir=tmp_path, parent=os.getpid())

    assert status(state_dir=tmp_path) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_cloud_ends_with_its_owner(number: signal.Signals):
    owner, group = owner_of_a_cloud()
    assert process_group.members(group)

    owner.send_signal(number)
    owner.wait(20)

    until(lambda: not process_group.members(group), seconds=10)


def test_an_error_in_the_body_ends_the_cloud():
    with pytest.raises(ZeroDivisionError), running_cloud() as cloud:
        _ = 1 / 0

    assert process_group.members(cloud.process_group) == []


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's own list of sockets")
def test_nothing_listens_beyond_the_loopback_interface(local_cloud):
    pids = process_group.members(local_cloud.process_group)
    own = {
        str(link.readlink())[len("socket:[") : -1]
        for pid in pids
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if str(link.readlink()).startswith("socket:[")
    }
    listening = [
        row.split()
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for row in Path(table).read_text().splitlines()[1:]
        if row.split()[3] == "0A" and row.split()[9] in own
    ]

    addresses = {row[1].partition(":")[0] for row in listening}

    assert addresses == {"0100007F"}, "127.0.0.1 and nothing else"


def test_a_cloud_starts_within_seconds(tmp_path: Path):
    started = time.monotonic()
    try:
        up(state_dir=tmp_path, parent=os.getpid())
        assert time.monotonic() - started < 15
    finally:
        down(state_dir=tmp_path)
