"""What is frozen is not called, and what is slowed down has a budget for each minute."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.config_document import with_version
from cost_sentry.application.take_measure import set_limits_right, take_measure
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.measure import MeasureKind
from cost_sentry.domain.retry import Again
from tests.fakes.admissions import BLIND, CHEAP, DEAR, Sentry, arn_of, request
from tests.fakes.builders import NOON, budget, measure, resolution
from tests.fakes.cached_calls import asked, called, change
from tests.fakes.cached_calls import sentry as caching
from tests.fakes.emergencies import Emergency, refusal
from tests.fakes.memory_measures import MemoryMeasures

PLENTY = budget(limit=10**9)
UNTIL = NOON + timedelta(hours=1)


class Watched(Sentry):
    """With measures that are put and lifted as an operator does."""

    def __init__(self, *budgets, **changes) -> None:
        super().__init__(*(budgets or [PLENTY]), **changes)
        self.measures = MemoryMeasures(self.clock)

    def take(self, *measures) -> None:
        for one in measures:
            take_measure(one, store=self.measures, books=self.ledger, clock=self.clock)
        self._read()

    def lift(self, one) -> None:
        self.measures.lift(one)
        self._read()

    def _read(self) -> None:
        source = self.admission.config_source
        source.config = replace(source.config, measures=self.measures.measures())


def frozen_model(model_id, **changes):
    return measure(f"of {model_id}", scope={"model": model_id}, **changes)


def tight(limit, **changes):
    return measure("t1", kind=MeasureKind.TIGHTEN, amount=limit, **changes)


def test_no_call_of_a_frozen_scope_runs_and_the_refusal_says_who_until_when_and_what_to_do():
    sentry = Watched()
    sentry.take(measure())

    decision = sentry.decide(request())

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.FROZEN)
    assert decision.message == (
        "team=search is frozen until 2026-11-21T13:00:00+00:00 by incident i1;"
        " an owner lifts it with `cost-sentry incidents lift i1 --reason …`"
    )
    assert decision.retry_after_seconds == 3600
    assert {rung.outcome for rung in decision.rungs} == {
        "frozen until 2026-11-21T13:00:00+00:00 by incident i1"
    }
    assert not sentry.ledger.pending()


def test_others_are_not_touched():
    sentry = Watched(PLENTY, budget("support", limit=10**9, scope={"team": "support"}))
    sentry.take(measure(), measure("b", scope={"team": "support", "application": "desk"}))

    others = request(tags={"team": "support", "application": "mail"})

    assert sentry.decide(others).code is ReasonCode.WITHIN_BUDGETS


@pytest.mark.parametrize("ends", [lambda s: s.lift(measure()), lambda s: s.clock.advance(hours=1)])
def test_a_freeze_ends_when_it_is_lifted_or_over(ends):
    sentry = Watched()
    sentry.take(measure())
    assert sentry.decide(request("r1")).code is ReasonCode.FROZEN

    ends(sentry)

    assert sentry.decide(request("r2")).code is ReasonCode.WITHIN_BUDGETS


@pytest.mark.parametrize("name", [DEAR, arn_of(DEAR)])
def test_where_one_model_is_frozen_its_ladder_stands_in(name):
    sentry = Watched()
    sentry.take(frozen_model(DEAR))

    decision = sentry.decide(request(model_id=name))

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_BY_FREEZE, CHEAP)
    assert decision.message == (
        f"model={DEAR} is frozen until {UNTIL.isoformat()} by incident i1; {CHEAP} is called"
        " instead"
    )


def test_a_frozen_rung_is_passed_over():
    sentry = Watched(budget(limit=1500))
    sentry.take(frozen_model(CHEAP))

    decision = sentry.decide(request())

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_TO_FIT, BLIND)


def test_when_no_model_is_left_the_first_end_of_a_freeze_is_when_to_come_again():
    sentry = Watched()
    sooner = frozen_model(CHEAP, until=NOON + timedelta(minutes=5))
    sentry.take(frozen_model(DEAR), sooner, frozen_model(BLIND))

    decision = sentry.decide(request())

    assert (decision.code, decision.retry_after_seconds) == (ReasonCode.FROZEN, 300)
    assert decision.message.startswith(f"model={DEAR} is frozen until {UNTIL.isoformat()}")
    assert "no other model of its ladder can take its place" in decision.message


def test_a_ladder_without_money_is_named_beside_the_freeze():
    sentry = Watched(PLENTY, budget("poor", limit=1, scope={"team": "search", "model": CHEAP}))
    sentry.take(frozen_model(DEAR), frozen_model(BLIND))

    decision = sentry.decide(request())

    assert decision.code is ReasonCode.FROZEN
    assert [view.budget_id for view in decision.budgets if view.binding] == ["poor"]


def test_whoever_was_answered_before_the_freeze_is_answered_so_again():
    sentry = Watched()
    first = sentry.decide(request("r1"))
    sentry.ledger.resolve(first.reservation, resolution(7))
    sentry.take(measure())

    assert sentry.decide(request("r1")).code is ReasonCode.ALREADY_ANSWERED


def test_a_call_that_holds_its_money_goes_on_when_its_answer_was_lost():
    sentry = Watched()
    first = sentry.decide(request("r1"), "e1.a")
    sentry.take(measure())

    again = sentry.decide(request("r1"), "e1.b")

    assert (again.kind, again.reservation.holds) == (DecisionKind.ALLOW, first.reservation.holds)
    assert len(sentry.ledger.pending()) == 1


def test_a_retry_of_a_frozen_call_is_refused():
    sentry = Watched()
    sentry.take(measure())
    again = Again(attempt=2, refused_by=(DEAR,), error="ThrottlingException")

    assert sentry.decide(replace(request("r1"), again=again)).code is ReasonCode.FROZEN


def test_an_answer_that_is_kept_costs_nothing_and_is_given_all_the_same():
    house = caching()
    called(house, asked("r1"))
    change(house, measures=(measure(),))

    assert called(house, asked("r2")).code is ReasonCode.ANSWERED_FROM_CACHE
    assert called(house, asked("r3", text="another")).code is ReasonCode.FROZEN


def test_what_tightens_is_charged_with_the_other_budgets_and_refuses_as_they_do():
    sentry = Watched()
    sentry.take(tight(2_000))

    held = sentry.decide(request("r1"))
    refused = sentry.decide(request("r2", lower_output_limit=False, model_id=CHEAP))

    assert [hold.budget_id for hold in held.reservation.holds] == [
        "search-daily",
        tight(1).budget.id,
    ]
    assert refused.code is ReasonCode.BUDGET_EXHAUSTED
    assert refused.retry_after_seconds == 60
    assert refused.message.endswith(
        f"budget {tight(1).budget.id}, for team=search, is there until {UNTIL.isoformat()} by"
        " incident i1; an owner lifts it with `cost-sentry incidents lift i1 --reason …`"
    )


def test_a_call_dearer_than_the_tightened_minute_waits_for_its_end():
    sentry = Watched()
    sentry.take(tight(3))

    decision = sentry.decide(request(model_id=CHEAP))

    assert (decision.code, decision.retry_after_seconds) == (ReasonCode.BUDGET_EXHAUSTED, 3600)


def test_after_its_end_nothing_is_charged_to_what_tightened():
    sentry = Watched()
    sentry.take(tight(2_000))
    sentry.clock.advance(hours=1)

    held = sentry.decide(request("r1"))

    assert [hold.budget_id for hold in held.reservation.holds] == ["search-daily"]


def test_a_scope_that_no_budget_covers_is_not_covered_by_what_tightens_it():
    sentry = Watched(budget("support", scope={"team": "support"}))
    sentry.take(tight(10**9))

    assert sentry.decide(request()).code is ReasonCode.NO_BUDGET


def test_a_limit_is_in_the_ledger_before_the_measure_is_in_force():
    sentry = Watched()

    def dies(call, done):
        if call == "put":
            assert sentry.ledger.limits()[tight(1).budget.id] == 50
            raise RuntimeError("died")

    sentry.measures.trouble = dies
    with pytest.raises(RuntimeError):
        sentry.take(tight(50))

    assert sentry.measures.on_record == ()


def test_a_limit_that_a_slower_writer_changed_last_is_set_right():
    sentry = Watched()
    sentry.take(tight(50))
    slower = replace(tight(900), id="t0").budget
    sentry.ledger.define(slower, slower.window_at(NOON).id)

    assert set_limits_right(sentry.measures.measures(), sentry.ledger, NOON) == 1

    assert sentry.ledger.limits()[slower.id] == 50
    assert set_limits_right(sentry.measures.measures(), sentry.ledger, UNTIL) == 0


@pytest.mark.parametrize("one", [measure(), tight(10**9)], ids=["frozen", "tightened"])
def test_no_emergency_allowance_pays_for_a_scope_that_is_frozen_or_slowed_down(one):
    sentry = _silent_with(one)

    message = refusal(sentry, request("r1"))

    assert "no emergency allowance pays: team=search is" in message
    assert "incidents lift i1" in message
    assert sentry.store.calls.count("claim") == 0


@pytest.mark.parametrize("is_warm", [True, False])
def test_the_mirror_knows_the_freeze_too(is_warm):
    sentry = _silent_with(measure())
    sentry.source.down = not is_warm

    assert "is frozen" in refusal(sentry, request("r1"))


def test_an_emergency_allowance_pays_for_what_is_not_frozen():
    sentry = _silent_with(measure(scope={"team": "support"}))
    assert sentry.decide(request("r1")).code is ReasonCode.EMERGENCY_ALLOWANCE

    sentry = _silent_with(frozen_model(BLIND))
    assert sentry.decide(request("r1")).code is ReasonCode.EMERGENCY_ALLOWANCE


def _silent_with(one):
    sentry = Emergency()
    sentry.sweep()
    sentry.source.config = with_version(replace(sentry.source.config, measures=(one,)))
    assert sentry.sweep().problems == []
    sentry.fall_silent()
    return sentry
