"""Incidents when something goes wrong: nothing is lost by being told or done again."""

from contextlib import suppress
from dataclasses import replace

import pytest

from cost_sentry.application.lift_incidents import lift_all
from cost_sentry.application.respond_to_anomaly import Response
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable, RecordUnreadable
from cost_sentry.domain.incident import IncidentState, StepKind
from cost_sentry.domain.measure import MEASURES_MAX, MeasureKind, MeasuresFull
from tests.fakes.builders import NOON, measure
from tests.fakes.incident_desk import DOLLAR, FREEZE, TIGHTEN, Desk

CRITICAL = Severity.CRITICAL


class Unreadable:
    """``ConfigSource`` of a version that this one cannot read."""

    def current(self):
        raise ConfigurationError("not JSON")


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

    done = lift_all("arn:owner", "all is well", desk.parts)

    assert {one.state for one in done.incidents} == {IncidentState.LIFTED}
    assert (desk.in_force(), done.problems, done.was_readable) == ([], (), True)
    assert lift_all("arn:owner", "all is well", desk.parts).incidents == ()


def test_lifting_all_leaves_what_was_approved_and_names_it():
    desk = Desk(FREEZE)
    desk.see(severity=CRITICAL)
    raised = measure(
        "ap-1", kind=MeasureKind.RAISE, scope={}, amount=7, budget_id="a", budget_kind="k"
    )
    desk.measures.put(raised)

    done = lift_all("arn:owner", "all is well", desk.parts)

    assert (desk.in_force(), done.approvals) == (["raise"], (raised,))


def test_without_a_configuration_that_can_be_read_all_are_lifted_and_mailed_later():
    desk = Desk(FREEZE)
    for team in ("search", "support"):
        desk.see(scope={"team": team}, severity=CRITICAL)
    readable, desk.source = desk.source, Unreadable()

    done = lift_all("arn:owner", "all is well", desk.parts)

    assert desk.in_force() == []
    assert {one.scope["team"] for one in done.incidents} == {"search", "support"}
    assert [problem.partition(": ")[2] for problem in done.problems] == ["not JSON"] * 2
    assert not any("lifted" in mail.subject for mail in desk.mails.mails.values())

    desk.source = readable
    for one in done.incidents:
        desk.lift(one.id)
    assert sum("lifted" in mail.subject for mail in desk.mails.mails.values()) == 2


def test_one_incident_that_cannot_be_lifted_keeps_no_other_from_it():
    desk = Desk(FREEZE)
    for team in ("search", "support"):
        desk.see(scope={"team": team}, severity=CRITICAL)
    first, second = desk.incidents.latest()

    def trouble(call, done):
        if (call, done) == ("write", False):
            desk.incidents.trouble = lambda _call, _done: None
            raise LedgerUnavailable("throttled")

    desk.incidents.trouble = trouble
    done = lift_all("arn:owner", "all is well", desk.parts)

    assert [one.id for one in done.incidents] == [second.id]
    assert done.problems == (f"{first.id}: throttled",)


def test_who_cannot_learn_what_became_of_one_lifts_the_others_and_says_so():
    desk = Desk(FREEZE)
    for team in ("search", "support"):
        desk.see(scope={"team": team}, severity=CRITICAL)
    first, second = desk.incidents.latest()
    reads = []

    def trouble(call, done):
        if (call, done) == ("current", False):
            reads.append(call)
            if len(reads) <= 2:
                raise LedgerUnavailable("throttled")

    desk.incidents.trouble = trouble
    done = lift_all("arn:owner", "all is well", desk.parts)

    assert [one.id for one in done.incidents] == [second.id]
    assert done.problems == (
        f"{first.id}: throttled",
        f"{first.id}: nobody knows whether it is over: throttled",
    )
    assert desk.in_force() == []


def test_an_incident_that_cannot_be_read_stops_the_response_to_no_other_scope_and_is_told():
    desk = Desk(FREEZE)
    desk.see(severity=CRITICAL)
    desk.incidents.unreadable = frozenset({"team=search"})

    done = desk.see(scope={"team": "support"}, severity=CRITICAL)

    assert (done.response, desk.in_force()) == (Response.NEW, ["freeze", "freeze"])
    assert done.unreadable == ("team=search",)
    assert len(desk.mails.mails) == 2
    with pytest.raises(RecordUnreadable):
        desk.see(severity=CRITICAL)


def test_of_all_that_is_lifted_what_cannot_be_read_is_told_and_keeps_nothing_else():
    desk = Desk(FREEZE)
    desk.see(severity=CRITICAL)
    desk.see(scope={"team": "support"}, severity=CRITICAL)
    desk.incidents.unreadable = frozenset({"team=search"})

    done = lift_all("arn:owner", "all is well", desk.parts)

    assert [dict(one.scope) for one in done.incidents] == [{"team": "support"}]
    assert (done.problems, done.unreadable) == ((), ("team=search",))
    assert [dict(one.scope) for one in done.restraints] == [{"team": "search"}, {"team": "support"}]
    assert desk.in_force() == []


def test_a_runaway_is_frozen_however_much_was_approved():
    desk = Desk(FREEZE)
    for number in range(MEASURES_MAX):
        with suppress(MeasuresFull):
            desk.measures.put(
                measure(f"ap-{number}", kind=MeasureKind.GRANT, price_class="premium")
            )

    assert desk.see(severity=CRITICAL).incident.state is IncidentState.ACTING
    assert "freeze" in desk.in_force()
