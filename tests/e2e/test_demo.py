"""`make demo` as its user runs it: a process of its own, a verdict, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cost_sentry_local.layout import PROJECT

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

CALLS = 500
PROMISED_FIELDS = {
    *("calls", "allowed", "rerouted", "rejected", "failed", "seconds", "saved_usd", "alerts"),
    "budgets",
}
BUDGET_FIELDS = {"id", "window", "limit", "posted", "pending", "unit"}
COLUMNS = 80


@pytest.fixture(scope="module")
def first_run(tmp_path_factory) -> Iterator[tuple[subprocess.CompletedProcess[str], Path]]:
    summary = tmp_path_factory.mktemp("demo") / "summary.json"
    yield demo("--calls", str(CALLS), "--summary", str(summary)), summary


@pytest.fixture(scope="module")
def told(first_run) -> dict[str, Any]:
    return json.loads(first_run[1].read_text())


@pytest.mark.timeout(600)
def test_the_demo_ends_well_and_says_that_all_promises_held(first_run):
    done, _ = first_run

    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    assert "All promises held." in done.stdout
    assert "BROKEN" not in done.stdout


def test_no_process_of_the_demo_is_left(first_run):
    assert processes_of(first_run[0].args) == []


def test_the_summary_has_the_promised_fields_and_every_call_ended_one_way(told):
    assert told.keys() >= PROMISED_FIELDS
    assert told["calls"] == CALLS
    ways = [told[way] for way in ("allowed", "rerouted", "rejected", "failed")]
    assert sum(ways) == CALLS
    assert all(ways), "the example no longer shows every way a call can end"
    assert told["allowed"] > CALLS / 3
    assert Decimal(told["saved_usd"]) > 0
    assert all(not promise["broken"] for promise in told["promises"])


def test_no_budget_of_the_summary_is_overspent(told):
    assert len(told["budgets"]) >= 7
    for budget in told["budgets"]:
        assert budget.keys() >= BUDGET_FIELDS
        limit, posted, pending = (Decimal(budget[f]) for f in ("limit", "posted", "pending"))
        assert posted + pending <= limit


def test_owners_hear_at_50_80_and_100_percent(told):
    subjects = {mail["subject"] for mail in told["mails"]}

    assert told["alerts"] == len({(mail["subject"], mail["body"]) for mail in told["mails"]})
    for threshold in ("at 50%", "at 80%", "at 100%"):
        assert any(threshold in subject for subject in subjects)


def test_the_tables_fit_a_terminal_of_80_columns(first_run):
    assert [line for line in first_run[0].stdout.splitlines() if len(line) > COLUMNS] == []


@pytest.mark.timeout(400)
def test_the_demo_can_be_run_again_and_prints_its_summary_as_json(first_run, tmp_path):
    again = demo("--calls", "20", "--json", "--summary", str(tmp_path / "again.json"))

    assert again.returncode == 0, again.stderr[-4_000:]
    assert json.loads(again.stdout)["calls"] == 20
    assert processes_of(again.args) == []


@pytest.mark.timeout(400)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_stopped_leaves_no_process(tmp_path, sent):
    arguments = command("--summary", str(tmp_path / "stopped.json"))
    running = subprocess.Popen(
        arguments, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    group = wait_for_cloud(running)

    running.send_signal(sent)
    output, _ = running.communicate(timeout=120)

    assert running.returncode not in (0, None), output
    assert "Traceback" not in output
    assert group_members(group) == []


def demo(*options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": str(COLUMNS)}
    return subprocess.run(
        command(*options), cwd=PROJECT, env=environment, check=False, capture_output=True, text=True
    )


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "cost_sentry_local.demo", *options]


def wait_for_cloud(demo: subprocess.Popen[str]) -> int:
    """The process group of the demo's own cloud, once it is there."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and demo.poll() is None:
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):  # noqa: PTH208
            if parent_of(pid) == demo.pid and "cost_sentry_local.server" in command_line(pid):
                time.sleep(3)  # somewhere in the preparation, or in the calls
                return pid
        time.sleep(0.1)
    raise AssertionError(f"the demo started no cloud: {demo.poll()}")


def processes_of(arguments: list[str]) -> list[str]:
    """Clouds whose parent is gone, and processes with these arguments."""
    wanted = " ".join(arguments[1:])
    pids = map(int, filter(str.isdigit, os.listdir("/proc")))  # noqa: PTH208
    return [line for line in map(command_line, pids) if wanted in line]


def group_members(group: int) -> list[int]:
    pids = map(int, filter(str.isdigit, os.listdir("/proc")))  # noqa: PTH208
    return [pid for pid in pids if stat_of(pid)[2:3] == [str(group)] and stat_of(pid)[0] != "Z"]


def parent_of(pid: int) -> int | None:
    stat = stat_of(pid)
    return int(stat[1]) if stat else None


def stat_of(pid: int) -> list[str]:
    """State, parent, group, …; nothing once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""
