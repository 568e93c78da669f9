"""One incident for a scope, one mail for what is new, and what the configuration wants done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.respond_to_anomaly import Response
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import Action, AnomalyRule
from cost_sentry.domain.incident import IncidentState, StepKind
from cost_sentry.domain.incident_course import LATE
from cost_sentry.domain.measures_in_force import in_force
from cost_sentry.domain.model_id import base_model_id
from tests.fakes.admissions import DEAR
from tests.fakes.builders import NOON
from tests.fakes.incident_desk import DOLLAR, FREEZE, SEARCH, TIGHTEN, Desk

CRITICAL = Severity.CRITICAL
HOUR = timedelta(hours=1)


def test_where_no_rule_applies_it_is_told_and_nothing_is_done():
    desk = Desk()

    done = desk.see()

    assert (done.response, done.incident.state) == (Response.NEW, IncidentState.OPEN)
    assert desk.in_force() == []
    [mail] = desk.mails.mails.values()
    assert mail.recipients == ("search@example.com", "finops@example.com")


def test_a_scope_is_tightened_to_a_part_of_what_is_usual():
    desk = Desk(TIGHTEN)

    desk.see()

    [one] = desk.measures.on_record
    assert (one.amount, dict(one.scope), one.until) == (6 * DOLLAR, SEARCH, NOON + HOUR)
    assert desk.ledger.limits()[one.budget.id] == 6 * DOLLAR


@pytest.mark.parametrize(("usual", "left"), [(None, DOLLAR), (0, DOLLAR), (DOLLAR, 2 * DOLLAR)])
def test_what_is_unknown_or_little_is_tightened_to_the_floor(usual, left):
    desk = Desk(TIGHTEN)

    desk.see(usual=usual)

    assert desk.measures.on_record[0].amount == left


def test_the_first_rule_that_applies_decides():
    spared = AnomalyRule(scope={"team": "search"}, action=Action.TELL, tell=("lead@example.com",))
    desk = Desk(spared, FREEZE, TIGHTEN)

    assert desk.see(severity=CRITICAL).incident.action is Action.TELL
    assert desk.see(scope={"team": "support"}, severity=CRITICAL).incident.action is Action.FREEZE
    mails = list(desk.mails.mails.values())
    assert "lead@example.com" in mails[0].recipients
    assert "lead@example.com" not in mails[1].recipients


def test_the_same_again_changes_nothing_and_tells_nobody():
    desk = Desk(FREEZE)
    first = desk.see(severity=CRITICAL)

    again = desk.see(severity=CRITICAL)

    assert (again.response, again.incident) == (Response.KNOWN, first.incident)
    assert (len(desk.mails.mails), len(desk.measures.on_record)) == (1, 1)


def test_what_got_worse_is_acted_on_more_strictly_without_a_gap_and_told():
    desk = Desk(FREEZE, TIGHTEN)
    desk.see()
    desk.clock.advance(minutes=10)
    kinds = []
    desk.measures.trouble = lambda call, done: kinds.append((call, *desk.in_force()))

    worse = desk.see(severity=CRITICAL)

    assert (worse.response, worse.incident.step) == (Response.MORE, StepKind.WORSE)
    assert desk.in_force() == ["freeze"]
    assert all(len(each) > 1 for each in kinds), "at every moment something was in force"
    assert len(desk.mails.mails) == 2


def test_what_is_milder_or_older_changes_nothing():
    desk = Desk(FREEZE, TIGHTEN)
    first = desk.see(severity=CRITICAL).incident

    assert desk.see(seen_at=NOON - timedelta(minutes=2)).incident == first
    assert desk.see(has_ended=True, seen_at=NOON - timedelta(minutes=2)).incident == first


def test_a_further_sign_prolongs_the_measure_and_sends_no_mail():
    desk = Desk(TIGHTEN)
    desk.see()
    desk.clock.advance(minutes=30)

    more = desk.see(usual=50 * DOLLAR).incident

    assert more.ends_at == NOON + timedelta(minutes=90)
    [lasting] = [one for one in desk.measures.on_record if one.is_in_force(desk.clock.now())]
    assert (lasting.until, lasting.amount) == (more.ends_at, 6 * DOLLAR)
    assert len(desk.mails.mails) == 1


def test_what_is_done_ends_with_the_cool_down_and_is_over_after_an_hour_without_a_sign():
    desk = Desk(FREEZE)
    desk.see(severity=CRITICAL)
    desk.clock.advance(minutes=59)
    assert desk.in_force() == ["freeze"]
    desk.clock.advance(minutes=1)
    assert desk.in_force() == [], "measures need nobody to end"
    desk.clock.advance(minutes=59)
    assert desk.end().state is IncidentState.ACTING
    assert len(desk.mails.mails) == 1, "nobody knows yet whether it is over"
    desk.clock.advance(minutes=1)

    over = desk.end()

    assert (over.state, desk.in_force()) == (IncidentState.CLOSED, [])
    assert desk.end() == over
    assert len(desk.mails.mails) == 2


def test_what_nobody_recorded_the_end_of_is_ended_by_the_next_sighting():
    desk = Desk(FREEZE)
    first = desk.see(severity=CRITICAL).incident
    desk.clock.advance(hours=2)

    second = desk.see(severity=CRITICAL, since=desk.clock.now()).incident

    assert second.id != first.id
    assert [one.step for one in desk.incidents.steps(first.id)] == [
        StepKind.OPENED,
        StepKind.CLOSED,
    ]
    assert len(desk.mails.mails) == 3


def test_what_was_only_told_is_over_an_hour_after_its_alarm_says_so():
    desk = Desk()
    desk.see(source="search-burn")
    desk.clock.advance(minutes=3)

    calm = desk.see(has_ended=True, source="search-burn").incident
    desk.clock.advance(minutes=60)
    over = desk.end()

    assert (calm.state, calm.step) == (IncidentState.OPEN, StepKind.CALMED)
    assert over.state is IncidentState.CLOSED
    assert len(desk.mails.mails) == 2


def test_of_two_alarms_of_a_scope_the_one_that_told_worst_says_when_it_is_over():
    desk = Desk()
    desk.see(source="band")
    desk.clock.advance(minutes=3)
    worse = desk.see(source="rate", severity=CRITICAL).incident
    desk.clock.advance(minutes=3)

    assert desk.see(has_ended=True, source="band").incident == worse
    assert desk.see(has_ended=True, source="rate").incident.step is StepKind.CALMED


def test_a_frozen_scope_that_is_quiet_for_being_frozen_stays_so_for_the_cool_down():
    desk = Desk(FREEZE)
    desk.see(severity=CRITICAL)
    desk.clock.advance(minutes=3)

    calm = desk.see(has_ended=True).incident
    desk.clock.advance(minutes=3)
    assert desk.see(has_ended=True).incident == calm

    assert (calm.state, calm.step) == (IncidentState.ACTING, StepKind.CALMED)
    assert desk.in_force() == ["freeze"]
    assert len(desk.mails.mails) == 1


def test_an_owner_lifts_it_at_once_and_the_record_says_who_and_why():
    desk = Desk(FREEZE)
    incident = desk.see(severity=CRITICAL).incident
    desk.clock.advance(minutes=5)

    done = desk.lift(incident.id)

    assert (done.was_over, done.incident.state) == (False, IncidentState.LIFTED)
    assert (done.incident.by, done.incident.note) == ("arn:owner", "a load test")
    assert desk.in_force() == []
    assert desk.lift(incident.id).was_over
    assert desk.lift("i-none") is None
    assert len(desk.mails.mails) == 2


def test_what_a_person_lifted_is_not_acted_on_again_for_the_same():
    desk = Desk(FREEZE, TIGHTEN)
    desk.lift(desk.see().incident.id)
    desk.clock.advance(minutes=20)

    assert desk.see().response is Response.NONE
    worse = desk.see(severity=CRITICAL)
    assert (worse.response, desk.in_force()) == (Response.NEW, ["freeze"])


def test_what_was_lifted_is_acted_on_again_when_the_quiet_time_is_over():
    desk = Desk(TIGHTEN)
    desk.lift(desk.see().incident.id)
    desk.clock.advance(hours=1)

    assert desk.see().response is Response.NEW


def test_a_sighting_of_before_the_end_opens_nothing_unless_it_is_worse():
    desk = Desk(FREEZE, TIGHTEN)
    desk.see()
    desk.clock.advance(hours=2)
    desk.end()

    late = NOON + timedelta(minutes=50)
    assert desk.see(seen_at=late).response is Response.NONE
    assert desk.see(seen_at=late, severity=CRITICAL).response is Response.NEW


def test_a_sighting_that_came_very_late_is_told_and_not_acted_on():
    desk = Desk(FREEZE)

    incident = desk.see(severity=CRITICAL, seen_at=NOON - LATE - timedelta(minutes=1)).incident

    assert (incident.state, desk.in_force()) == (IncidentState.OPEN, [])
    assert incident.note == "it was told too late to act on it"


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ({"team": "sales"}, "there is no team sales in sentry.yaml"),
        ({"model": "example.unheard-v1:0"}, "model example.unheard-v1:0 is not in sentry.yaml"),
    ],
)
def test_what_the_configuration_does_not_know_is_told_and_not_acted_on(scope, says):
    desk = Desk(FREEZE)

    incident = desk.see(severity=CRITICAL, scope=scope).incident

    assert incident.note.startswith(says)
    assert desk.in_force() == []
    [mail] = desk.mails.mails.values()
    assert mail.recipients == ("finops@example.com",)


def test_a_model_is_frozen_for_everybody():
    desk = Desk(FREEZE)

    desk.see(severity=CRITICAL, scope={"model": base_model_id(DEAR)})

    assert desk.in_force() == ["freeze"]


def test_more_scopes_than_may_be_within_an_hour_are_told_only():
    desk = Desk(TIGHTEN, scopes_per_hour_max=1)

    first, second = desk.see(), desk.see(scope={"team": "support"})

    assert first.incident.state is IncidentState.ACTING
    assert second.incident.state is IncidentState.OPEN
    assert second.incident.note.startswith("1 scopes were acted on within this hour")
    assert desk.in_force() == ["tighten"]
    desk.clock.advance(minutes=60)
    assert desk.see(scope={"team": "support"}, severity=CRITICAL).response is Response.MORE
    assert desk.in_force() == ["tighten"], "the first ended, the next hour has a share of its own"


def test_calls_of_a_scope_that_is_tightened_are_charged_to_it():
    desk = Desk(TIGHTEN)
    desk.see()

    applied = replace(desk.source.config, measures=desk.measures.on_record)

    assert [one.id for one in in_force(applied, NOON).budgets][1:] == [
        desk.measures.on_record[0].budget.id
    ]
