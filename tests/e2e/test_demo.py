"""`make demo` as its user runs it: a process of its own, a verdict, and nothing left behind."""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from cost_sentry_local.layout import PROJECT
from tests.e2e.cloud_kit import hear_interrupts

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("programs")]

CALLS = 500
PROMISED_FIELDS = {
    *("calls", "allowed", "rerouted", "rejected", "failed", "seconds", "saved_usd", "alerts"),
    *("budgets", "anomaly", "endpoint"),
}
BUDGET_FIELDS = {"id", "window", "limit", "posted", "pending", "unit"}
COLUMNS = 80
ML_G5_XLARGE_USD = Decimal("1.408")
"""An hour, by the list."""
SECONDS_MAX = 500
"""For machines that do other work meanwhile."""


@dataclass(frozen=True)
class Run:
    """A demo that has ended, and where everything it started kept its files."""

    code: int
    output: str
    errors: str
    own: Path

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.own / "summary.json").read_text())


@pytest.fixture(scope="session")
def first_run(tmp_path_factory) -> Run:
    return ended(start(tmp_path_factory.mktemp("demo"), "--calls", str(CALLS)))


@pytest.fixture(scope="session")
def told(first_run) -> dict[str, Any]:
    return first_run.summary


@pytest.mark.timeout(600)
def test_the_demo_ends_well_and_says_that_all_promises_held(first_run):
    assert first_run.code == 0, first_run.output[-4_000:] + first_run.errors[-4_000:]
    assert "All promises held." in first_run.output
    assert "BROKEN" not in first_run.output


def test_no_process_of_the_demo_is_left(first_run):
    assert processes_of(first_run.own) == []


def test_the_summary_has_the_promised_fields_and_every_call_ended_one_way(told):
    assert told.keys() >= PROMISED_FIELDS
    assert told["calls"] == CALLS
    ways = [told[way] for way in ("allowed", "rerouted", "rejected", "failed")]
    assert sum(ways) == CALLS
    assert all(ways), "the example no longer shows every way a call can end"
    assert told["allowed"] > CALLS / 3
    assert Decimal(told["saved_usd"]) > 0
    assert all(not promise["broken"] for promise in told["promises"])


def test_rules_are_seen_at_work(told):
    seen = {scene["scene"]: scene["codes"] for scene in told["rules"]}

    failed = ["WITHIN_BUDGETS"] * 5
    assert list(seen.values()) == [
        ["REROUTED_BY_POLICY"],
        ["FORBIDDEN_BY_POLICY"],
        ["ROUTED"],
        ["WITHIN_BUDGETS", "ANSWERED_FROM_CACHE"],
        [*["WITHIN_BUDGETS"] * 6, *["BUDGET_EXHAUSTED"] * 4],
        [*["WITHIN_BUDGETS"] * 2, *["BUDGET_EXHAUSTED"] * 2],
        [*failed, "REROUTED_BY_CIRCUIT", "WITHIN_BUDGETS", "WITHIN_BUDGETS"],
    ]


def test_an_application_that_runs_away_is_frozen_told_of_once_and_lifted(told, first_run):
    seen = told["anomaly"]

    assert (seen["scope"], seen["severity"]) == ("application=reports,team=support", "critical")
    assert seen["measure"] == "freeze"
    frozen, lifted = seen["codes"]
    assert frozen == "FROZEN"
    assert lifted in {"WITHIN_BUDGETS", "REROUTED_TO_FIT"}, "its model's tokens may be used up"
    assert seen["lifted"].startswith("lifted i-")
    assert sorted(seen["mail"]["to"]) == ["finops@example.com", "support-leads@example.com"]
    first = [line.split()[0] for line in seen["mail"]["body"].splitlines()[:5]]
    assert first == ["What:", "Whose:", "Done:", "Undo:", "Since:"]
    assert first_run.output.count(seen["mail"]["subject"]) == 1
    assert seen["mail"]["body"].splitlines()[3] in first_run.output


def test_an_endpoint_sleeps_step_by_step_and_is_woken_with_money_from_a_budget(told):
    seen = told["endpoint"]

    asleep = ["SNAPSHOT", "VERIFIED", "FALLING_ASLEEP", "ASLEEP"]
    assert seen["steps"] == [*asleep, "RESTORING", "ANSWERED", "CLOSED"]
    assert seen["asked"][0] == "WAKING"
    assert {*seen["asked"]} <= {"WAKING", "AWAKE"}, "it may answer before anybody is told"
    assert seen["answer"]
    assert 0 < seen["asleep_seconds"] <= seen["without_instance_seconds"]
    saved = Decimal(seen["saved_usd"])
    assert (
        abs(saved - ML_G5_XLARGE_USD * seen["asleep_seconds"] / 3_600) <= ML_G5_XLARGE_USD / 3_600
    )
    assert abs(seen["gpu_hours_saved"] - seen["asleep_seconds"] / 3_600) < 0.001
    assert set(seen["paid_by"]) == {"organisation", "support-daily"}
    assert Decimal(seen["wake_usd"]).quantize(Decimal("0.0001")) == Decimal("0.1173")


def test_no_budget_of_the_summary_is_overspent(told):
    assert len(told["budgets"]) >= 7
    for budget in told["budgets"]:
        assert budget.keys() >= BUDGET_FIELDS
        limit, posted, pending = (Decimal(budget[f]) for f in ("limit", "posted", "pending"))
        assert posted + pending <= limit


def test_owners_hear_at_50_80_and_100_percent(told):
    subjects = {mail["subject"] for mail in told["mails"]}

    assert told["alerts"] == len({(mail["subject"], mail["body"]) for mail in told["mails"]})
    for threshold in (("at 50%",), ("at 80%",), ("at 100%", "used up: ")):
        assert any(words in subject for subject in subjects for words in threshold)


def test_the_tables_fit_a_terminal_of_80_columns(first_run):
    assert [line for line in first_run.output.splitlines() if len(line) > COLUMNS] == []


@pytest.mark.timeout(400)
def test_the_demo_can_be_run_again_and_prints_its_summary_as_json(first_run, tmp_path):
    again = ended(start(tmp_path, "--calls", "20", "--json"))

    assert again.code == 0, again.errors[-4_000:]
    assert json.loads(again.output) == again.summary
    assert again.summary["calls"] == 20
    assert processes_of(tmp_path) == []


@pytest.mark.timeout(400)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_stopped_among_its_calls_leaves_no_process(tmp_path, sent):
    demo = start(tmp_path)
    wait_for_functions(demo, tmp_path)

    demo.send_signal(sent)
    run = ended(demo, tmp_path)

    assert run.code == 128 + sent, run.output + run.errors
    assert "Traceback" not in run.output + run.errors
    assert processes_of(tmp_path) == []


def start(own: Path, *options: str) -> Popen[str]:
    """A demo whose every process carries the name of its own directory."""
    summary = str(own / "summary.json")
    return Popen(  # noqa: S603 - every word of it is written here
        [sys.executable, "-m", "cost_sentry_local.demo", "--summary", summary, *options],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": str(COLUMNS), "TMPDIR": str(own)},
        stdout=PIPE,
        stderr=PIPE,
        text=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 - it makes one system call
    )


def ended(demo: Popen[str], own: Path | None = None) -> Run:
    output, errors = demo.communicate(timeout=SECONDS_MAX)
    own = own or Path(demo.args[demo.args.index("--summary") + 1]).parent
    return Run(code=demo.returncode, output=output, errors=errors, own=own)


def wait_for_functions(demo: Popen[str], own: Path) -> None:
    """Until the first call runs a function, which is after all preparation."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline and demo.poll() is None:
        if any("ministack-lambda" in line for line in processes_of(own)):
            return
        time.sleep(0.2)
    raise AssertionError(f"no function ran; exit code {demo.poll()}")


def processes_of(own: Path) -> list[str]:
    """Command lines of all processes that know this directory, by argument or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            words = (entry / "cmdline").read_text(errors="replace").replace("\0", " ")
            if str(own) in words + (entry / "environ").read_text(errors="replace"):
                found.append(words)
    return found
