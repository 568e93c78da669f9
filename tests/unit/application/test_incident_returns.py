"""What goes on, comes back or flaps is one incident, and the rule is asked with every sign."""

from datetime import timedelta

import pytest

from cost_sentry.application.respond_to_anomaly import Response
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import Action, AnomalyRule
from cost_sentry.domain.incident import IncidentState, StepKind
from cost_sentry.domain.incident_course import LATE
from cost_sentry.domain.measure import MEASURES_MAX
from tests.fakes.builders import NOON, measure
from tests.fakes.incident_desk import DOLLAR, FREEZE, SEARCH, TIGHTEN, Desk

CRITICAL = Severity.CRITICAL
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALARM = {"source": "band", "usual": None, "seen": None, "percent": None}


def test_each_time_that_it_comes_back_it_is_held_for_twice_as_long_up_to_a_day():
    desk = Desk(FREEZE)
    opened = desk.see(severity=CRITICAL).incident
    spells = []
    for _ in range(7):
        desk.clock.time = desk.standing().ends_at + MINUTE
        assert desk.in_force() == []
        back = desk.see(severity=CRITICAL)
        assert (back.response, back.incident.id) == (Response.MORE, opened.id)
        assert desk.in_force() == ["freeze"]
        spells.append(back.incident.ends_at - back.incident.at)

    assert spells == [2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR]


def test_it_is_told_again_that_it_came_back_not_sooner_than_an_hour_after_the_last_mail():
    desk = Desk(AnomalyRule(scope={}, action=Action.FREEZE, cool_down_minutes=5))
    desk.see()
    told = []
    for _ in range(6):
        desk.clock.time = desk.standing().ends_at + MINUTE
        desk.see()
        told.append((desk.clock.now() - NOON, len(desk.mails.mails)))

    assert [mails for _, mails in told] == [1, 1, 1, 2, 3, 4]
    last = list(desk.mails.mails.values())[-1]
    assert "anomaly goes on" in last.subject
    assert "it came back as soon as nothing kept it" in last.body


def test_what_comes_back_is_acted_on_by_the_rule_of_then():
    desk = Desk(FREEZE)
    desk.see(severity=CRITICAL)
    desk.rules(AnomalyRule(scope={}))
    desk.clock.advance(minutes=61)

    back = desk.see(severity=CRITICAL).incident

    assert (back.state, desk.in_force()) == (IncidentState.OPEN, [])
    assert back.note == "sentry.yaml says since then that it is told only"


def test_a_repeated_event_of_before_the_end_does_not_bring_it_back():
    desk = Desk(AnomalyRule(scope={}, action=Action.FREEZE, cool_down_minutes=5))
    desk.see()
    desk.clock.advance(minutes=20)

    assert desk.see(seen_at=NOON).response is Response.KNOWN
    assert desk.in_force() == []


def test_an_alarm_that_flaps_is_one_incident_one_mail_and_one_that_it_is_over():
    desk = Desk()
    for _ in range(20):
        desk.see(**ALARM)
        desk.clock.advance(minutes=3)
        desk.see(**ALARM, has_ended=True)
        desk.clock.advance(minutes=3)

    assert len(desk.mails.mails) == 1
    desk.clock.advance(minutes=58)
    assert desk.end().state is IncidentState.CLOSED
    assert len(desk.mails.mails) == 2


def test_signs_every_few_minutes_take_few_writes_and_few_measures():
    desk = Desk(FREEZE)
    for _ in range(96):
        desk.see(severity=CRITICAL)
        desk.clock.advance(minutes=5)
        assert desk.in_force() == ["freeze"]

    assert len(desk.incidents.every_step) <= 17
    assert len(desk.measures.on_record) <= 3
    assert len(desk.mails.mails) == 1


def test_one_workflow_waits_for_the_end_and_a_repetition_of_its_event_does_too():
    desk = Desk(FREEZE, TIGHTEN)
    assert desk.see().is_awaited
    assert desk.see().is_awaited, "whoever died after the first write is repeated"
    desk.clock.advance(minutes=40)
    assert not desk.see().is_awaited
    desk.clock.advance(minutes=1)
    assert desk.see(severity=CRITICAL).is_awaited
    desk.clock.advance(minutes=5)
    assert not desk.see(severity=CRITICAL).is_awaited


def test_much_more_than_was_told_is_told_of_the_same_severity_too():
    desk = Desk()
    desk.see(severity=CRITICAL, percent=400)
    desk.clock.advance(minutes=5)
    assert desk.see(severity=CRITICAL, percent=1_100).response is Response.KNOWN

    more = desk.see(severity=CRITICAL, percent=1_200)

    assert (more.response, more.incident.percent) == (Response.MORE, 1_200)
    assert len(desk.mails.mails) == 2
    assert desk.see(severity=CRITICAL, percent=2_000).response is Response.KNOWN


@pytest.mark.parametrize("seen", [{"percent": 1_200}, {"percent": None, "seen": 36 * DOLLAR}])
def test_what_a_person_lifted_is_told_anew_if_it_becomes_much_more(seen):
    desk = Desk(TIGHTEN)
    desk.lift(desk.see().incident.id)
    desk.clock.advance(minutes=10)
    assert desk.see(percent=1_100, seen=35 * DOLLAR).response is Response.NONE

    assert desk.see(**seen).response is Response.NEW
    assert desk.in_force() == ["tighten"]


class TestTheRuleIsAskedAgain:
    def test_when_the_next_hour_has_a_share(self):
        desk = Desk(FREEZE, scopes_per_hour_max=1)
        desk.see(severity=CRITICAL, scope={"team": "support"})
        desk.see(severity=CRITICAL)
        assert desk.standing().state is IncidentState.OPEN
        for _ in range(11):
            desk.clock.advance(minutes=5)
            desk.see(severity=CRITICAL)
        assert desk.standing().state is IncidentState.OPEN
        assert len(desk.mails.mails) == 2, "that there is no share is told once"
        desk.clock.advance(minutes=5)

        acted = desk.see(severity=CRITICAL)

        assert (acted.incident.step, acted.incident.note) == (StepKind.ACTED, "")
        assert acted.is_awaited
        assert acted.incident.measure.scope == SEARCH
        assert acted.incident.measure in desk.measures.on_record
        assert len(desk.mails.mails) == 3

    def test_when_a_measure_has_room(self):
        desk = Desk(FREEZE)
        for number in range(MEASURES_MAX):
            until = NOON + timedelta(minutes=6)
            desk.measures.put(measure(f"m{number}", scope={"team": "growth"}, until=until))
        desk.see(severity=CRITICAL)
        assert desk.standing().note.startswith("no measure has room")
        mails = len(desk.mails.mails)
        for _ in range(2):
            desk.clock.advance(minutes=5)
            desk.see(severity=CRITICAL)
        assert len(desk.mails.mails) == mails
        desk.clock.advance(minutes=5)

        desk.see(severity=CRITICAL)

        assert desk.in_force() == ["freeze"]
        assert desk.standing().state is IncidentState.ACTING

    def test_when_a_stricter_one_is_applied_meanwhile(self):
        desk = Desk()
        desk.see(severity=CRITICAL)
        desk.rules(FREEZE)
        desk.clock.advance(minutes=5)

        assert desk.see(severity=CRITICAL).incident.step is StepKind.ACTED
        assert desk.in_force() == ["freeze"]

    def test_when_a_timely_event_follows_a_late_one(self):
        desk = Desk(FREEZE)
        late = desk.see(severity=CRITICAL, seen_at=NOON - LATE - MINUTE).incident
        assert late.state is IncidentState.OPEN
        desk.clock.advance(minutes=1)

        acted = desk.see(severity=CRITICAL).incident

        assert (acted.id, acted.note, desk.in_force()) == (late.id, "", ["freeze"])

    def test_and_never_by_a_milder_one_or_for_a_late_sign(self):
        desk = Desk(FREEZE)
        desk.see(severity=CRITICAL)
        desk.rules(TIGHTEN)
        desk.clock.advance(minutes=31)
        desk.see(severity=CRITICAL)
        assert desk.in_force() == ["freeze"]

        told = Desk()
        told.see(severity=CRITICAL)
        told.rules(FREEZE)
        told.clock.advance(minutes=90)
        told.see(severity=CRITICAL, seen_at=NOON + MINUTE)
        assert told.in_force() == []
