"""`cost-sentry` as a user types it, from an empty machine to a stopped cloud.

One test, because it is one session: each step stands on the one before, and a cloud and a
deployment of its own are not paid for twice.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import boto3
import pytest

from cost_sentry_client.call_errors import CallRejected
from cost_sentry_client.sentry_client import SentryClient
from cost_sentry_local.cloud import down, status
from cost_sentry_local.process_group import members

CONFIG = """\
apiVersion: cost-sentry/v1
defaults: {outputTokens: 100, outputTokensMax: 4000}
alerts:
  addresses: [finops@example.com]
teams:
  search: {owners: [lead@example.com]}
models:
  us.amazon.nova-lite-v1:0: {ladder: [us.amazon.nova-micro-v1:0]}
  us.amazon.nova-micro-v1:0:
  us.anthropic.claude-opus-4-5-20251101-v1:0:
budgets:
  - {id: search-daily, scope: {team: search}, unit: usd, window: day, limit: "0.05"}
  - {id: tokens, unit: tokens, window: month, limit: 2000000}
"""
LITE, OPUS = "us.amazon.nova-lite-v1:0", "us.anthropic.claude-opus-4-5-20251101-v1:0"
REQUEST = {
    "modelId": LITE,
    "messages": [{"role": "user", "content": [{"text": "hello"}]}],
    "inferenceConfig": {"maxTokens": 5},
}


@dataclass(frozen=True, kw_only=True)
class Shell:
    """A user's shell without any AWS account."""

    state: Path

    def run(self, *arguments: str, code: int = 0, stdin: str = "") -> str:
        """Standard output of one command, which must end with ``code`` and show no stack trace."""
        done = subprocess.run(  # noqa: S603 - our own command
            [Path(sys.executable).with_name("cost-sentry"), *arguments],
            env={**os.environ, "COST_SENTRY_LOCAL_STATE": str(self.state), "COLUMNS": "80"},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> dict:
        return json.loads(self.run(*arguments, "--json", code=code))


@pytest.fixture
def shell(tmp_path):
    yield Shell(state=tmp_path)
    down(state_dir=tmp_path)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sentry.yaml"
    path.write_text(CONFIG)
    return str(path)


@pytest.mark.cloud
@pytest.mark.slow
@pytest.mark.xdist_group("programs")
def test_a_session_from_local_up_to_local_down(shell, file):
    assert shell.json("local", "status", code=1) == {"running": False}
    up = shell.json("local", "up")
    started = status(state_dir=shell.state)
    assert shell.json("local", "status")["state_machines"] == up["state_machines"]
    assert up["endpoint"] == up["environment"]["AWS_ENDPOINT_URL"]

    check_configuration(shell, file)
    check_calls(shell)
    check_budgets(shell)
    check_explanations(shell)
    check_simulation(shell, file)
    check_drop_in(up)
    check_smoke(shell)

    assert shell.json("local", "down") == {"stopped": True}
    assert members(started.process_group) == []
    assert shell.run("budget", "list", "--target", "local", code=3) == ""


def check_configuration(shell: Shell, file: str) -> None:
    """The example is in force; ours replaces it, once."""
    assert shell.json("config", "check", file)["valid"] is True
    assert shell.json("config", "diff", file)["changes"]
    assert shell.json("config", "apply", file)["changes"]
    assert shell.json("config", "apply", file)["changes"] == []
    assert "the same" in shell.run("config", "diff", file)


def check_calls(shell: Shell) -> None:
    """Allowed, answered before, refused, cut short, malformed; from an argument and from a pipe."""
    call = ("invoke", "--team", "search", "--model")
    allowed = shell.json(*call, LITE, "hello", "--max-tokens", "5", "--request-id", "first")
    assert allowed["sentry"]["status"] == "SETTLED"
    assert allowed["usage"]["outputTokens"] <= 5
    again = shell.json(*call, LITE, "hello", "--max-tokens", "5", "--request-id", "first", code=1)
    assert again["sentry"]["costUsd"] == allowed["sentry"]["costUsd"]
    assert shell.run(*call, LITE, "-", stdin="from a pipe")
    all_or_none = ("--max-tokens", "4000", "--no-lower-output-limit")
    refused = shell.json(*call, OPUS, "hi", *all_or_none, "--request-id", "big", code=1)
    binding = [b["id"] for b in refused["sentry"]["budgets"] if b["binding"]]
    assert (refused["sentry"]["code"], binding) == ("BUDGET_EXHAUSTED", ["search-daily"])
    assert "more than the whole limit of $0.05" in refused["sentry"]["message"]
    short = shell.json(*call, OPUS, "hi", "--max-tokens", "4000", "--request-id", "short")
    assert short["sentry"]["code"] == "OUTPUT_LIMIT_LOWERED"
    assert 64 <= short["sentry"]["maxTokens"] < short["sentry"]["maxTokensAsked"] == 4000
    unknown = shell.json("invoke", "hi", "--team", "nobody", "--model", LITE, code=3)
    assert unknown["error"]["what"] == "there is no workflow for nobody"
    # The example that was deployed names them, and the configuration in force does not any more.
    gone = shell.json("invoke", "hi", "--team", "support", "--model", LITE, code=1)
    assert gone["sentry"]["code"] == "UNKNOWN_TEAM"


def check_budgets(shell: Shell) -> None:
    """What was spent is there to the picodollar, and a new limit keeps it."""
    daily, tokens = shell.json("budget", "list")
    spent = Decimal(daily["posted"])
    assert 0 < spent < Decimal("0.05")
    assert Decimal(daily["left"]) + Decimal(daily["pending"]) + spent == Decimal("0.05")
    assert (tokens["unit"], tokens["pending"]) == ("tokens", "0")
    assert "search-daily" in shell.run("budget", "list")
    changed = shell.json("budget", "set", "search-daily", "1")
    assert (changed["before"], changed["after"]) == ("0.05", "1.00")
    shown = shell.json("budget", "show", "search-daily")
    assert (shown["limit"], Decimal(shown["posted"])) == ("1.00", spent)


def check_explanations(shell: Shell) -> None:
    """Of a call that ran, of one that was refused, and of none."""
    (ran,) = shell.json("explain", "first")["explanations"]
    assert (ran["decision"], ran["account"]) == ("ALLOW", "search/-")
    assert {charge["id"] for charge in ran["charges"]} == {"search-daily", "tokens"}
    (refused,) = shell.json("explain", "big")["explanations"]
    assert (refused["decision"], refused["code"]) == ("REJECT", "BUDGET_EXHAUSTED")
    (short,) = shell.json("explain", "short")["explanations"]
    assert (short["decision"], short["code"]) == ("ALLOW", "OUTPUT_LIMIT_LOWERED")
    assert shell.json("explain", "never", code=1)["error"]["what"]
    assert "5000 characters" in shell.json("explain", "x" * 5000, code=2)["error"]["what"]


def check_simulation(shell: Shell, file: str) -> None:
    """The calls of today by what decided them, and by the limit that is in force since."""
    yesterday = (datetime.now(tz=UTC) - timedelta(days=1)).date().isoformat()
    day = ("simulate", "--against", file, "--day", yesterday, "--days", "2")

    alike = shell.json(*day, "--from", file)
    assert (alike["calls"], alike["recordedAlike"], alike["changed"]) == (5, 5, 0)
    back = shell.json(*day, "--fail-on-refusals", code=1)
    changes = {(row["before"], row["after"], row["calls"]) for row in back["affected"]}
    assert changes == {("allowed as asked", "refused", 1), ("allowed as asked", "shortened", 1)}
    assert "budget search-daily" in shell.run(*day)


def check_drop_in(up: dict) -> None:
    """The client an application uses, at the same deployment."""
    environment = up["environment"]
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", environment["AWS_ENDPOINT_URL"])
        client = SentryClient(session=session, tags={"team": "search"})
        response = client.converse(**REQUEST)
        with pytest.raises(CallRejected) as rejected:
            client.converse(**{**REQUEST, "modelId": "no.such-model-v1:0"})
    assert response["output"]["message"]["role"] == "assistant"
    assert response["sentry"]["status"] == "SETTLED"
    assert rejected.value.code == "UNKNOWN_MODEL"


def check_smoke(shell: Shell) -> None:
    """It passes, and the configuration in force is the one that was."""
    before = [budget["id"] for budget in shell.json("budget", "list")]
    assert shell.json("smoke")["passed"] is True
    assert [budget["id"] for budget in shell.json("budget", "list")] == before
