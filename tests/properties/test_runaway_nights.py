"""A restraint lasts as long as its cause: the real detector joined to the real desk, for hours."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.domain.anomaly_rules import Action, AnomalyRule
from cost_sentry.domain.burn_state import new_state
from cost_sentry.domain.incident import WATCHED, IncidentState, StepKind
from tests.fakes.admissions import DEAR
from tests.fakes.burn_series import PER_CALL
from tests.fakes.incident_desk import DOLLAR
from tests.fakes.watched_night import WILD, Night, tags_of

HOURS = 8
FREE_MINUTES_AN_HOUR_MAX = 2
"""On average, after it was acted on first; nothing is free but what it takes to see it again."""
FREE_MINUTES_FIRST_HOUR_MAX = 6
MAILS_MAX = 5
COOL_DOWNS = (5, 8, 30, 60, 240)
_CHANCE = random.Random(20261130)
RULES = [
    AnomalyRule(scope={}, action=Action.FREEZE, cool_down_minutes=minutes) for minutes in COOL_DOWNS
] + [
    AnomalyRule(
        scope={},
        action=Action.TIGHTEN,
        percent=percent,
        floor=DOLLAR // 1_000,
        cool_down_minutes=_CHANCE.choice(COOL_DOWNS),
    )
    for percent in (100, 150, 200, 300)
    for _ in range(2)
]


def named(rule):
    return f"{rule.action}-{rule.percent}-{rule.cool_down_minutes}"


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_runaway_that_lasts_all_night_is_restrained_all_night_in_one_incident(rule):
    times = _CHANCE.choice((4, 7, 20, 55, 100))
    night = Night(rule, seed=3)
    night.pass_minutes(20).pass_minutes(60, times)
    first_hour = night.free_minutes

    night.pass_minutes((HOURS - 1) * 60, times)

    assert first_hour <= FREE_MINUTES_FIRST_HOUR_MAX
    assert night.free_minutes <= FREE_MINUTES_AN_HOUR_MAX * HOURS
    [incident] = night.incidents
    assert dict(incident.scope) == tags_of(WILD), "neither its team nor its model"
    assert incident.state is IncidentState.ACTING
    assert {one.id for one in night.desk.incidents.every_step} == {incident.id}
    assert 1 <= len(night.mails) <= MAILS_MAX
    assert not any("over" in subject for subject in night.mails)
    allowed = (rule.percent or 0) / 100 - 1
    held = max(allowed, 0) * 30 * PER_CALL * HOURS * 60
    free = times * 30 * PER_CALL * night.free_minutes
    assert night.excess_picodollars <= 1.2 * (held + free)
    assert len(night.desk.measures.on_record) <= 4, "room for the measures of others"


@pytest.mark.parametrize("times", [4, 20, 100])
def test_what_is_told_only_is_told_once_and_nothing_is_said_to_be_over_or_lifted(times):
    night = Night(seed=3).pass_minutes(20).pass_minutes(HOURS * 60, times)

    assert len(night.mails) <= 2, "and once more if it becomes critical"
    assert not any("over" in subject for subject in night.mails)
    assert night.desk.measures.on_record == ()
    assert len({one.id for one in night.desk.incidents.every_step}) == 1


def test_a_runaway_that_is_told_only_is_told_after_a_day_as_what_is_usual_now_and_never_as_over():
    night = Night(seed=3).pass_minutes(20).pass_minutes(29 * 60, 20)

    [incident] = night.incidents
    assert (incident.state, incident.step) == (IncidentState.CLOSED, StepKind.ADOPTED)
    assert incident.adopted_at - incident.since == timedelta(days=1)
    assert incident.adopted == pytest.approx(20 * 30 * PER_CALL, rel=0.2)
    assert [subject.partition(": ")[2].partition(":")[0] for subject in night.mails] == [
        "critical anomaly",
        "anomaly taken for usual",
    ]
    last = list(night.desk.mails.mails.values())[-1]
    assert f"since {incident.since:%Y-%m-%d %H:%M}Z" in last.body
    assert "no sign of it" not in last.body
    assert [ends for ends in night.waiting.values() if ends] == [], "no workflow waits on"


@pytest.mark.parametrize("rule", [RULES[2], RULES[-1], AnomalyRule(scope={})], ids=named)
def test_when_the_signs_end_it_is_told_once_that_it_is_over_and_calls_run_free(rule):
    night = Night(rule, seed=3).pass_minutes(20).pass_minutes(100, 20)
    told = len(night.mails)

    night.pass_minutes(HOURS * 60)

    [incident] = night.incidents
    assert incident.state is IncidentState.CLOSED
    assert incident.at - incident.ends_at >= WATCHED
    assert night.holding() == []
    assert len(night.mails) == told + 1
    last = list(night.desk.mails.mails.values())[-1]
    assert "anomaly over" in last.subject
    assert "lifted" not in last.body
    assert ("nothing: it was told only" in last.body) == (rule.action is Action.TELL)
    assert [ends for ends in night.waiting.values() if ends] == [], "no workflow waits on"


@pytest.mark.parametrize("rule", [RULES[2], RULES[-1]], ids=named)
def test_what_an_owner_lifts_stays_free_for_an_hour_unless_it_becomes_much_more(rule):
    night = Night(rule, seed=3).pass_minutes(20).pass_minutes(10, 4)
    [incident] = night.incidents
    night.desk.lift(incident.id)
    mails = len(night.mails)

    night.pass_minutes(50, 4)
    assert night.holding() == []
    assert len(night.mails) == mails, "the same is quiet"
    night.pass_minutes(4, 100)

    assert night.holding(), "much more is told anew, and acted on"
    assert len(night.mails) == mails + 1


def test_the_same_that_goes_on_when_the_quiet_time_is_over_is_acted_on_anew():
    rule = RULES[2]
    night = Night(rule, seed=3).pass_minutes(20).pass_minutes(10, 4)
    night.desk.lift(night.incidents[0].id)

    night.pass_minutes(75, 4)

    assert night.holding()
    assert night.incidents[0].step is StepKind.OPENED


def test_one_cause_is_one_incident_one_mail_and_one_share_and_its_evidence_names_the_others():
    night = Night(RULES[3], seed=3, scopes_per_hour_max=1).pass_minutes(20).pass_minutes(30, 20)

    [incident] = night.incidents
    assert {"team=search"} <= set(incident.joined)
    assert any(key.startswith("model=") for key in incident.joined)
    assert len(night.mails) == 1
    assert [dict(one.scope) for one in night.holding()] == [tags_of(WILD)]
    assert night.holding("search/shop") == []


@pytest.mark.parametrize("action", [Action.FREEZE, Action.TIGHTEN])
def test_a_rule_of_a_model_holds_what_runs_away_in_it_and_nobody_else(action):
    rule = replace(RULES[-1], scope={"model": DEAR}, action=action, cool_down_minutes=60)
    night = Night(rule, seed=3).pass_minutes(20).pass_minutes(180, 20)

    [incident] = night.incidents
    assert dict(incident.scope) == tags_of(WILD)
    assert night.free_minutes <= FREE_MINUTES_AN_HOUR_MAX * 3
    assert [dict(one.scope) for one in night.holding()] == [{**tags_of(WILD), "model": DEAR}]
    assert [night.holding(name) for name in ("search/shop", "support/desk")] == [[], []]
    assert len(night.mails) <= MAILS_MAX


def test_a_rule_of_a_model_holds_all_that_run_away_in_it_within_a_few_minutes():
    rule = AnomalyRule(scope={"model": DEAR}, action=Action.FREEZE)
    everybody = dict.fromkeys(("search/shop", "support/desk"), 20.0)
    night = Night(rule, seed=3).pass_minutes(20).pass_minutes(15, 20, everybody)

    assert all(night.holding(name) for name in (WILD, *everybody))


def test_two_causes_in_one_team_are_two_incidents_and_the_team_has_none():
    both = {"search/shop": 20}
    night = Night(AnomalyRule(scope={}), seed=3).pass_minutes(20).pass_minutes(60, 20, both)

    assert {dict(one.scope)["application"] for one in night.incidents} == {"web", "shop"}
    assert len(night.mails) <= 4, "each, and once more if it becomes critical"


def test_what_goes_on_in_three_scopes_is_one_event_every_five_minutes():
    night = Night(AnomalyRule(scope={}), seed=3).pass_minutes(20).pass_minutes(10, 20)
    before = len(night.events.raised)

    night.pass_minutes(60, 20)

    assert 11 <= len(night.events.raised) - before <= 13
    assert all(one.goes_on for one in night.events.raised[before:])


def test_what_only_the_team_shows_clearly_is_told_of_the_application_that_it_comes_from():
    night = Night(AnomalyRule(scope={}), seed=3).pass_minutes(20)
    state = night.states.read(("application", WILD))
    night.states.kept[("application", WILD)] = replace(state, state=new_state(night.end))

    night.pass_minutes(10, 8)

    [incident] = night.incidents
    assert dict(incident.scope) == tags_of(WILD)
    assert (incident.usual, incident.percent) == (None, None), "nobody knows what is usual of it"
    assert "team=search" in incident.joined
