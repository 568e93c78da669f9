"""The calls of a day, put together again from what journal and decision log hold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.application.decision_log_ports import RecordedDecision
from cost_sentry.application.recorded_calls import (
    CACHED,
    EMERGENCIES,
    MALFORMED,
    RecordedCalls,
)
from cost_sentry.application.simulated_answers import Repeatable
from cost_sentry.application.simulated_call import CallEnd
from cost_sentry.domain.answer_cache import CacheHit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.emergency import SLOT_EXECUTION
from cost_sentry.domain.invocation import Needs, Priority
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.price_book import quote_picodollars
from cost_sentry.domain.reservation import (
    EXTERNAL_ACCOUNTS,
    ReservationState,
    charged_in_full,
)
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.admissions import CHEAP, DEAR, SmallBook, config, request
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.fakes.entries import Account
from tests.fakes.refusals import refusal, view

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
USED = TokenUsage(input_tokens=25, output_tokens=10)
ENDED = resolution(40, usage=USED, resolved_at=NOON + timedelta(seconds=3))
TOMORROW = NOON + timedelta(days=1)


def day(*records, book=None):
    found = RecordedCalls(
        start=NOON, end=TOMORROW, config=config(budget()), price_book=book or SmallBook()
    )
    for record in records:
        found.add(record)
    return found


def held(request_id="r1", **changes):
    given = {"model_asked": DEAR, "model_used": DEAR, "quote_picodollars": 10 * 100}
    return reservation(request_id, hold(100), **{**given, **changes})


def entry(kind, of, ended=None):
    at = ended.resolved_at if ended else of.reserved_at
    return LedgerEntry(
        account=of.account, sequence=1, kind=kind, at=at, reservation=of, resolution=ended
    )


def settled(of, ended=ENDED):
    return [entry(EntryKind.RESERVE, of), entry(EntryKind.SETTLE, of, ended)]


def noted(decision, asked=None, at=NOON, **changes):
    return RecordedDecision(
        decision=decision, account="search/web", at=at, request=asked, **changes
    )


def test_a_call_that_was_allowed_as_asked_is_what_its_reservation_says():
    tags = {"team": "search", "application": "web", "project": "x"}
    of = held(tags=tags, priority="critical", output_limit_tokens=70)

    (call,) = day(*settled(of)).calls()

    asked = call.request
    assert (asked.request_id, asked.model_id, asked.tags) == ("r1", DEAR, tags)
    assert (asked.priority, asked.max_tokens) == (Priority.CRITICAL, 70)
    assert (asked.input_bound_tokens, asked.digest) == (30, of.digest)
    assert (asked.needs, asked.converse) == (Needs(), {})
    assert (call.at, call.duration) == (NOON, timedelta(seconds=3))
    assert (call.end, call.usage, call.prompt_tokens) == (CallEnd.SETTLED, USED, 25)
    assert call.recorded == (DecisionKind.ALLOW, DEAR, 70)
    assert call.is_counted


def test_an_output_limit_that_is_the_default_counts_as_none():
    (call,) = day(*settled(held(output_limit_tokens=50))).calls()

    assert call.request.max_tokens is None


def test_a_call_that_went_on_otherwise_is_what_was_asked():
    asked = request(max_tokens=400, needs=Needs(tools=True), digest="d").without_text()
    note = noted(refusal(view(), kind=DecisionKind.REROUTE), asked)

    (call,) = day(note, *settled(held(model_used=CHEAP, decision="REROUTE"))).calls()

    assert call.request == asked
    assert call.recorded == (DecisionKind.REROUTE, CHEAP, 70)


@pytest.mark.parametrize(
    ("asked", "sent", "used", "cut_at"),
    [(400, 70, 70, 70), (400, 70, 69, None), (70, 70, 70, None), (None, 50, 50, 50)],
    ids=["lowered and reached", "not reached", "the caller's own", "the default"],
)
def test_an_answer_that_ended_at_a_limit_that_was_not_its_callers_is_known_for_one(
    asked, sent, used, cut_at
):
    lowered = noted(refusal(kind=DecisionKind.ALLOW), request(max_tokens=asked).without_text())
    ended = replace(ENDED, usage=replace(USED, output_tokens=used))

    (call,) = day(lowered, *settled(held(output_limit_tokens=sent), ended)).calls()

    assert call.cut_at_tokens == cut_at
    assert call.is_lowered is (asked == 400)


def test_a_refused_call_is_one_that_never_ran():
    asked = request("r9").without_text()

    (call,) = day(noted(refusal(view(), request_id="r9"), asked)).calls()

    assert (call.request, call.at) == (asked, NOON)
    assert (call.end, call.usage, call.duration) == (CallEnd.UNKNOWN, None, None)
    assert call.recorded == (DecisionKind.REJECT, ReasonCode.BUDGET_EXHAUSTED, None)


def test_an_id_that_was_refused_and_tried_again_is_two_calls():
    again = noted(refusal(view()), request("r1").without_text(), at=NOON + timedelta(hours=1))

    first, second = day(again, *settled(held())).calls()

    assert (first.end, second.end) == (CallEnd.SETTLED, CallEnd.UNKNOWN)


def test_what_is_no_call_that_can_be_decided_is_counted_and_left_out():
    malformed = noted(refusal(code=ReasonCode.INVALID_REQUEST))
    paid = noted(refusal(kind=DecisionKind.ALLOW), slot_id="emergency-outage-1")
    slot = held("slot", attempt=f"{SLOT_EXECUTION}.x")
    found = day(malformed, paid, *settled(slot), Account().allot(5))

    assert found.calls() == []
    assert found.left_out == {MALFORMED: 1, EMERGENCIES: 1}


@pytest.mark.parametrize(
    ("ended", "end", "used"),
    [
        (resolution(0, ReservationState.VOIDED), CallEnd.VOIDED, None),
        (charged_in_full(held(), NOON), CallEnd.SETTLED, None),
        (resolution(100, estimated=True), CallEnd.SETTLED, None),
    ],
    ids=["did not run", "expired", "no usage"],
)
def test_what_became_of_a_call_is_what_becomes_of_it(ended, end, used):
    (call,) = day(*settled(held(), ended)).calls()

    assert (call.end, call.usage) == (end, used)


def test_a_call_that_still_runs_is_one_of_which_nobody_knows():
    (call,) = day(entry(EntryKind.RESERVE, held())).calls()

    assert (call.end, call.usage, call.duration) == (CallEnd.UNKNOWN, None, None)


def test_the_true_cost_that_became_known_later_is_the_cost():
    expired = charged_in_full(held(), NOON + timedelta(minutes=8))
    late = replace(ENDED, resolved_at=NOON + timedelta(hours=2))

    (call,) = day(entry(EntryKind.ADJUST, held(), late), *settled(held(), expired)).calls()

    assert (call.usage, call.duration) == (USED, timedelta(minutes=8))


def test_a_call_that_ran_when_the_day_began_holds_its_money_and_is_not_counted():
    early = held("early", now=NOON - timedelta(seconds=5))
    over = held("over", now=NOON - timedelta(seconds=9))
    ended = replace(ENDED, resolved_at=NOON - timedelta(seconds=1))
    late = held("late", now=TOMORROW)

    found = day(
        *settled(held("in")), *settled(early), *settled(over, ended), *settled(late)
    ).calls()

    assert [(c.request.request_id, c.is_counted) for c in found] == [
        ("early", False),
        ("in", True),
    ]


def test_decisions_of_other_days_are_passed_over():
    asked = request().without_text()
    before, after = NOON - timedelta(milliseconds=1), TOMORROW

    assert day(*(noted(refusal(view()), asked, at=at) for at in (before, after))).calls() == []


@pytest.mark.parametrize("writes", [False, True])
def test_a_quote_tells_whether_the_prompt_was_cached(writes):
    book = PackagedPriceBook()
    quote = quote_picodollars(
        book.price(HAIKU), input_bound_tokens=30, output_limit_tokens=70, writes_cache=writes
    )
    of = held(model_asked=HAIKU, model_used=HAIKU, quote_picodollars=quote)

    (call,) = day(*settled(of), book=book).calls()

    assert call.request.needs.prompt_cache is writes


def test_a_cache_that_was_read_was_asked_for_whatever_prices_say_today():
    cached = replace(ENDED, usage=TokenUsage(input_tokens=5, output_tokens=1, cache_read_tokens=9))

    (call,) = day(*settled(held(quote_picodollars=1), cached)).calls()
    (of_no_price,) = day(*settled(held(model_asked="gone", model_used="gone"))).calls()

    assert call.request.needs.prompt_cache
    assert not of_no_price.request.needs.prompt_cache


def test_what_was_counted_at_admission_is_known_although_the_call_did_not_run():
    asked = request(input_bound_tokens=1_000).without_text()
    note = noted(refusal(view(), kind=DecisionKind.REROUTE), asked)
    of = held(model_used=CHEAP, decision="REROUTE", input_bound_tokens=50 + 64 + 2)

    (call,) = day(note, *settled(of, resolution(0, ReservationState.VOIDED))).calls()

    assert call.prompt_tokens == 50


HIT = CacheHit(
    kept_at=NOON,
    age_seconds=60,
    ends_at=NOON + timedelta(hours=1),
    usage=USED,
    avoided_picodollars=350,
)


def hit(asked, at=NOON + timedelta(minutes=1)):
    code = ReasonCode.ANSWERED_FROM_CACHE
    decision = refusal(kind=DecisionKind.ALLOW, code=code, cached=HIT, request_id="again")
    return noted(decision, asked, at=at)


def test_a_call_that_a_cache_answered_is_a_call_that_may_be_answered_so_again():
    asked = request("again", digest=held().digest).without_text()

    first, again = day(hit(asked), *settled(held())).calls()

    assert (first.repeatable, again.repeatable) == (Repeatable.ALWAYS, Repeatable.ALWAYS)
    assert (again.request, again.at) == (asked, NOON + timedelta(minutes=1))
    assert (again.end, again.usage, again.prompt_tokens) == (CallEnd.SETTLED, USED, 25)
    assert again.recorded == (DecisionKind.ALLOW, ReasonCode.ANSWERED_FROM_CACHE, None)


def test_of_a_call_that_was_never_answered_from_a_cache_nobody_knows_the_temperature():
    other = request("again", digest="of another one").without_text()

    first, again = day(hit(other), *settled(held())).calls()

    assert (first.repeatable, again.repeatable) == (Repeatable.UNSAID, Repeatable.ALWAYS)


def test_an_answer_from_a_cache_of_which_nobody_noted_what_was_asked_is_left_out():
    found = day(hit(None))

    assert (found.calls(), dict(found.left_out)) == ([], {CACHED: 1})


def test_usage_that_passed_no_gate_is_no_call_of_the_day():
    outside = held("x1", account=f"{EXTERNAL_ACCOUNTS}{DEAR}", decision="EXTERNAL", calls=4)

    [call] = day(*settled(outside), *settled(held())).calls()

    assert call.request.request_id == "r1"
