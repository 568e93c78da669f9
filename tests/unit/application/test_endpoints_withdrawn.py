"""``endpoints`` is taken out of ``sentry.yaml`` while some sleep: none of them is stranded."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.endpoint_ports import EndpointThrottled
from cost_sentry.application.endpoint_rules_in_force import rules_for, rules_for_all, withdrawn
from cost_sentry.application.wake_endpoint import WakeState
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from cost_sentry.domain.endpoint_rules import EndpointGroup
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.instance_price import Fleet
from tests.fakes.memory_sleeps import MemorySleeps
from tests.fakes.sleep_world import DOLLAR, RULES, SleepWorld, Watched, bodies, put_to_sleep, state

KINDS = list(EndpointKind)


def withdraw(world: SleepWorld) -> None:
    """As the handlers see it from now on."""
    world.config = replace(world.config, endpoints=None)
    rules = rules_for_all(world.config, world.records)
    assert rules is not None
    world.rules = rules


@pytest.fixture(params=KINDS, ids=lambda kind: kind.value)
def asleep(request) -> SleepWorld:
    world = SleepWorld()
    put_to_sleep(world, kind=request.param)
    withdraw(world)
    return world


def settled(world: SleepWorld) -> list[int]:
    return [e.resolution.cost_picodollars for e in world.ledger.entries if e.resolution]


def test_where_nothing_sleeps_there_is_nothing_to_do():
    world = SleepWorld()
    put_to_sleep(world)
    world.wake("chat")
    world.pass_minutes(15)
    without = replace(world.config, endpoints=None)

    assert state(world) is SleepState.CLOSED
    assert rules_for_all(without, world.records) is None
    assert rules_for_all(without, MemorySleeps()) is None
    assert rules_for("stranger", without, world.records) is None


def test_what_sentry_yaml_says_holds_and_no_record_is_asked_for_it():
    world, records = SleepWorld(), MemorySleeps()
    records.is_silent = True

    assert rules_for_all(world.config, records) is RULES
    assert rules_for("chat", world.config, records) is RULES


def test_a_record_that_cannot_be_read_may_be_of_a_sleeper_and_is_told_as_a_problem():
    world = SleepWorld()
    world.records.unreadable = ["chat"]
    withdraw(world)

    assert [one.of for one in world.run().problems] == ["chat"]


def test_a_sleeper_sleeps_on_and_is_told_once_with_how_to_wake_it(asleep):
    asleep.pass_minutes(60)

    assert state(asleep) is SleepState.ASLEEP
    assert asleep.notices.events == ["asleep", "withdrawn"]
    (told,) = bodies(asleep, "withdrawn")
    assert "chat sleeps, and sentry.yaml does not say so any more" in told
    assert "cost-sentry endpoint wake chat" in told


def test_each_sleeper_is_told_and_no_mail_is_lost_where_the_outbox_is_silent(asleep):
    asleep.notices.is_silent = True
    (report,) = asleep.pass_minutes(5)
    assert [one.of for one in report.problems] == ["chat"]

    asleep.notices.is_silent = False
    asleep.pass_minutes(5)
    assert asleep.notices.events == ["asleep", "withdrawn"]


def test_who_asks_for_it_wakes_it_and_the_budgets_are_asked(asleep):
    assert asleep.wake("chat").state is WakeState.WAKING
    asleep.pass_minutes(15)

    assert state(asleep) is SleepState.CLOSED
    assert asleep.sagemaker.real["chat"].scaling
    assert settled(asleep) == [DOLLAR * 1408 // 2000]
    assert asleep.notices.events == ["asleep", "woke"]


def test_a_budget_that_cannot_pay_refuses_its_wake(asleep):
    asleep.set_limit(1)
    asleep.config = replace(asleep.config, endpoints=None)

    assert asleep.wake("chat").state is WakeState.ASLEEP
    assert "budget" in asleep.records.kept["chat"].reason


def test_one_with_components_wakes_for_who_calls_it_in_vain():
    world = SleepWorld()
    put_to_sleep(world, kind=EndpointKind.COMPONENTS)
    withdraw(world)
    world.sagemaker.call("chat")

    world.pass_minutes(20)

    assert state(world) is SleepState.CLOSED


def test_a_wish_of_before_is_granted_and_not_mailed_as_a_sleeper(asleep):
    asleep.records.want("chat", asleep.clock.now())

    asleep.pass_minutes(20)

    assert state(asleep) is SleepState.CLOSED
    assert "withdrawn" not in asleep.notices.events


def test_a_wish_that_no_budget_can_pay_is_told_as_refused_and_not_as_a_sleeper_too(asleep):
    asleep.set_limit(1)
    asleep.config = replace(asleep.config, endpoints=None)
    asleep.records.want("chat", asleep.clock.now())

    asleep.run()

    assert asleep.notices.events == ["asleep", "refused-search-daily"]


def test_a_wake_under_way_ends_as_any_other():
    world = SleepWorld()
    put_to_sleep(world)
    world.wake("chat")
    withdraw(world)

    world.pass_minutes(15)

    assert state(world) is SleepState.CLOSED


def test_once_awake_it_stays_awake_and_so_do_all_others(asleep):
    asleep.sagemaker.make("other")
    asleep.wake("chat")
    asleep.pass_minutes(24 * 60)

    assert rules_for_all(asleep.config, asleep.records) is None
    assert [verb for _, verb, _ in asleep.sagemaker.deeds] == ["sleep", "wake"]


def test_those_that_are_awake_are_neither_listed_nor_measured(asleep):
    watched = Watched(asleep.sagemaker)

    asleep.run(endpoints=watched, figures=watched)

    assert {verb for verb, _ in watched.asked} <= {"listed", "called_in_vain"}


def test_a_sleep_that_may_still_be_taken_back_is_abandoned():
    world = SleepWorld()
    world.sagemaker.make("chat")
    world.sagemaker.refuses["put_to_sleep", "chat"] = EndpointThrottled("slow down")
    world.run()
    assert state(world) is SleepState.FALLING_ASLEEP
    world.sagemaker.refuses.clear()
    withdraw(world)

    world.pass_minutes(5)

    assert state(world) is SleepState.ABANDONED
    assert "sentry.yaml says nothing of endpoints any more" in world.records.kept["chat"].reason
    assert world.sagemaker.deeds == []


def test_a_wake_that_does_not_answer_is_left_as_it_is_and_charged(asleep):
    asleep.sagemaker.mute.add("chat")
    asleep.wake("chat")

    asleep.pass_minutes(RULES.give_up_after // timedelta(minutes=1) + 5)

    assert state(asleep) is SleepState.LEFT
    assert asleep.sagemaker.at("chat").state is EndpointState.IN_SERVICE
    assert settled(asleep)[0] >= int(1.408 * DOLLAR)


def test_what_its_owner_makes_anew_ends_the_sleep(asleep):
    asleep.sagemaker.make("chat", made_at=asleep.clock.now() + timedelta(minutes=1))
    asleep.sagemaker.real["chat"].changed_at = asleep.clock.now() + timedelta(minutes=1)

    asleep.pass_minutes(10)

    assert state(asleep) is SleepState.CLOSED


def test_whoever_was_told_that_it_sleeps_is_told_that_it_woke_also_twice_a_week(asleep):
    asleep.wake("chat")
    asleep.pass_minutes(15)
    asleep.config, asleep.rules = replace(asleep.config, endpoints=RULES), RULES
    asleep.pass_minutes(60)
    withdraw(asleep)
    asleep.pass_minutes(5)

    asleep.wake("chat")
    asleep.pass_minutes(15)

    assert asleep.notices.events == ["asleep", "woke", "withdrawn", "woke"]


def test_a_price_that_only_sentry_yaml_had_is_that_of_when_it_fell_asleep():
    world = SleepWorld(prices={"ml.own": 2 * DOLLAR})
    world.sagemaker.make("chat", fleets=(Fleet(instance_type="ml.own", count=1),))
    world.run()
    world.pass_minutes(5)
    world.prices = {}
    withdraw(world)

    world.wake("chat")
    world.pass_minutes(15)

    assert settled(world) == [DOLLAR]


def test_of_two_prices_of_a_type_the_higher_counts():
    world = SleepWorld()
    put_to_sleep(world)
    record = world.records.kept["chat"]
    cheap, dear = (replace(record, prices={"t": price}) for price in (1, 2))

    assert withdrawn([cheap, dear]).instance_prices == {"t": 2}
    assert withdrawn([dear, cheap]).instance_prices == {"t": 2}


def test_where_no_group_has_its_tags_any_more_it_is_woken_by_the_rules_for_all_others():
    own = EndpointGroup(id="own", scope={"team": "search"}, instead="amazon.nova-lite-v1:0")
    world = SleepWorld(rules=replace(RULES, groups=(own,)))
    put_to_sleep(world)
    world.rules = replace(RULES, groups=(replace(own, scope={"team": "growth"}),))
    world.pass_minutes(30)
    assert state(world) is SleepState.ASLEEP

    world.wake("chat")
    world.pass_minutes(15)

    assert state(world) is SleepState.CLOSED
