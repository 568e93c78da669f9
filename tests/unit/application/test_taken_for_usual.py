"""What goes on for a day is taken for usual: the incident says so, and not that it is over."""

from datetime import timedelta

import pytest

from cost_sentry.application.respond_to_anomaly import Response
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.incident import IncidentState, StepKind, scope_key
from tests.fakes.incident_desk import DOLLAR, FREEZE, SEARCH, TIGHTEN, Desk

CRITICAL = Severity.CRITICAL
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEB = {**SEARCH, "application": "web"}
USUAL = {"has_ended": True, "is_adopted": True, "usual": 12 * DOLLAR, "is_compared": True}


def adopted(desk, **changes):
    """The detector tells it, of team search unless it says otherwise."""
    return desk.see(**{**USUAL, **changes})


def last_mail(desk):
    return list(desk.mails.mails.values())[-1]


def seen_for_a_day(desk, **changes):
    opened = desk.see(**changes).incident
    for _ in range(24 * 4):
        desk.clock.advance(minutes=15)
        desk.see(**changes)
    return opened


def test_what_was_told_only_is_over_at_once_in_one_mail_that_says_what_is_usual_now():
    desk = Desk()
    opened = seen_for_a_day(desk)

    done = adopted(desk)

    assert (done.response, done.is_awaited) == (Response.MORE, False)
    assert (done.incident.id, done.incident.state) == (opened.id, IncidentState.CLOSED)
    assert (done.incident.step, done.incident.adopted) == (StepKind.ADOPTED, 12 * DOLLAR)
    assert len(desk.mails.mails) == 2
    body = last_mail(desk).body
    assert "taken for usual now: $12.00 a minute since 2026-11-21 11:55Z" in body
    assert "stop who calls" in body
    assert "a budget or a" in body
    assert "no sign of it" not in body
    desk.clock.advance(hours=9)
    assert desk.end() == done.incident
    assert len(desk.mails.mails) == 2


def test_what_is_held_stays_held_until_its_time_and_its_end_says_what_is_usual_now():
    desk = Desk(TIGHTEN)
    seen_for_a_day(desk)
    until = desk.standing().measure.until

    done = adopted(desk)

    assert (done.incident.state, desk.in_force()) == (IncidentState.ACTING, ["tighten"])
    assert done.incident.measure.until == until
    assert "slowed it to" in last_mail(desk).body
    assert "taken for usual now: $12.00 a minute" in last_mail(desk).body
    desk.clock.time = done.incident.closes_at
    ended = desk.end()
    assert (ended.state, ended.step) == (IncidentState.CLOSED, StepKind.CLOSED)
    assert "anomaly taken for usual" in last_mail(desk).subject
    assert "no sign of it" not in last_mail(desk).body


def test_what_is_held_and_becomes_more_is_acted_on_and_is_not_usual_any_more():
    desk = Desk(FREEZE)
    seen_for_a_day(desk, severity=CRITICAL)
    adopted(desk, severity=CRITICAL)
    desk.clock.time = desk.standing().ends_at + MINUTE

    back = desk.see(severity=CRITICAL, seen=90 * DOLLAR).incident

    assert (back.adopted_at, back.adopted, desk.in_force()) == (None, None, ["freeze"])
    desk.clock.time = back.closes_at
    desk.end()
    assert "it is over: no sign of it" in last_mail(desk).body


def test_for_an_hour_the_same_is_not_told_of_a_wider_scope_and_then_it_is():
    desk = Desk()
    seen_for_a_day(desk, scope=WEB)
    adopted(desk, scope=WEB)

    assert desk.see(seen=14 * DOLLAR).response is Response.NONE
    desk.clock.advance(minutes=61)
    assert desk.see(seen=14 * DOLLAR).response is Response.NEW


@pytest.mark.parametrize(("seen", "response"), [(30, Response.NONE), (36, Response.NEW)])
def test_three_times_what_is_usual_now_is_told_at_once(seen, response):
    desk = Desk()
    seen_for_a_day(desk)
    adopted(desk)
    desk.clock.advance(minutes=5)

    told = desk.see(seen=seen * DOLLAR, usual=12 * DOLLAR, percent=seen * 100 // 12)

    assert told.response is response


def test_of_a_wider_incident_it_is_the_cause_that_is_taken_for_usual():
    desk = Desk()
    whole = desk.see().incident
    desk.clock.advance(minutes=6)
    narrowed = desk.see(scope=WEB, seen=11 * DOLLAR).incident
    assert (narrowed.id, dict(narrowed.cause)) == (whole.id, WEB)
    for _ in range(24):
        desk.clock.advance(hours=1)
        desk.see(scope=WEB, seen=11 * DOLLAR)

    assert adopted(desk).response is Response.KNOWN, "its part is told of by itself"
    assert desk.standing().state is IncidentState.OPEN
    done = adopted(desk, scope=WEB)

    assert (done.incident.id, done.incident.state) == (whole.id, IncidentState.CLOSED)


def test_an_incident_that_a_wider_scope_shows_too_is_not_the_wider_ones_to_end():
    desk = Desk()
    desk.see(scope=WEB, joined=(scope_key(SEARCH),))
    desk.clock.advance(minutes=30)

    assert adopted(desk).response is Response.NONE
    assert desk.standing(WEB).state is IncidentState.OPEN


def test_an_event_that_is_delivered_late_or_twice_ends_no_later_incident():
    desk = Desk()
    seen_for_a_day(desk)
    at = desk.clock.now()
    adopted(desk)
    assert adopted(desk, seen_at=at).response is Response.NONE
    desk.clock.advance(hours=5)
    later = desk.see(severity=CRITICAL).incident

    assert adopted(desk, seen_at=at).response is Response.KNOWN
    assert desk.standing().id == later.id
    assert desk.standing().state is IncidentState.OPEN


def test_that_nothing_is_known_of_is_no_incident():
    desk = Desk()

    assert adopted(desk).response is Response.NONE
    assert desk.mails.mails == {}


def test_what_a_person_lifts_afterwards_is_told_as_lifted():
    desk = Desk(FREEZE)
    opened = seen_for_a_day(desk, severity=CRITICAL)
    adopted(desk, severity=CRITICAL)

    desk.lift(opened.id)

    assert "anomaly lifted" in last_mail(desk).subject
    assert "the incident since 2026-11-21 11:55Z is lifted" in last_mail(desk).body
