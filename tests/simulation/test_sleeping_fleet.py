"""Endpoints that sleep, under lost answers, deaths between any two calls, and runs that meet.

Each planted bug is a mistake that somebody could make; if no seed finds one, the simulation is
blind.
"""

from collections import Counter
from dataclasses import replace

import pytest

from cost_sentry.application import falling_asleep
from cost_sentry.application.late_wakes import LateWakes
from cost_sentry.application.sleep_steps import SleepSteps
from cost_sentry.application.wake_money import WakeMoney
from cost_sentry.application.waking import Waking
from cost_sentry.domain import endpoint_plan
from cost_sentry.domain.endpoint import EndpointState
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import claimed, paid
from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.sleep_tries import gave_up
from tests.fakes.memory_sleeps import MemorySleeps
from tests.fakes.sleeping_endpoints import SageMaker
from tests.simulation.sleeping_fleet import Broken, lived
from tests.simulation.withdrawn_fleet import withdrawn_fleet

SEEDS = range(30)
PLANTED_SEEDS = range(120)


def live_all(seeds):
    return sum((lived(seed).count for seed in seeds), Counter())


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_done_twice_whatever_fails_and_whoever_meets():
    seen = live_all(SEEDS)

    for happening in ("sleep", "wake", "met", "Died", "LedgerUnavailable", "updated", "made anew"):
        assert seen[happening] > len(SEEDS) // 2, happening
    assert seen["hung"] > len(SEEDS) // 3
    assert seen["called a sleeper"] == seen["answered"] + seen["answered elsewhere"]


@pytest.mark.slow
def test_nothing_is_stranded_where_endpoints_are_taken_out_of_sentry_yaml():
    fleets = [withdrawn_fleet(seed) for seed in SEEDS]

    seen = sum((fleet.count for fleet in fleets), Counter())
    told = [event for fleet in fleets for event in fleet.world.notices.events]
    assert seen["asleep then"] > len(SEEDS) // 2
    assert told.count("withdrawn") > len(SEEDS) // 2


def takes_away_what_no_file_says(monkeypatch):
    spared = EndpointRules.why_spared

    def by_any_rules(self, tags):
        return spared(replace(self, is_withdrawn=False), tags)

    monkeypatch.setattr(EndpointRules, "why_spared", by_any_rules)


def looks_after_nothing_any_more(monkeypatch):
    go_on = SleepSteps.go_on

    def by_a_file(self, name, wake=None):
        return None if self.money.rules.is_withdrawn else go_on(self, name, wake)

    monkeypatch.setattr(SleepSteps, "go_on", by_a_file)


@pytest.mark.slow
@pytest.mark.parametrize("plant", [takes_away_what_no_file_says, looks_after_nothing_any_more])
def test_a_planted_bug_is_found_where_endpoints_are_taken_out(plant, monkeypatch):
    plant(monkeypatch)

    with pytest.raises(Broken):
        [withdrawn_fleet(seed) for seed in PLANTED_SEEDS]


def never_compares(monkeypatch):
    monkeypatch.setattr(falling_asleep, "is_same", lambda *_: True)


def heeds_no_claim(monkeypatch):
    def at_once(self, name, wake=None):
        record = self.records.read(name)
        if record is None or record.has_ended:
            return record
        return self._run(claimed(record, self.clock.now()), wake)

    def write_anything(self, record, replaces):
        self._ask()
        self.kept[record.endpoint] = record
        return True

    monkeypatch.setattr(SleepSteps, "go_on", at_once)
    monkeypatch.setattr(MemorySleeps, "put", write_anything)


def writes_over_what_its_owner_made(monkeypatch):
    def anyway(self, mine, seen):
        if seen is None or seen.state is not EndpointState.IN_SERVICE:
            return None
        self.endpoints.finish(mine.snapshot)
        return self._closed(mine, "somebody else woke it", self.clock.now(), self.clock.now())

    monkeypatch.setattr(Waking, "_ended_by_owner", lambda s, m, seen, _now: anyway(s, m, seen))


def gives_up_and_forgets(monkeypatch):
    monkeypatch.setattr(Waking, "_paid", lambda _self, mine, now: paid(mine, now))


def takes_half_an_order_for_none(monkeypatch):
    given_up = Waking._do_restore

    def free(self, mine, now):
        after = given_up(self, mine, now)
        if after is not None and after.has_begun:
            return gave_up(mine, now, "SageMaker would not")
        return after

    monkeypatch.setattr(Waking, "_do_restore", free)


def waits_for_what_hangs(monkeypatch):
    monkeypatch.setattr(LateWakes, "hangs", lambda *_: None)


def forgets_the_money(monkeypatch):
    monkeypatch.setattr(WakeMoney, "spend", lambda *_: None)


def forgets_scaling_rules(monkeypatch):
    monkeypatch.setattr(SageMaker, "finish", lambda *_: None)


def forgets_who_asked(monkeypatch):
    monkeypatch.setattr(MemorySleeps, "want", lambda *_: None)
    monkeypatch.setattr(endpoint_plan, "why_woken", lambda *_, **__: None)


def pays_for_no_time_awake(monkeypatch):
    why_awake = endpoint_plan.why_awake

    def hasty(one, *, now, rules, prices):
        why = why_awake(one, now=now, rules=rules, prices=prices)
        return None if why and why.startswith(("it is paid for", "it was called")) else why

    monkeypatch.setattr(endpoint_plan, "why_awake", hasty)
    monkeypatch.setattr(falling_asleep, "why_busy", lambda *_, **__: None)


def wakes_without_asking_the_budgets(monkeypatch):
    monkeypatch.setattr(WakeMoney, "hold", lambda *_: None)


def deletes_at_once(monkeypatch):
    begin = SleepSteps.begin

    def hasty(self, name, why):
        self.endpoints.put_to_sleep(self.endpoints.snapshot(name))
        return begin(self, name, why)

    monkeypatch.setattr(SleepSteps, "begin", hasty)


@pytest.mark.slow
@pytest.mark.parametrize(
    "plant",
    [
        never_compares,
        heeds_no_claim,
        writes_over_what_its_owner_made,
        gives_up_and_forgets,
        takes_half_an_order_for_none,
        waits_for_what_hangs,
        forgets_the_money,
        forgets_scaling_rules,
        forgets_who_asked,
        pays_for_no_time_awake,
        wakes_without_asking_the_budgets,
        deletes_at_once,
    ],
)
def test_a_planted_bug_is_found(plant, monkeypatch):
    plant(monkeypatch)

    with pytest.raises((Broken, InvariantViolated, AttributeError)):
        live_all(PLANTED_SEEDS)
