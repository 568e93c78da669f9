"""Limits with raises on top of them, whoever writes either."""

import json
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.application.answer_request import Verb
from cost_sentry.application.apply_config import plan_config
from cost_sentry.application.config_document import config_to_document, with_version
from cost_sentry.application.raised_limits import (
    LOOKS_MAX,
    as_raised,
    measures_on_record,
    set_raised_limit,
    without_raises,
)
from cost_sentry.domain.approval import ApprovalState
from cost_sentry.domain.budget import UNREACHED, BudgetMode
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.measure import MEASURES_MAX, MeasureKind, kind_of
from cost_sentry.domain.measures_in_force import in_force
from cost_sentry.domain.unit import Unit
from cost_sentry.domain.window import WindowKind
from tests.fakes.approval_world import (
    AMOUNT,
    BUDGET,
    FIRST,
    LIMIT,
    UNTIL,
    ApprovalWorld,
    config,
    other_limit,
)
from tests.fakes.builders import NOON, budget, hold, measure, reservation, resolution

RAISE = measure(
    FIRST,
    kind=MeasureKind.RAISE,
    scope={},
    budget_id=BUDGET,
    budget_kind=kind_of(budget(BUDGET)),
    amount=AMOUNT,
)


@pytest.fixture
def raised():
    world = ApprovalWorld()
    world.ask()
    world.answer(Verb.APPROVE)
    world.follow()
    return world


def test_a_raise_counts_while_it_is_in_force_and_on_budgets_that_refuse():
    later = NOON + timedelta(hours=1)

    assert as_raised(budget(BUDGET, LIMIT), (RAISE,), NOON).limit == LIMIT + AMOUNT
    assert as_raised(budget(BUDGET, LIMIT), (RAISE,), later).limit == LIMIT
    assert as_raised(budget("other", LIMIT), (RAISE,), NOON).limit == LIMIT
    assert as_raised(budget(BUDGET, LIMIT), (RAISE.lifted(NOON),), NOON).limit == LIMIT
    shadow = budget(BUDGET, LIMIT, mode=BudgetMode.SHADOW)
    assert as_raised(shadow, (RAISE,), NOON).limit == UNREACHED


@pytest.mark.parametrize(
    "other",
    [
        {"scope": {"team": "support"}},
        {"scope": {"team": "search", "application": "web"}},
        {"unit": Unit.TOKENS},
        {"window": WindowKind.MONTH},
        {"time_zone": ZoneInfo("Asia/Tokyo")},
    ],
)
def test_a_raise_is_for_the_budget_that_it_was_asked_for_and_for_no_other_of_its_id(other):
    another = replace(budget(BUDGET, LIMIT), **other)

    assert as_raised(another, (RAISE,), NOON).limit == LIMIT
    assert in_force(replace(config(budgets=(another,)), measures=(RAISE,)), NOON).budgets == (
        another,
    )


def test_a_budget_that_is_removed_and_made_anew_for_another_team_has_no_raise(raised):
    organisation = budget("organisation", 10_000, scope={})
    raised.apply(config(budgets=(organisation,)))
    raised.clock.advance(hours=1)
    raised.apply(config(budgets=(budget(BUDGET, LIMIT, scope={"team": "support"}), organisation)))

    assert raised.limit == LIMIT
    assert raised.follow().state is ApprovalState.ENDED
    assert "counts something else" in raised.memory_store.read(FIRST).why
    assert raised.limit == LIMIT


def test_a_raise_is_no_drift(raised):
    measures = measures_on_record(raised.memory_config)
    limits = raised.memory_ledger.limits()

    assert limits[BUDGET] == LIMIT + AMOUNT
    unraised = without_raises(limits, raised.in_force.budgets, measures, NOON)
    assert plan_config(raised.in_force, raised.in_force, unraised) == ()


def test_applying_keeps_the_raise_on_top_of_the_new_limit_and_calls_it_no_change(raised):
    raised.apply(other_limit(raised.in_force, 500))

    assert raised.limit == 500 + AMOUNT


def test_what_a_call_may_spend_is_raised_and_after_the_end_nothing_is_lost(raised):
    daily = budget(BUDGET, LIMIT)
    spent = reservation("r1", hold(1_500, daily))
    raised.memory_ledger.reserve(spent)
    raised.memory_ledger.resolve(spent, resolution(cost=1_400))

    raised.answer(Verb.END)
    raised.follow()

    balance = raised.memory_ledger.balance(daily, daily.window_at(NOON).id)
    assert (balance.limit, balance.posted) == (LIMIT, 1_400)
    assert raised.memory_ledger.limits()[BUDGET] == LIMIT


def test_a_budget_that_is_removed_ends_its_raise_for_good(raised):
    without = tuple(one for one in raised.in_force.budgets if one.id != BUDGET)
    before = raised.in_force
    raised.apply(config(budgets=without))
    raised.follow()
    raised.apply(before)

    assert raised.approval().state is ApprovalState.ENDED
    assert raised.approval().why == f"budget {BUDGET} is not in force any more"
    assert raised.limit == LIMIT


def test_where_no_measure_has_room_what_was_approved_ends_and_says_so():
    world = ApprovalWorld()
    world.ask()
    world.answer(Verb.APPROVE)
    for number in range(MEASURES_MAX):
        world.memory_measures.put(measure(f"m{number}", until=UNTIL))

    standing = world.follow()

    assert not standing.is_open
    assert "no more have room" in world.approval().why
    assert world.limit == LIMIT


def test_a_grant_is_put_beside_the_configuration_and_no_limit_is_touched():
    world = ApprovalWorld()
    world.ask(budget_id=None, amount=None, scope=(("team", "search"),), price_class="premium")
    world.answer(Verb.APPROVE)
    world.memory_ledger.define(budget(BUDGET, 1), "2026-11-21")

    world.follow()

    (one,) = world.memory_measures.on_record
    assert (one.kind, one.price_class, one.until) == (MeasureKind.GRANT, "premium", UNTIL)
    assert world.limit == 1


def test_a_limit_that_others_change_without_end_is_given_up(raised):
    turns = []

    def turn(call, done):
        if call == "ledger.define" and done:
            turns.append(call)
            wanted = with_version(other_limit(raised.in_force, LIMIT + len(turns)))
            raised.configs[wanted.version] = wanted
            raised.memory_config.holds(wanted.version, json.dumps(config_to_document(wanted)))

    raised.trouble = turn
    with pytest.raises(LedgerContention):
        set_raised_limit(
            BUDGET, store=raised._port("config"), books=raised._port("ledger"), clock=raised.clock
        )
    assert len(turns) == LOOKS_MAX


def test_nothing_is_set_before_the_first_configuration(raised):
    raised.memory_config._stored = None

    assert (
        set_raised_limit(
            BUDGET, store=raised.memory_config, books=raised.memory_ledger, clock=raised.clock
        )
        is None
    )


def test_what_nobody_asked_for_is_not_followed():
    world = ApprovalWorld()

    assert world.follow().is_open is False
