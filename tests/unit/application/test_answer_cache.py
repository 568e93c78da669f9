"""When a call is answered with what the model answered before, and when it is not."""

import pytest

from cost_sentry.application.answer_ports import AnswersUnavailable
from cost_sentry.domain.answer_cache import AnswerCaching, CacheUse
from cost_sentry.domain.budget import Stages
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.retry import Again
from cost_sentry.domain.sentry_config import Model, SentryConfig
from cost_sentry.domain.service_tier import FlexPrice
from tests.fakes.admissions import CHEAP, DEAR
from tests.fakes.builders import NOON, budget
from tests.fakes.cached_calls import (
    CACHING,
    CALL,
    PLENTY,
    answer,
    asked,
    called,
    change,
    posted,
    sentry,
    teams,
)
from tests.fakes.policies import engines, policies, policy


@pytest.mark.parametrize("may_wait", [True, False])
@pytest.mark.parametrize("flex", [None, FlexPrice(input=5, output=5)])
def test_what_a_hit_avoided_is_what_the_call_cost_that_brought_it(may_wait, flex):
    house = sentry(models={DEAR: Model(id=DEAR, flex=flex)})
    called(house, asked("r1", may_wait=may_wait))

    hit = called(house, asked("r2", may_wait=may_wait))

    assert hit.cached.avoided_picodollars == posted(house)
    assert posted(house) == (CALL // 2 if may_wait and flex else CALL)


def test_the_second_call_is_answered_with_the_first_answer_and_costs_nothing():
    house = sentry()
    first = called(house, asked("r1"), answer("the one answer"))
    house.clock.advance(seconds=40)

    hit = called(house, asked("r2"))

    assert (first.code, first.cached) == (ReasonCode.WITHIN_BUDGETS, None)
    assert (hit.kind, hit.code) == (DecisionKind.ALLOW, ReasonCode.ANSWERED_FROM_CACHE)
    assert hit.answer == answer("the one answer")
    assert (hit.cost_picodollars, hit.reservation, hit.budgets) == (0, None, ())
    assert (hit.model_asked, hit.model_used) == (DEAR, DEAR)
    assert posted(house) == CALL
    assert house.ledger.balance(PLENTY, "2026-11-21").pending == 0


def test_a_hit_says_how_old_it_is_when_it_ends_and_what_it_avoided():
    house = sentry()
    called(house, asked("r1"))
    house.clock.advance(seconds=40)

    cached = called(house, asked("r2")).cached

    assert (cached.kept_at, cached.age_seconds) == (NOON, 40)
    assert cached.ends_at == NOON + CACHING.ttl
    assert cached.avoided_picodollars == CALL


def test_what_was_avoided_is_reckoned_at_the_prices_of_today():
    house = sentry()
    called(house, asked("r1"))
    house.book.rates = {**house.book.rates, DEAR: 7}

    assert called(house, asked("r2")).cached.avoided_picodollars == 7 * 37


def test_an_exhausted_budget_is_not_asked():
    house = sentry(budget(limit=2_000))
    called(house, asked("r1"))
    for number in range(2, 12):
        called(house, asked(f"r{number}", text=f"other {number}", lower_output_limit=False))

    refused = called(house, asked("r98", text="new", model_id=DEAR, lower_output_limit=False))
    hit = called(house, asked("r99"))

    assert refused.kind is not DecisionKind.ALLOW
    assert hit.code is ReasonCode.ANSWERED_FROM_CACHE


def test_a_stage_that_serves_what_is_critical_only_does_not_stop_a_hit():
    house = sentry(budget("day", 1_000_000, stages=Stages(critical_only_percent=90)))
    called(house, asked("r1"))
    house.totals.posted["day", "2026-11-21"] = 950_000
    house.clock.advance(seconds=20)

    assert called(house, asked("r2", text="new")).code is ReasonCode.CRITICAL_ONLY
    assert called(house, asked("r3")).code is ReasonCode.ANSWERED_FROM_CACHE


def test_an_answer_ends_to_the_millisecond_whatever_the_table_still_holds():
    house = sentry(caching=AnswerCaching(ttl_seconds=10))
    called(house, asked("r1"))

    house.clock.advance(milliseconds=9_999)
    last = called(house, asked("r2"))
    house.clock.advance(milliseconds=1)

    assert last.cached is not None
    assert house.answers.kept
    assert called(house, asked("r3")).cached is None


def test_a_shorter_time_holds_for_what_was_kept_before():
    house = sentry()
    called(house, asked("r1"))
    house.clock.advance(seconds=30)
    change(house, teams=teams(web=AnswerCaching(ttl_seconds=31)))

    cached = called(house, asked("r2")).cached
    house.clock.advance(seconds=1)

    assert (cached.age_seconds, cached.ends_at - NOON) == (30, AnswerCaching(ttl_seconds=31).ttl)
    assert called(house, asked("r3")).cached is None


def test_an_answer_from_the_future_is_not_given():
    house = sentry()
    house.clock.advance(seconds=5)
    called(house, asked("r1"))
    house.clock.advance(seconds=-5)

    assert called(house, asked("r2")).cached is None


@pytest.mark.parametrize("use", [CacheUse.OFF, CacheUse.REFRESH])
def test_who_wants_an_answer_of_the_model_gets_one(use):
    house = sentry()
    called(house, asked("r1"), answer("first"))
    house.answers.finds = 0

    assert called(house, asked("r2", answer_cache=use), answer("second")).cached is None
    assert house.answers.finds == 0
    kept = called(house, asked("r3")).answer
    assert kept == answer("second" if use is CacheUse.REFRESH else "first")


def test_a_later_attempt_of_a_call_asks_the_model_and_its_answer_is_kept():
    house = sentry()
    called(house, asked("r1"), answer("of another call"))
    later = Again(attempt=2, error="ThrottlingException", refused_by=(CHEAP,))

    assert called(house, asked("r2~2", again=later), answer("of this call")).cached is None
    assert called(house, asked("r3")).answer == answer("of this call")


def test_a_model_that_a_policy_forbids_by_now_is_no_hit():
    house = sentry(engines=engines)
    called(house, asked("r1"))
    forbid = f'forbid (principal, action, resource == CostSentry::Model::"{DEAR}");'
    change(house, policies=policies(no_dear=forbid))

    decision = called(house, asked("r2"))

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_BY_POLICY, CHEAP)
    assert [rung.model_id for rung in decision.rungs] == [DEAR, CHEAP]


def test_a_policy_in_shadow_mode_is_told_with_a_hit():
    house = sentry(engines=engines)
    called(house, asked("r1"))
    shadow = policy("no-dear", "forbid (principal, action, resource);", shadow=True)
    change(house, policies=policies("UTC", shadow))

    hit = called(house, asked("r2"))

    assert hit.code is ReasonCode.ANSWERED_FROM_CACHE
    assert [note.policy_id for note in hit.shadow] == ["no-dear"]


def test_a_caller_or_a_model_that_is_not_in_force_any_more_gets_no_answer():
    house = sentry()
    called(house, asked("r1"))
    before: SentryConfig = house.admission.config_source.config

    change(house, models={})
    assert called(house, asked("r2")).code is ReasonCode.UNKNOWN_MODEL
    change(house, models=before.models, teams={})
    assert called(house, asked("r3")).code is ReasonCode.UNKNOWN_TEAM


def test_an_id_that_was_used_before_is_answered_as_it_was_then():
    house = sentry()
    called(house, asked("r1"))

    again = called(house, asked("r1"))
    reused = called(house, asked("r1", text="hello", digest="another"))

    assert (again.code, again.replayed, again.answer) == (ReasonCode.ALREADY_ANSWERED, True, None)
    assert reused.code is ReasonCode.REQUEST_ID_REUSED


def test_an_execution_that_holds_money_already_goes_on_with_that():
    """Its first answer was lost, and meanwhile somebody else's was kept."""
    house = sentry()
    held = house.decide(asked("r2"), attempt="e2.i1")
    called(house, asked("r1"))

    again = house.decide(asked("r2"), attempt="e2.i2")

    assert again.code is ReasonCode.WITHIN_BUDGETS
    assert again.reservation.quote_picodollars == held.reservation.quote_picodollars


def test_an_id_may_be_answered_from_the_cache_again_and_again():
    house = sentry()
    called(house, asked("r1"))

    assert called(house, asked("r2")).cached is not None
    assert called(house, asked("r2")).cached is not None


def test_a_cache_that_cannot_be_asked_is_a_miss_that_is_told_and_kept_anew():
    house = sentry()
    called(house, asked("r1"))
    house.answers.fault = "ReadTimeoutError"

    decision = called(house, asked("r2"))

    assert (decision.code, decision.cache_fault) == (ReasonCode.WITHIN_BUDGETS, "ReadTimeoutError")
    assert decision.keep_at is None  # without the secret there is no key


def test_where_only_reading_fails_the_answer_is_kept_all_the_same(monkeypatch):
    house = sentry()
    monkeypatch.setattr(
        house.answers, "find", lambda _: (_ for _ in ()).throw(AnswersUnavailable("slow"))
    )

    decision = called(house, asked("r1"))

    assert (decision.cache_fault, len(house.answers.kept)) == ("slow", 1)


def test_a_ledger_that_is_silent_means_no_whatever_is_kept():
    house = sentry()
    called(house, asked("r1"))
    house.ledger.down = True

    assert called(house, asked("r2")).code is ReasonCode.LEDGER_UNAVAILABLE
