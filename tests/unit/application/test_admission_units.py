"""What a call holds of each unit, in which window, and what a refusal for want of it says."""

from dataclasses import replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.application.ports import Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import CHEAP, DEAR, Sentry, request
from tests.fakes.builders import budget, resolution
from tests.fakes.memory_ledger import MemoryLedger


def test_a_refusal_for_calls_in_flight_says_that_a_call_must_end_and_never_when_it_resets():
    running = budget("search-calls", 1, unit=Unit.IN_FLIGHT, window=WindowKind.NONE)
    sentry = Sentry(budget(limit=50_000), running)
    first = sentry.decide(request("r1")).reservation

    refused = sentry.decide(request("r2"))

    assert refused.code is ReasonCode.BUDGET_EXHAUSTED
    [binding] = [v for v in refused.budgets if v.binding]
    assert (binding.budget_id, binding.left, binding.needed) == ("search-calls", 0, 1)
    assert (binding.window_id, binding.resets_at) == ("all", None)
    assert "until a running call ends (1 call in flight at most)" in refused.message
    assert "reset" not in refused.message

    sentry.ledger.resolve(first, resolution(123))
    assert sentry.decide(request("r3")).kind is DecisionKind.ALLOW


@pytest.mark.parametrize(
    ("window", "zone", "resets_at"),
    [
        (WindowKind.MINUTE, UTC, "2026-11-21T12:01:00+00:00"),
        (WindowKind.HOUR, UTC, "2026-11-21T13:00:00+00:00"),
        (WindowKind.HOUR, ZoneInfo("Asia/Kolkata"), "2026-11-21T12:30:00+00:00"),
        (WindowKind.DAY, ZoneInfo("Europe/Berlin"), "2026-11-21T23:00:00+00:00"),
        (WindowKind.WEEK, ZoneInfo("America/New_York"), "2026-11-23T05:00:00+00:00"),
        (WindowKind.QUARTER, ZoneInfo("Pacific/Auckland"), "2026-12-31T11:00:00+00:00"),
        (WindowKind.YEAR, UTC, "2027-01-01T00:00:00+00:00"),
    ],
)
def test_a_refusal_for_requests_says_when_the_window_resets(window, zone, resets_at):
    few = budget("few", 1, unit=Unit.REQUESTS, window=window, time_zone=zone)
    sentry = Sentry(budget(limit=50_000), few)
    allowed = sentry.decide(request("r1"))
    sentry.ledger.resolve(allowed.reservation, resolution(123))

    refused = sentry.decide(request("r2"))

    [binding] = [v for v in refused.budgets if v.binding]
    [seen_before] = [v for v in allowed.budgets if v.budget_id == "few"]
    assert binding.resets_at.isoformat() == seen_before.resets_at.isoformat() == resets_at
    assert (binding.unit, binding.needed, binding.left) == (Unit.REQUESTS, 1, 0)
    assert f"until it resets at {resets_at}" in refused.message
    sentry.clock.time = binding.resets_at
    assert sentry.decide(request("r3")).kind is DecisionKind.ALLOW


def test_a_refusal_s_window_is_the_one_of_the_reservation_however_late_the_ledger_looked():
    class Slow(MemoryLedger):
        def reserve(self, reservation):
            answer = super().reserve(reservation)
            if not isinstance(answer, Shortage):
                return answer
            late = reservation.reserved_at + timedelta(minutes=3)
            return replace(answer, remaining=replace(answer.remaining, as_of=late))

    none = budget("none", 1, unit=Unit.OUTPUT_TOKENS, window=WindowKind.MINUTE)
    sentry = Sentry(none)
    slow = Slow()
    slow.define(none, none.window_at(sentry.clock.now()).id)
    sentry.admission = replace(sentry.admission, ledger=slow)

    [view] = sentry.decide(request()).budgets

    assert view.window_id == "2026-11-21T12:00Z"
    assert view.resets_at.isoformat() == "2026-11-21T12:01:00+00:00"
    assert view.left_as_of.isoformat() == "2026-11-21T12:03:00+00:00"


def test_a_call_holds_of_each_unit_the_most_it_can_use():
    units = [budget(u.replace("_", "-"), 10_000, unit=u) for u in Unit]
    sentry = Sentry(*units)

    held = sentry.decide(request(input_bound_tokens=150, max_tokens=100)).reservation

    assert {h.unit: h.amount for h in held.holds} == {
        Unit.USD: 2_500,
        Unit.TOKENS: 250,
        Unit.INPUT_TOKENS: 150,
        Unit.OUTPUT_TOKENS: 100,
        Unit.REQUESTS: 1,
        Unit.IN_FLIGHT: 1,
    }


def test_a_cap_on_calls_in_flight_does_not_cover_a_call_that_nothing_else_does():
    cap = budget("calls", 10, scope={}, unit=Unit.IN_FLIGHT, window=WindowKind.NONE)
    of_dear = budget("dear", 100, scope={"model": DEAR})

    assert Sentry(cap).decide(request()).code is ReasonCode.NO_BUDGET
    refused = Sentry(cap, of_dear).decide(request())
    assert [r.outcome for r in refused.rungs if r.model_id == CHEAP] == ["no budget covers it"]
