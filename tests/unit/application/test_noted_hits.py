"""What is kept of a call that a cache answered: once, without text, and explained."""

import json
from dataclasses import replace

import pytest

from cost_sentry.application.decision_log_ports import EntryNotWritable
from cost_sentry.application.explain_request import explain
from cost_sentry.application.note_decision import note_decision
from cost_sentry.application.recorded_calls import CACHED, RecordedCalls
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.admissions import Sentry
from tests.fakes.builders import NOON, budget
from tests.fakes.cached_calls import answer, asked, called, teams
from tests.fakes.memory_journal import MemoryJournal

CALL = 10 * 37


@pytest.fixture
def hit():
    """The decision about r2, and what was asked."""
    house = Sentry(budget(limit=1_000_000), teams=teams())
    called(house, asked("r1"), answer("the secret answer"))
    house.clock.advance(seconds=40)
    return called(house, asked("r2")), asked("r2"), house


def note(hit, log):
    decision, request, house = hit
    return note_decision(decision, request, log=lambda: log, clock=house.clock)


def test_a_hit_is_noted_once_however_often_its_id_is_answered(hit):
    log = MemoryJournal()

    assert [note(hit, log) for _ in range(3)] == [None, None, None]

    [noted] = log.decisions("r2")
    assert noted.decision.cached == hit[0].cached
    [day] = log.days("search/web", NOON.date(), NOON.date())
    assert (day.hits, day.avoided_picodollars) == (1, CALL)


def test_no_text_is_noted(hit):
    log = MemoryJournal()
    note(hit, log)

    [noted] = log.decisions("r2")

    assert "secret" not in repr(noted)
    assert "secret" not in json.dumps(str(hit[0]))
    assert noted.request.converse == {}


@pytest.mark.parametrize("fault", [LedgerUnavailable("gone"), EntryNotWritable("too large")])
def test_a_hit_is_answered_although_it_cannot_be_noted(hit, fault):
    class Broken(MemoryJournal):
        def record_hit(self, *_):
            raise fault

    assert note(hit, Broken()) == str(fault)


def test_it_is_explained_with_what_it_avoided(hit):
    log = MemoryJournal()
    note(hit, log)

    [found] = explain("r2", journal=log, books=hit[2].ledger)

    assert (found.decision, found.code) == (DecisionKind.ALLOW, ReasonCode.ANSWERED_FROM_CACHE)
    assert (found.cost_picodollars, found.reserved_picodollars, found.state) == (0, None, None)
    assert found.cached.avoided_picodollars == CALL
    assert [step.what for step in found.steps] == ["answer"]


def test_a_hit_does_not_explain_a_call_that_was_made_later_under_its_id(hit):
    log, house = MemoryJournal(), hit[2]
    note(hit, log)
    house.clock.advance(hours=2)
    called(house, asked("r2"))
    log.write(house.ledger.entries)

    cached, paid = explain("r2", journal=log, books=house.ledger)

    assert (cached.code, paid.code) == (ReasonCode.ANSWERED_FROM_CACHE, ReasonCode.WITHIN_BUDGETS)
    assert (paid.cost_picodollars, paid.cached) == (CALL, None)


def test_a_recorded_hit_is_a_call_of_its_day_unless_nobody_noted_what_it_asked(hit):
    log, house = MemoryJournal(), hit[2]
    note(hit, log)
    config = house.admission.config_source.config
    end = NOON.replace(hour=23)
    calls = RecordedCalls(start=NOON, end=end, config=config, price_book=house.book)
    [noted] = log.decisions("r2")

    calls.add(noted)
    calls.add(replace(noted, request=None))

    assert [call.request.request_id for call in calls.calls()] == ["r2"]
    assert calls.left_out == {CACHED: 1}
