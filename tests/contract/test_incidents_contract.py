"""What every store of incidents must do: the real one on any DynamoDB, and the fake."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_incidents import DynamoDbIncidents
from cost_sentry.adapters.incident_record import incident_of, incident_text
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.incident_ports import Kept, Share
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.incident import Evidence, Incident, Lead, StepKind, scope_key
from cost_sentry.domain.incident_course import joined, opened, revised
from cost_sentry.domain.incident_end import closed, lifted
from tests.contract.engines import CONCURRENT, EVERY, MEMORY, TABLES, spoil
from tests.contract.race import race
from tests.fakes.builders import NOON
from tests.fakes.incident_desk import FREEZE, SEARCH, TIGHTEN, sighting
from tests.fakes.memory_incidents import MemoryIncidents

KEY = scope_key(SEARCH)
EVIDENCE = Evidence(
    application=Lead(name="search/größe", picodollars=10**13, of_picodollars=2 * 10**13),
    budget_id="search-daily",
    window_id="2026-11-21",
)
HOUR = Share(NOON, 2)


def first(**changes) -> Incident:
    return opened(None, sighting(**changes), TIGHTEN, EVIDENCE, NOON)


def worse(incident: Incident) -> Incident:
    later = sighting(severity=Severity.CRITICAL, seen_at=NOON + timedelta(minutes=5), usual=None)
    after = revised(incident, later, FREEZE, NOON + timedelta(minutes=6))
    assert after
    return after


def narrowed(incident: Incident) -> Incident:
    part = {**SEARCH, "application": "größe"}
    return joined(incident, sighting(scope=part), FREEZE, NOON + timedelta(minutes=8))


def test_a_record_of_before_an_incident_could_come_back_is_still_read():
    record = json.loads(incident_text(first()))
    newer = ("lasts_minutes", "awaited", "told_at", "joined", "acts_on", "narrowed_at")
    for name in (*newer, "adopted_at", "adopted"):
        del record[name]

    assert incident_of(json.dumps(record)) == first()


def test_a_step_of_another_version_is_read_and_told_as_it_calls_it():
    record = json.loads(incident_text(first()))
    record["step"] = "a-kind-of-a-newer-version"

    known = incident_of(json.dumps(record))

    assert known == replace(first(), step="a-kind-of-a-newer-version")
    assert json.loads(incident_text(known)) == record
    assert closed(known, NOON).step is StepKind.CLOSED


def test_a_record_says_what_is_taken_for_usual():
    usual = replace(first(), adopted_at=NOON, adopted=7)

    assert incident_of(incident_text(usual)) == usual


@pytest.fixture
def store(engine, request):
    if engine == MEMORY:
        return MemoryIncidents()
    return DynamoDbIncidents(request.getfixturevalue("table").items, pause)


@pytest.mark.parametrize("engine", EVERY)
class TestIncidents:
    def test_at_first_there_are_none(self, store):
        assert store.current(KEY) is None
        assert (list(store.latest()), list(store.steps("i-none"))) == ([], [])

    def test_every_revision_is_read_back_as_it_was_written_and_kept_for_good(self, store):
        revisions = [first(), worse(first())]
        revisions.append(narrowed(revisions[1]))
        revisions.append(lifted(revisions[2], "arn:owner", "größe", NOON + timedelta(hours=1)))
        for one in revisions:
            assert store.write(one) is Kept.WRITTEN

        assert store.current(KEY) == revisions[-1]
        assert list(store.steps(first().id)) == revisions
        assert list(store.latest()) == [revisions[-1]]

    def test_only_the_revision_that_follows_is_kept(self, store):
        store.write(first())

        for other in (first(), replace(worse(first()), revision=3)):
            assert store.write(other) is Kept.MET_ANOTHER

        assert store.current(KEY) == first()
        assert len(store.steps(first().id)) == 1

    def test_a_later_incident_takes_the_scopes_record_and_leaves_the_steps(self, store):
        over = closed(first(), NOON + timedelta(hours=1))
        second = opened(over, sighting(), TIGHTEN, EVIDENCE, NOON + timedelta(hours=2))
        for one in (first(), over, second):
            assert store.write(one) is Kept.WRITTEN

        assert list(store.latest()) == [second]
        assert list(store.steps(over.id)) == [first(), over]
        assert list(store.steps(second.id)) == [second]

    def test_every_scope_has_its_own(self, store):
        other = first(scope={"team": "support", "application": "desk=1,2"})
        store.write(first())
        store.write(other)

        assert store.current(scope_key(other.scope)) == other
        assert len(store.latest()) == 2

    def test_no_more_scopes_are_acted_on_than_the_hour_has_shares(self, store):
        scopes = [first(scope={"team": f"t{number}"}) for number in range(4)]
        outcomes = [store.write(one, HOUR) for one in scopes[:3]]

        assert outcomes == [Kept.WRITTEN, Kept.WRITTEN, Kept.TOO_MANY]
        assert store.current("team=t2") is None
        assert list(store.steps(scopes[2].id)) == []
        next_hour = Share(NOON + timedelta(hours=1), 2)
        assert store.write(scopes[2], next_hour) is Kept.WRITTEN
        assert store.write(scopes[3]) is Kept.WRITTEN

    def test_whoever_met_another_took_no_share(self, store):
        store.write(first(), HOUR)
        store.write(first(), HOUR)

        assert store.write(first(scope={"team": "support"}), HOUR) is Kept.WRITTEN


@pytest.mark.parametrize("engine", CONCURRENT)
def test_of_many_responders_at_once_one_is_first_and_the_shares_are_exact(store):
    outcomes = race(8, 8, lambda _: store.write(first(), Share(NOON, 5)))
    assert outcomes.count(Kept.WRITTEN) == 1

    others = [first(scope={"team": f"t{number}"}) for number in range(8)]
    more = race(8, 8, lambda number: store.write(others[number], Share(NOON, 5)))
    assert more.count(Kept.WRITTEN) == 4


@pytest.mark.parametrize("engine", TABLES)
class TestIncidentsOnATable:
    @pytest.mark.parametrize("text", ["{", "{}", '{"form": 2}', "[]"])
    def test_what_is_no_incident_is_not_guessed_at(self, table, store, text):
        store.write(first())
        spoil(table, "INCIDENTS", KEY, incident=text)

        with pytest.raises(LedgerUnavailable, match=f"INCIDENTS / {KEY} cannot be read"):
            store.current(KEY)

    def test_a_table_that_cannot_be_asked_is_unavailable(self, table):
        store = DynamoDbIncidents(LedgerCalls(table.client, "elsewhere"), pause)

        with pytest.raises(LedgerUnavailable):
            store.current(KEY)

    def test_a_record_that_cannot_be_read_hides_no_other(self, table, store):
        other = first(scope={"team": "support"})
        for one in (first(), other, worse(other)):
            store.write(one)
        spoil(table, "INCIDENTS", KEY, incident='{"form": 2}')
        spoil(table, f"INCIDENT#{other.id}", "STEP#000001", incident="{")

        latest, steps = store.latest(), store.steps(other.id)

        assert (list(latest), list(steps)) == ([worse(other)], [worse(other)])
        assert [one.name for one in latest.unreadable] == [KEY]
        assert f"INCIDENTS / {KEY} cannot be read: an incident of form 2" in latest.problems[0]
        assert [one.name for one in steps.unreadable] == ["STEP#000001"]

    def test_a_measure_that_cannot_be_read_is_of_its_incident_alone(self, table, store):
        store.write(first())
        record = json.loads(incident_text(first()))
        record["measure"] = [{**record["measure"][0], "kind": "of another version"}]
        spoil(table, "INCIDENTS", KEY, incident=json.dumps(record))

        assert [one.name for one in store.latest().unreadable] == [KEY]
