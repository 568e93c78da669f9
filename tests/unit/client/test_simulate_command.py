"""`cost-sentry simulate`: what another sentry.yaml would change, and that it changes nothing."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.admissions import request
from tests.fakes.builders import budget, hold, reservation, resolution
from tests.fakes.refusals import refusal
from tests.unit.client.conftest import LITE, cost_sentry

DAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
SENTRY = """\
apiVersion: cost-sentry/v1
teams: {search:, growth:}
models: {amazon.nova-lite-v1:0:, amazon.nova-micro-v1:0:}
budgets:
  - {id: everything, unit: tokens, window: month, limit: 2000000}
  - {id: search-daily, scope: {team: search}, unit: usd, window: day, limit: LIMIT}
"""
CALL = {
    "modelId": LITE,
    "tags": {"team": "search", "application": "web"},
    "inputTokens": 1_000,
    "inferenceConfig": {"maxTokens": 100},
    "usage": {"inputTokens": 1_000, "outputTokens": 50},
    "at": "2026-11-20T09:00:00Z",
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """In the folder where the command runs."""
    monkeypatch.chdir(tmp_path)
    for name, limit in (("rich", "12.50"), ("poor", "0.0001")):
        text = SENTRY.replace("LIMIT", limit)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    lines = [json.dumps({**CALL, "requestId": f"r{n}"}) for n in range(3)]
    (tmp_path / "calls.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


@pytest.fixture
def no_deployment(monkeypatch):
    def fail(*_):
        raise AssertionError("a deployment was asked")

    monkeypatch.setattr("cost_sentry_client.target.open_target", fail)


def simulated(*options, of="--requests=calls.jsonl", against="poor.yaml"):
    return cost_sentry("simulate", "--against", against, of, *options)


@pytest.mark.usefixtures("files", "no_deployment")
def test_a_file_against_a_file_asks_no_deployment():
    ended = simulated("--from", "rich.yaml", "--json")

    assert ended.code == 0
    assert (ended.json["source"], ended.json["calls"]) == ("calls.jsonl", 3)
    (row,) = ended.json["affected"]
    assert (row["team"], row["after"], row["by"]) == ("search", "refused", "budget search-daily")
    cost = 1_000 * 60_000 + 50 * 240_000
    assert ended.json["spend"]["total"]["beforePicodollars"] == str(3 * cost)
    assert ended.json["versions"]["before"] != ended.json["versions"]["after"]


@pytest.mark.usefixtures("files", "no_deployment")
def test_people_read_what_would_change_first_and_what_is_assumed_last():
    told = simulated("--from", "rich.yaml").stdout

    assert told.startswith("2 of 3 calls would be decided otherwise: 2 refused.")
    assert max(len(line) for line in told.splitlines()) <= 80
    assert told.index("who is affected") < told.index("for example:") < told.index("assumed:")


@pytest.mark.usefixtures("files", "no_deployment")
def test_whatever_changes_is_exit_code_0_unless_refusals_are_to_fail():
    assert simulated("--from", "rich.yaml").code == 0
    assert simulated("--from", "rich.yaml", "--fail-on-refusals").code == 1
    freed = simulated("--from", "poor.yaml", "--fail-on-refusals", against="rich.yaml")
    alike = simulated("--from", "poor.yaml", "--fail-on-refusals", against="poor.yaml")

    assert (freed.code, alike.code) == (0, 0)
    assert alike.stdout.startswith("Both configurations decide all 3 calls alike")


@pytest.mark.usefixtures("no_deployment")
def test_a_bad_line_is_exit_code_1_with_its_place_unless_it_is_to_be_skipped(files):
    path = files / "calls.jsonl"
    path.write_text(path.read_text() + '\n{"at": 1}\n', encoding="utf-8")

    stopped = simulated("--from", "rich.yaml", "--json")
    skipped = simulated("--from", "rich.yaml", "--json", "--skip-bad")

    assert (stopped.code, skipped.code) == (1, 0)
    assert stopped.json["error"]["badLines"] == 1
    assert "calls.jsonl:4: at: is 1" in stopped.json["error"]["where"]
    assert skipped.json["calls"] == 3
    assert "Left out: 1 bad line." in skipped.json["assumed"]
    assert "left out: calls.jsonl:4: " in skipped.stderr


@pytest.mark.usefixtures("files", "no_deployment")
def test_a_file_that_is_no_configuration_is_exit_code_1(files):
    (files / "bad.yaml").write_text("teams: 5\n", encoding="utf-8")

    assert simulated("--from", "rich.yaml", against="bad.yaml").code == 1
    assert simulated("--from", "bad.yaml").code == 1


@pytest.mark.parametrize(
    "options", [(), ("--requests=a", "--day=2026-11-20"), ("--day=yesterday",), ("--days=0",)]
)
def test_calling_it_wrongly_is_exit_code_2(files, options):
    assert cost_sentry("simulate", "--against", "poor.yaml", *options).code == 2


@pytest.mark.usefixtures("files", "no_deployment")
def test_days_of_a_file_are_refused():
    refused = simulated("--from", "rich.yaml", "--days", "3")

    assert refused.code == 2
    assert "it goes with --day" in " ".join(refused.stderr.split())


def test_without_a_file_what_is_in_force_decides_with_the_limits_that_the_ledger_has(desk, files):
    desk.operator.books.define(
        budget("search-daily", picodollars("0.0001")), budget().window_at(DAY).id
    )

    ended = simulated("--json", against="rich.yaml")

    assert ended.json["affected"][0]["before"] == "refused"


def record_a_day(desk):
    """One call that is settled, one that was refused, and one of the day before."""
    daily = budget("search-daily", picodollars("12.50"))
    used = TokenUsage(input_tokens=1_000, output_tokens=50)
    cost = 1_000 * 60_000 + 50 * 240_000
    for name, at in (("r1", DAY), ("early", DAY - timedelta(days=1))):
        held = reservation(
            name,
            hold(100 * cost, daily, at),
            now=at,
            input_bound_tokens=1_100,
            quote_picodollars=1_100 * 60_000 + 70 * 240_000,
        )
        ended = resolution(cost, usage=used, resolved_at=at + timedelta(seconds=2))
        for kind, parts in ((EntryKind.RESERVE, {}), (EntryKind.SETTLE, {"resolution": ended})):
            when = ended.resolved_at if parts else at
            entry = LedgerEntry(
                account="search/web", sequence=1, kind=kind, at=when, reservation=held, **parts
            )
            desk.operator.journal.write([entry])
    log = DynamoDbDecisionLog(JournalCalls(desk.operator.dynamodb, "ledger"))
    refused = request("r2", model_id=LITE, tags={"team": "search"}).without_text()
    decision = refusal(request_id="r2", model_asked=LITE, tags=dict(refused.tags))
    log.record(decision, DAY + timedelta(seconds=9), refused)


def test_a_recorded_day_is_decided_again(desk, files):
    record_a_day(desk)

    ended = simulated("--json", of="--day=2026-11-20")

    assert ended.code == 0
    assert (ended.json["source"], ended.json["calls"]) == ("2026-11-20", 2)
    assert (ended.json["recorded"], ended.json["recordedAlike"]) == (2, 1)
    assert {row["before"] for row in ended.json["affected"]} == {"allowed as asked"}
    assert "the whole table is read" in ended.stderr
    assert any("items were read for it" in one for one in ended.json["assumed"])


def test_several_recorded_days_are_one_run(desk, files):
    record_a_day(desk)

    ended = simulated("--json", "--days=2", of="--day=2026-11-19", against="rich.yaml")

    assert (ended.json["calls"], ended.json["source"]) == (3, "2026-11-19 and 1 day more")


def test_a_day_without_calls_is_exit_code_1(desk, files):
    ended = simulated("--json", of="--day=2026-11-20")

    assert ended.code == 1
    assert "no call is on record for 2026-11-20" in ended.json["error"]["what"]


def test_a_simulation_only_reads(desk, files, monkeypatch):
    record_a_day(desk)
    asked, before = Counter(), whole_table(desk)
    session = desk.operator.target.session
    session.events.register("before-call", lambda model, **_: asked.update([model.name]))
    monkeypatch.setattr("cost_sentry_client.target.open_target", lambda *_: desk.operator.target)

    assert simulated(of="--day=2026-11-20").code == 0

    assert set(asked) == {"DescribeTable", "GetItem", "Query", "Scan"}
    assert whole_table(desk) == before


def whole_table(desk):
    return desk.operator.dynamodb.scan(TableName="ledger")["Items"]


def test_progress_of_a_long_file_is_told_on_stderr(files, monkeypatch):
    monkeypatch.setattr("cost_sentry_client.run.SAID_EVERY_SECONDS", 0)
    monkeypatch.setattr("cost_sentry_client.simulation.call_file._PROGRESS_EVERY", 2)

    ended = simulated("--from", "rich.yaml")

    assert "reading calls.jsonl: 2 lines read" in ended.stderr


@pytest.mark.usefixtures("no_deployment")
def test_the_same_calls_at_temperature_0_are_answered_from_a_cache_that_is_tried(files):
    text = {"role": "user", "content": [{"text": "the same"}]}
    asked = {**CALL, "messages": [text], "inferenceConfig": {"maxTokens": 100, "temperature": 0}}
    del asked["inputTokens"], asked["at"]
    lines = [json.dumps({**asked, "requestId": f"r{n}"}) for n in range(20)]
    (files / "calls.jsonl").write_text("\n".join(lines), encoding="utf-8")
    plain = (files / "rich.yaml").read_text(encoding="utf-8")
    cached = plain.replace("search:,", "search: {applications: {web: {answerCache: CACHE}}},")
    cached = cached.replace("CACHE", "{ttlSeconds: 3600}")
    (files / "cached.yaml").write_text(cached, encoding="utf-8")

    ended = simulated("--from", "rich.yaml", "--json", against="cached.yaml")

    assert ended.json["cache"]["hitsAfter"] == 19
    cost = 1_000 * 60_000 + 50 * 240_000
    assert ended.json["spend"]["total"]["afterPicodollars"] == str(cost)
    assert ended.json["cache"]["avoided"]["afterPicodollars"] == str(19 * cost)
    assert any("Caches start empty." in one for one in ended.json["assumed"])
