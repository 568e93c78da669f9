"""Between the decision to put an endpoint to sleep and the deed all is asked again."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from cost_sentry.application.endpoint_ports import EndpointThrottled
from cost_sentry.application.wake_endpoint import WakeState
from cost_sentry.domain.endpoint import STAY_AWAKE_TAG, YES, EndpointKind
from cost_sentry.domain.endpoint_rules import EndpointGroup
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.timetable import Timetable
from tests.fakes.sleep_world import RULES, SleepWorld, put_to_sleep, state

KINDS = list(EndpointKind)
ALWAYS = Timetable(days=frozenset(range(7)), opens_minute=0, closes_minute=1440, zone=UTC)
SPARED = {
    "dry run": replace(RULES, is_dry_run=True),
    "protected": replace(RULES, protected=({"team": "search"},)),
}
NOT_NOW = {**SPARED, "hours": replace(RULES, groups=(EndpointGroup(id="g", timetable=ALWAYS),))}


def apply(world: SleepWorld, rules) -> None:
    world.rules = rules
    world.set_limit(world.limit)


@pytest.fixture(params=KINDS)
def throttled(request) -> SleepWorld:
    """Its order to sleep was refused, once."""
    world = SleepWorld()
    world.sagemaker.make("chat", request.param)
    world.sagemaker.refuses["put_to_sleep", "chat"] = EndpointThrottled("Rate exceeded")
    world.run()
    assert state(world) is SleepState.FALLING_ASLEEP
    world.sagemaker.refuses.clear()
    return world


def test_an_order_that_comes_late_cuts_no_call(throttled):
    for _ in range(20):
        throttled.clock.advance(minutes=1)
        throttled.sagemaker.call("chat", seconds=240)

    throttled.run()

    assert state(throttled) is SleepState.ABANDONED
    assert "calls in flight" in throttled.records.kept["chat"].reason
    assert throttled.sagemaker.deeds == []
    assert throttled.sagemaker.real["chat"].scaling


def test_an_order_that_comes_late_takes_nothing_from_who_asked_for_it_meanwhile(throttled):
    throttled.clock.advance(minutes=5)

    answer = throttled.wake("chat")

    assert answer.state is WakeState.AWAKE
    assert state(throttled) is SleepState.ABANDONED
    assert throttled.sagemaker.deeds == []


def test_an_order_that_comes_late_is_given_where_nobody_called_meanwhile(throttled):
    throttled.pass_minutes(10)

    assert state(throttled) is SleepState.ASLEEP


@pytest.mark.parametrize("rules", NOT_NOW.values(), ids=NOT_NOW)
def test_an_order_that_comes_late_is_not_given_against_the_rules_in_force(throttled, rules):
    apply(throttled, rules)

    throttled.pass_minutes(15)

    assert state(throttled) is SleepState.ABANDONED
    assert throttled.sagemaker.deeds == []


def test_an_order_that_comes_late_is_not_given_against_a_tag_of_its_owner(throttled):
    one = throttled.sagemaker.real["chat"]
    one.tags = {**one.tags, STAY_AWAKE_TAG: YES}

    throttled.pass_minutes(15)

    assert state(throttled) is SleepState.ABANDONED
    assert throttled.sagemaker.deeds == []


@pytest.mark.parametrize("rules", NOT_NOW.values(), ids=NOT_NOW)
def test_a_sleep_that_has_begun_goes_no_further_against_the_rules_in_force(rules):
    world = SleepWorld()
    world.sagemaker.make("chat")
    world.sagemaker.refuses["why_not_again", "chat"] = EndpointThrottled("Rate exceeded")
    world.run()
    assert state(world) is SleepState.SNAPSHOT
    world.sagemaker.refuses.clear()
    apply(world, rules)

    world.pass_minutes(15)

    assert state(world) is SleepState.ABANDONED
    assert world.sagemaker.deeds == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rules", SPARED.values(), ids=SPARED)
def test_a_wake_goes_on_whatever_the_rules_say_and_is_not_taken_back_against_them(kind, rules):
    world = SleepWorld()
    put_to_sleep(world, kind=kind)
    world.sagemaker.mute.add("chat")
    world.wake("chat")
    apply(world, rules)

    world.pass_minutes(RULES.give_up_after // timedelta(minutes=1) + 5)

    assert state(world) is SleepState.LEFT
    assert "it is left as it is" in world.records.kept["chat"].reason
    assert [verb for _, verb, _ in world.sagemaker.deeds] == ["sleep", "wake"]
    assert not world.ledger.pending()
    (ended,) = (entry.resolution for entry in world.ledger.entries if entry.resolution)
    assert ended.estimated
    assert ended.cost_picodollars > 0
