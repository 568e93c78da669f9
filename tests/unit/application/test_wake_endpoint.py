"""Waking on demand: duplicates, unknown names, and what callers are told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.endpoint_ports import EndpointFault
from cost_sentry.domain.endpoint_rules import EndpointGroup
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.measure import Measure, MeasureKind
from tests.fakes.sleep_world import DOLLAR, RULES, SleepWorld, put_to_sleep, state


def test_an_endpoint_that_never_slept_is_unknown_and_nothing_is_written():
    world = SleepWorld()

    answer = world.wake("stranger")

    assert answer.state.value == "UNKNOWN"
    assert (world.records.kept, world.records.wants) == ({}, {})


def test_who_asks_twice_wakes_it_once():
    world = SleepWorld()
    put_to_sleep(world)

    answers = [world.wake("chat") for _ in range(5)]
    world.pass_minutes(10)

    assert {answer.state.value for answer in answers} == {"WAKING"}
    assert [verb for _, verb, _ in world.sagemaker.deeds] == ["sleep", "wake"]
    assert world.wake("chat").state.value == "AWAKE"


def test_an_event_that_comes_late_wakes_nobody_who_is_awake():
    world = SleepWorld()
    put_to_sleep(world)
    world.wake("chat")
    world.pass_minutes(10)

    answer = world.wake("chat", "an alarm of an hour ago")

    assert answer.state.value == "AWAKE"
    assert world.records.wants == {}
    assert len(world.sagemaker.deeds) == 2


def test_a_caller_is_told_when_it_is_expected_and_whom_to_ask_meanwhile():
    group = EndpointGroup(id="all", instead="amazon.nova-lite-v1:0")
    world = SleepWorld(rules=replace(RULES, groups=(group,)))
    put_to_sleep(world)

    answer = world.wake("chat")

    assert answer.instead == "amazon.nova-lite-v1:0"
    assert answer.expected_by == world.clock.now() + timedelta(minutes=RULES.wake_minutes_max)


def test_who_asks_while_it_falls_asleep_is_served_as_soon_as_it_sleeps():
    world = SleepWorld()
    world.sagemaker.make("chat")
    world.run()
    begin = world.clock.now()
    assert state(world) is SleepState.FALLING_ASLEEP

    answer = world.wake("chat")
    world.pass_minutes(15)

    assert answer.state.value == "WAKING"
    assert answer.expected_by == begin + timedelta(minutes=RULES.wake_minutes_max)
    assert state(world) is SleepState.CLOSED


def test_who_asks_while_somebody_works_on_it_is_not_forgotten():
    world = SleepWorld()
    put_to_sleep(world)
    kept = world.records.kept["chat"]
    busy = replace(kept, claimed_until=world.clock.now() + timedelta(minutes=2))
    world.records.kept["chat"] = busy

    assert world.wake("chat").state.value == "ASLEEP"
    assert world.sagemaker.deeds[-1][1] == "sleep"
    world.pass_minutes(15)

    assert state(world) is SleepState.CLOSED


def test_a_fault_of_sagemaker_is_an_answer_and_the_wish_is_kept():
    world = SleepWorld()
    put_to_sleep(world)
    world.sagemaker.refuses["look", "*"] = EndpointFault("no answer")

    answer = world.wake("chat")

    assert "it is tried again soon: no answer" in answer.reason
    assert answer.expected_by == world.clock.now() + timedelta(minutes=RULES.wake_minutes_max)
    assert "chat" in world.records.wants


def test_two_responders_at_once_hold_money_once_and_order_once():
    world = SleepWorld()
    put_to_sleep(world)
    reserve, meet = world.ledger.reserve, []

    def and_another(reservation):
        if not meet:
            meet.append(world.wake("chat"))
            meet.extend(world.pass_minutes(0))
        return reserve(reservation)

    world.ledger.reserve = and_another
    world.wake("chat")
    world.pass_minutes(10)

    assert meet
    assert [verb for _, verb, _ in world.sagemaker.deeds] == ["sleep", "wake"]
    assert len(world.ledger.entries) == 2


def test_a_wake_that_failed_is_expected_after_its_next_try_and_a_refused_one_never():
    world = SleepWorld()
    put_to_sleep(world)
    world.sagemaker.fails = lambda _name: True
    world.wake("chat")
    world.pass_minutes(5)
    failed = world.wake("chat")
    record = world.records.kept["chat"]

    assert failed.state.value == "ASLEEP"
    assert failed.expected_by == record.not_before + timedelta(minutes=RULES.wake_minutes_max)

    refused = SleepWorld(limit=1)
    put_to_sleep(refused)
    assert refused.wake("chat").expected_by is None


def measure(world, kind, scope, amount=None):
    """In force for an hour, as the responder puts it: its budget first."""
    now = world.clock.now()
    one = Measure(
        id=f"i-1-{kind}",
        kind=kind,
        scope=scope,
        made_at=now,
        until=now + timedelta(hours=1),
        why="incident i-1",
        undo="an owner lifts it",
        amount=amount,
    )
    if amount is not None:
        world.ledger.define(one.budget, one.budget.window_at(now).id)
    world.config = replace(world.config, measures=(*world.config.measures, one))
    return one


@pytest.mark.parametrize("scope", [{"team": "search"}, {}])
def test_nobody_wakes_what_is_frozen_until_the_freeze_ends_and_it_is_told_once(scope):
    world = SleepWorld()
    put_to_sleep(world)
    mails = len(world.notices.notices)
    measure(world, MeasureKind.FREEZE, scope)

    answers = [world.wake("chat") for _ in range(2)]
    world.pass_minutes(45)

    assert answers[0].state.value == "ASLEEP"
    assert "is frozen until" in answers[0].reason
    assert "by incident i-1; an owner lifts it" in answers[0].reason
    assert state(world) is SleepState.ASLEEP
    assert len(world.notices.notices) == mails + 1
    world.pass_minutes(30)
    assert state(world) is not SleepState.ASLEEP, "it was wanted, and the freeze is over"


def test_a_freeze_of_others_binds_no_wake():
    world = SleepWorld()
    put_to_sleep(world)
    measure(world, MeasureKind.FREEZE, {"team": "support"})
    measure(world, MeasureKind.FREEZE, {"model": "amazon.nova-lite-v1:0"})

    assert world.wake("chat").state.value == "WAKING"


def test_a_wake_passes_the_budget_of_a_team_that_is_slowed_down():
    world, roomy = SleepWorld(), SleepWorld()
    for each, amount in ((world, DOLLAR // 100), (roomy, 50 * DOLLAR)):
        put_to_sleep(each)
        one = measure(each, MeasureKind.TIGHTEN, {"team": "search"}, amount)

    short, paid = world.wake("chat"), roomy.wake("chat")

    assert short.state.value == "ASLEEP"
    assert "team=search is slowed down until" in short.reason
    assert paid.state.value == "WAKING"
    holds = {hold.budget_id for hold in roomy.records.kept["chat"].held.holds}
    assert one.budget.id in holds, "and takes its share of the minute"
