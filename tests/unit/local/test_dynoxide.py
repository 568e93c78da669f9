"""The second DynamoDB: here or with a reason, on the loopback interface, and gone afterwards."""

import os
import platform
import signal
import subprocess
import sys
import time

import pytest

from cost_sentry_local import process_group
from cost_sentry_local.dynoxide import (
    DynoxideEnded,
    DynoxideNotStarted,
    running_dynoxide,
    why_not_here,
)
from tests.fakes.dynamodb_table import create_table

OWNER = """
import time
from cost_sentry_local.dynoxide import running_dynoxide
with running_dynoxide() as engine:
    print(engine.process_group, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def here():
    why = why_not_here()
    if why:
        pytest.skip(why)


@pytest.mark.parametrize(
    ("system", "machine", "said"),
    [
        ("Linux", "x86_64", None),
        ("Linux", "aarch64", "Linux on aarch64"),
        ("Darwin", "x86_64", "Darwin on x86_64"),
    ],
)
def test_a_machine_without_it_is_told_why(monkeypatch, system, machine, said):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)

    why = why_not_here()

    assert why is None if said is None else said in why


def test_a_missing_program_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(DynoxideNotStarted, match="make setup"), running_dynoxide(tmp_path / "it"):
        pass


def test_a_program_that_ends_at_once_is_quoted(tmp_path):
    program = tmp_path / "it"
    program.write_text("#!/bin/sh\necho out of paper >&2\nexit 3\n")
    program.chmod(0o755)

    with pytest.raises(DynoxideNotStarted, match="out of paper"), running_dynoxide(program):
        pass


def test_each_one_is_empty_and_leaves_no_process(here):
    with running_dynoxide() as first:
        create_table(first.client(), "ledger")
        with running_dynoxide() as second:
            assert second.client().list_tables()["TableNames"] == []
        assert first.client().list_tables()["TableNames"] == ["ledger"]
        assert len(process_group.members(first.process_group)) == 2, "it, and who watches it"

    assert process_group.members(first.process_group) == []
    assert process_group.members(second.process_group) == []


def test_one_that_was_killed_is_not_taken_for_one_that_refuses(here):
    with pytest.raises(DynoxideEnded, match="exit code"), running_dynoxide() as engine:
        process_group.end(engine.process_group)


def test_an_error_in_the_body_ends_it(here):
    with pytest.raises(ZeroDivisionError), running_dynoxide() as engine:
        _ = 1 / 0

    assert process_group.members(engine.process_group) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_its_owner_however_that_goes(here, number):
    owner = subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    group = int(owner.stdout.readline())
    assert process_group.members(group)

    owner.send_signal(number)
    owner.communicate(timeout=20)

    deadline = time.monotonic() + 10
    while process_group.members(group):
        assert time.monotonic() < deadline, "it did not end in time"
        time.sleep(0.05)
