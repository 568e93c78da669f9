"""`cost-sentry explain`: what was decided, why, and what it cost."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import BudgetView, Decision, DecisionKind, ReasonCode, RungOutcome
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.request_id import made_at
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.session import Edge, Session, in_run
from cost_sentry.domain.window import WindowKind
from cost_sentry_client import explanations
from tests.fakes import admissions
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.unit.client.conftest import cost_sentry

QUOTE, COST = picodollars("0.10"), picodollars("0.04")
DAILY = budget("search-daily", picodollars("12.50"))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(explanations, "_PAUSE_SECONDS", 0)


def held(request_id="r1", **changes):
    return reservation(request_id, hold(QUOTE, of=DAILY), quote_picodollars=QUOTE, **changes)


def journal(desk, kind, **parts):
    entry = LedgerEntry(account="search/web", sequence=1, kind=kind, at=NOON, **parts)
    desk.operator.journal.write([entry])


def refusal(request_id="r2"):
    view = BudgetView(
        budget_id="search-daily",
        window_id="2026-11-21",
        unit=Unit.USD,
        limit=picodollars("12.50"),
        left=picodollars("0.01"),
        left_as_of=NOON,
        needed=QUOTE,
        resets_at=datetime(2026, 11, 22, tzinfo=UTC),
        binding=True,
    )
    return Decision(
        kind=DecisionKind.REJECT,
        code=ReasonCode.BUDGET_EXHAUSTED,
        message="budget search-daily has too little left",
        request_id=request_id,
        model_asked="amazon.nova-lite-v1:0",
        tags={"team": "search"},
        budgets=(view,),
        rungs=(
            RungOutcome(
                model_id="amazon.nova-lite-v1:0",
                outcome="refused by budget search-daily",
                quote_picodollars=QUOTE,
            ),
        ),
    )


def test_a_settled_call_says_what_it_held_and_cost_in_every_budget(desk):
    ended = resolution(COST)
    journal(desk, EntryKind.SETTLE, reservation=held(), resolution=ended)

    document = cost_sentry("explain", "r1", "--json").json
    (found,) = document["explanations"]

    assert document["requestId"] == "r1"
    assert (found["decision"], found["code"], found["status"]) == (
        "ALLOW",
        "WITHIN_BUDGETS",
        "SETTLED",
    )
    assert (found["reservedUsd"], found["costUsd"], found["costEstimated"]) == (
        "0.10",
        "0.04",
        False,
    )
    assert found["charges"] == [
        {
            "id": "search-daily",
            "window": "2026-11-21",
            "unit": "usd",
            "reserved": "0.10",
            "posted": "0.04",
            "overrun": "0.00",
        }
    ]
    assert [step["what"] for step in found["steps"]] == ["reserve", "settle"]


def test_a_call_that_was_tried_again_is_told_with_every_attempt(desk):
    first, second = held(), held("r1~2", model_used="amazon.nova-micro-v1:0", decision="REROUTE")
    refused = resolution(0, ReservationState.VOIDED, reason="ThrottlingException")
    journal(desk, EntryKind.VOID, reservation=first, resolution=refused)
    journal(desk, EntryKind.SETTLE, reservation=second, resolution=resolution(COST))

    told, document = cost_sentry("explain", "r1"), cost_sentry("explain", "r1", "--json").json

    assert [(e["requestId"], e["attempt"], e["status"]) for e in document["explanations"]] == [
        ("r1", 1, "VOIDED"),
        ("r1", 2, "SETTLED"),
    ]
    assert "ThrottlingException" in " ".join(told.stdout.split())
    assert "attempt 2: the one before was refused" in " ".join(told.stdout.split())


def test_a_pending_call_has_no_cost_yet_and_says_so(desk):
    now = datetime.now(tz=UTC)
    pending = held("r3", now=now)
    ledger = DynamoDbLedger(LedgerCalls(desk.operator.dynamodb, "ledger"), lambda _: None)
    ledger.reserve(pending)

    told, document = cost_sentry("explain", "r3"), cost_sentry("explain", "r3", "--json")

    (found,) = document.json["explanations"]
    assert (found["status"], found["costUsd"], found["charges"][0]["posted"]) == (
        "PENDING",
        None,
        None,
    )
    assert "not known yet: the call is pending" in told.stdout


def test_a_refusal_says_which_budget_bound_and_what_was_left(desk):
    log = DynamoDbDecisionLog(JournalCalls(desk.operator.dynamodb, "ledger"))
    log.record(refusal(), NOON)

    ended = cost_sentry("explain", "r2", "--json")
    told = cost_sentry("explain", "r2").stdout

    (found,) = ended.json["explanations"]
    assert ended.code == 0
    assert (found["decision"], found["status"], found["costUsd"]) == ("REJECT", None, None)
    assert found["budgets"][0]["binding"] is True
    assert found["budgets"][0]["left"] == "0.01"
    assert "search-daily (refused)" in told
    assert "1.  amazon.nova-lite-v1:0: refused by budget search-daily, at most $0.10" in told


RUN = "01a1fdc3-5780-7000-8000-0000000000aa"


def test_a_call_of_an_agent_run_says_where_in_it_the_agent_stood(desk):
    tags = {"team": "search", "application": "web", "session": RUN}
    run = budget("run", 9, unit=Unit.REQUESTS, window=WindowKind.SESSION)
    [steps] = in_run([run], f"{RUN}.search_web")
    deep = reservation("r5", hold(1, steps), tags=tags, path_digests=("a" * 12,) * 2, retry=1)
    journal(desk, EntryKind.SETTLE, reservation=deep, resolution=resolution(COST))

    (found,) = cost_sentry("explain", "r5", "--json").json["explanations"]
    page = cost_sentry("explain", "r5").stdout

    assert found["session"] == {"id": RUN, "depth": 2, "retry": 1}
    assert found["charges"][0]["window"] == f"session-{RUN}.search_web"
    assert f"{RUN}, 2 below its root, retry 1" in page
    assert max(len(line) for line in page.splitlines()) <= 80


@pytest.mark.parametrize(
    ("path", "depth", "where"), [((), 0, "its root"), (None, None, "without a path")]
)
def test_a_call_that_named_no_path_is_not_told_as_the_roots(desk, path, depth, where):
    tags = {"team": "search", "application": "web", "session": RUN}
    held = reservation("r5", hold(1), tags=tags, path_digests=path)
    journal(desk, EntryKind.SETTLE, reservation=held, resolution=resolution(COST))

    (found,) = cost_sentry("explain", "r5", "--json").json["explanations"]

    assert found["session"] == {"id": RUN, "depth": depth, "retry": 0}
    assert f"{RUN}, {where}" in cost_sentry("explain", "r5").stdout


def test_a_refusal_by_the_tree_of_a_run_says_what_it_counted(desk):
    asked = admissions.request(
        "r6",
        tags={"team": "search", "session": RUN},
        session=Session(id=RUN, path=("planner", "reader")),
    )
    fan_out = budget("fan-out", 1, unit=Unit.CHILDREN, window=WindowKind.SESSION)
    plenty = budget("plenty", 10**12, scope={})
    sentry = admissions.Sentry(plenty, fan_out)
    sentry.run_trees.join(fan_out, f"{RUN}.search", Edge(("planner",), "another"))
    sentry.clock.time = made_at(RUN)
    log = DynamoDbDecisionLog(JournalCalls(desk.operator.dynamodb, "ledger"))
    log.record(sentry.decide(asked), NOON, asked)

    (found,) = cost_sentry("explain", "r6", "--json").json["explanations"]
    page = " ".join(cost_sentry("explain", "r6").stdout.split())

    assert found["session"] == {"id": RUN, "depth": 2, "retry": 0}
    [binding] = [one for one in found["budgets"] if one["binding"]]
    assert (binding["unit"], binding["left"], binding["limit"]) == ("children", "0", "1")
    assert "fan-out (refused)" in page
    assert "session.path[0] has as many already, without session.path[1]" in page


def test_policies_that_took_part_are_told_with_their_sentences(desk):
    struck = PolicyNote(policy_id="no-lite", sentence="Lite is not for us.", model_id="m")
    asked = PolicyNote(policy_id="in-shadow", sentence="Some day.", model_id="m")
    decided = replace(
        refusal(), code=ReasonCode.FORBIDDEN_BY_POLICY, policies=(struck,), shadow=(asked,)
    )
    decided = replace(decided, shadow_left_out=3)
    log = DynamoDbDecisionLog(JournalCalls(desk.operator.dynamodb, "ledger"))
    log.record(decided, NOON)

    told, document = cost_sentry("explain", "r2"), cost_sentry("explain", "r2", "--json")

    (found,) = document.json["explanations"]
    assert found["policies"] == [
        {"id": "no-lite", "modelId": "m", "sentence": "Lite is not for us.", "known": True}
    ]
    assert [one["id"] for one in found["shadow"]] == ["in-shadow"]
    assert found["shadowLeftOut"] == 3
    assert "no-lite" in told.stdout
    assert "Lite is not for us." in told.stdout
    assert "which would have decided otherwise" in told.stdout
    assert "and 3 more, for which an answer has no room" in told.stdout


def test_every_page_fits_80_columns(desk):
    swap = held(
        "r4",
        decision="REROUTE",
        model_asked="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        model_used="us.anthropic.claude-haiku-4-5-20251001-v1:0",
    )
    journal(desk, EntryKind.SETTLE, reservation=swap, resolution=resolution(2 * QUOTE))

    page = cost_sentry("explain", "r4").stdout

    assert max(len(line) for line in page.splitlines()) <= 80
    assert "…" not in page
    assert "instead of" in page
    assert page.count("$0.10") >= 2


def test_an_id_that_was_never_seen_is_exit_code_1(desk):
    ended = cost_sentry("explain", "never", "--json")

    assert ended.code == 1
    assert "'never'" in ended.json["error"]["what"]


RULES = """\
apiVersion: cost-sentry/v1
teams: {search: }
models: {amazon.nova-lite-v1:0: , amazon.nova-micro-v1:0: }
budgets: [{id: search-daily, scope: {team: search}, unit: usd, window: day, limit: 12.50}]
policies: {files: [all.cedar]}
"""
ALL = '@id("everything") @sentence("The rest.") permit (principal, action, resource);'


@pytest.mark.parametrize("is_later", [False, True])
def test_what_took_part_is_told_in_order_with_what_is_only_worked_out(desk, tmp_path, is_later):
    (tmp_path / "all.cedar").write_text(ALL, encoding="utf-8")
    (tmp_path / "sentry.yaml").write_text(RULES, encoding="utf-8")
    applied = cost_sentry("config", "apply", str(tmp_path / "sentry.yaml"))
    assert applied.code == 0
    at = NOON if is_later else datetime.now(tz=UTC)
    of = held(model_asked="amazon.nova-lite-v1:0", model_used="amazon.nova-lite-v1:0", now=at)
    journal(desk, EntryKind.SETTLE, reservation=of, resolution=resolution(COST))

    [found] = cost_sentry("explain", "r1", "--json").json["explanations"]
    page = cost_sentry("explain", "r1").stdout

    told = found["tookPart"]
    assert [(part["kind"], part["name"], part["from"]) for part in told["parts"]] == [
        ("policy", "everything", "worked out"),
        ("model", "amazon.nova-lite-v1:0", "record"),
        ("budget", "search-daily", "record"),
        ("model", "amazon.nova-lite-v1:0", "record"),
    ]
    assert told["workedOutBy"]["wasInForce"] is not is_later
    assert "policy*" in page
    assert "* not on record; worked out again by version" in page
    assert ("applied since: it may differ" in page) is is_later
    assert max(len(line) for line in page.splitlines()) <= 80
