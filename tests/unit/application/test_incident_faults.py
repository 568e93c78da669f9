"""Incidents when something goes wrong: nothing is lost by being told or done again."""

from dataclasses import replace

import pytest

from cost_sentry.application.lift_incidents import lift_all
from cost_sentry.application.respond_to_anomaly import Response
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from cost_sentry.domain.incident import IncidentState, StepKind
from cost_sentry.domain.measure import MEASURES_MAX
from tests.fakes.builders import NOON, measure
from tests.fakes.incident_desk import DOLLAR, FREEZE, TIGHTEN, Desk

CRITICAL = Severity.CRITICAL


def test_without_room_for_a_measure_it_is_told_only_and_says_why():
    desk = Desk(FREEZE)
    for number in range(MEASURES_MAX):
        desk.measures.put(measure(f"m{number}"))

    incident = desk.see(severity=CRITICAL).incident

    assert (incident.state, incident.step) == (IncidentState.OPEN, StepKind.NOT_ACTED)
    assert incident.note.startswith(f"no measure has room: {MEASURES_MAX} measures")
    [mail] = desk.mails.mails.values()
    assert "told only" in mail.body


def test_a_repetition_makes_good_what_the_one_that_died_left_undone():
    desk = Desk(FREEZE)

    def dies(call, done):
        if call == "put":
            raise LedgerUnavailable("died")

    desk.measures.trouble = dies
    with pytest.raises(LedgerUnavailable):
        desk.see(severity=CRITICAL)
    assert (desk.in_force(), len(desk.mails.mails)) == ([], 0)
    desk.measures.trouble = lambda _call, _done: None

    assert desk.see(severity=CRITICAL).response is Response.KNOWN
    assert (desk.in_force(), len(desk.mails.mails)) == (["freeze"], 1)


def test_an_answer_that_was_lost_is_no_second_incident():
    desk = Desk(FREEZE)

    def lost(call, done):
        if call == "write" and done:
            raise LedgerUnavailable("the answer was lost")

    desk.incidents.trouble = lost
    with pytest.raises(LedgerUnavailable):
        desk.see(severity=CRITICAL)
    desk.incidents.trouble = lambda _call, _done: None

    assert desk.see(severity=CRITICAL).response is Response.KNOWN
    assert len(desk.mails.mails) == 1


def test_without_a_configuration_nothing_is_lost_by_being_told_again():
    desk = Desk()
    desk.source.config = None

    with pytest.raises(ConfigurationError, match=r"apply a sentry\.yaml first"):
        desk.see()


def test_a_run_that_ends_nothing_sets_limits_right():
    desk = Desk(TIGHTEN)
    desk.see()
    budget = desk.measures.on_record[0].budget
    desk.ledger.define(replace(budget, limit=99), budget.window_at(NOON).id)

    desk.end()

    assert desk.ledger.limits()[budget.id] == 6 * DOLLAR
    assert desk.end({"team": "support"}) is None


def test_all_are_lifted_at_once():
    desk = Desk(FREEZE, TIGHTEN)
    desk.see()
    desk.see(scope={"team": "support"}, severity=CRITICAL)
    desk.measures.put(measure("of somebody else"))

    lifted = lift_all("arn:owner", "all is well", desk.parts)

    assert {one.state for one in lifted} == {IncidentState.LIFTED}
    assert desk.in_force() == []
    assert lift_all("arn:owner", "all is well", desk.parts) == []
