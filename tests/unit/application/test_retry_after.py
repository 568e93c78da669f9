"""A refusal for want of money says when the call may be sent again, if waiting helps at all."""

from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.application.retry_after import after_ledger_fault_seconds
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.errors import LedgerContention, LedgerThrottled, LedgerUnavailable
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import CHEAP, DEAR, Sentry, request
from tests.fakes.builders import budget

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLENTY = budget("plenty", 10**12, scope={})
PRICE = 2_000
"""Of the request: two hundred tokens of the dear model, at ten each."""


def refused(*budgets, at=NOON, **changes):
    sentry = Sentry(*budgets)
    sentry.clock.time = at
    for one in budgets:
        sentry.ledger.define(one, one.window_at(at).id)
    for number in range(9):
        decision = sentry.decide(
            request(f"r{number}", lower_output_limit=False, **changes), f"execution-{number}"
        )
        if decision.code is ReasonCode.BUDGET_EXHAUSTED:
            return decision
    raise AssertionError("nothing was refused")


@pytest.mark.parametrize(
    ("window", "seconds"),
    [
        (WindowKind.MINUTE, 60),
        (WindowKind.HOUR, 3_600),
        (WindowKind.DAY, 12 * 3_600),
        (WindowKind.NONE, None),
    ],
)
def test_the_window_that_refused_ends_then(window, seconds):
    decision = refused(budget("b", 3, unit=Unit.REQUESTS, window=window), PLENTY)

    assert decision.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(0, 60), (1, 60), (59_000, 1), (59_001, 1), (59_999, 1)]
)
def test_the_wait_is_whole_seconds_and_never_too_short(milliseconds, seconds):
    at = NOON + timedelta(milliseconds=milliseconds)
    minute = budget("b", 3, unit=Unit.REQUESTS, window=WindowKind.MINUTE)

    wait = refused(minute, PLENTY, at=at).retry_after_seconds

    assert wait == seconds
    assert at + timedelta(seconds=wait) >= minute.window_at(at).end


def test_a_call_that_a_whole_window_could_not_pay_for_has_no_hope():
    assert refused(budget("b", 100)).retry_after_seconds is None


def test_a_cap_on_calls_in_flight_has_room_as_soon_as_one_ends():
    cap = budget("b", 2, unit=Unit.IN_FLIGHT, window=WindowKind.NONE)

    assert refused(cap, PLENTY).retry_after_seconds == 1


def test_the_first_model_that_could_be_paid_for_again_counts():
    """The dear one has to wait for tomorrow, and its rung for the next minute."""
    dear = budget("dear", 1, scope={"model": DEAR}, unit=Unit.REQUESTS)
    cheap = budget("cheap", 1, scope={"model": CHEAP}, unit=Unit.REQUESTS, window=WindowKind.MINUTE)
    blind = budget("blind", 10**6, scope={"team": "search"})

    decision = refused(dear, cheap, blind, needs=sees_images())

    assert [rung.outcome for rung in decision.rungs][:2] == [
        "refused by budget dear",
        "refused by budget cheap",
    ]
    assert decision.retry_after_seconds == 60


def sees_images():
    from cost_sentry.domain.invocation import Needs  # noqa: PLC0415

    return Needs(modalities=frozenset({"text", "image"}))


def test_what_is_allowed_or_refused_for_another_reason_has_no_such_wait():
    sentry = Sentry(PLENTY)

    assert sentry.decide(request()).retry_after_seconds is None
    unknown = sentry.decide(request("r2", tags={"team": "nobody"}))
    assert unknown.retry_after_seconds is None


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(LedgerContention("busy"), 1), (LedgerThrottled("slow"), 1), (LedgerUnavailable("gone"), 5)],
)
def test_a_ledger_that_answers_is_asked_again_sooner_than_a_silent_one(error, seconds):
    assert after_ledger_fault_seconds(error) == seconds
