"""Whatever order events, owners, waits and deaths come in: nothing twice, nothing lost.

The steps are {anomaly, worse, ended, owner lifts, cool-down, duplicate, second responder, death
between two writes}, drawn in every order by the real use cases over fakes that keep the stores'
contracts. A responder that died is repeated by its workflow in the end, as Step Functions does.
"""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.application.incident_notice import notice_key
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.incident import UNTOLD, IncidentState, StepKind
from cost_sentry.domain.measure import MeasureKind
from tests.fakes.admissions import FixedConfig
from tests.fakes.incident_desk import FREEZE, SEARCH, TIGHTEN, Desk

WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL
EVENTS = ("anomaly", "worse", "ended", "usual", "duplicate", "late")
STEPS = (*EVENTS, "lifts", "cool-down", "end", "minutes", "hours")
CALLS = ("write", "put", "lift", "record", "current")


class Died(LedgerUnavailable):
    """At this call, before it or after it was done."""


class Story:
    """One scope's events, and what was done about them."""

    def __init__(self) -> None:
        self.desk = Desk(FREEZE, TIGHTEN)
        self.events: list[dict] = []
        self.unanswered: list = []
        self.acted_at: list[tuple[str, str]] = []

    def run(self, step, death=None, rival=None):
        """One step, cut off or met by a rival at the n-th of its calls to a store."""
        verb = getattr(self, f"_{step.replace('-', '_')}")
        self._arm(death, rival)
        try:
            verb()
        except Died:
            self.unanswered.append(verb)
        finally:
            self._disarm()

    def settle(self):
        """Whoever died is repeated."""
        for verb in self.unanswered:
            verb()
        self.unanswered = []

    # ---- steps

    def _anomaly(self):
        self._tell(severity=WARNING, seen_at=self.desk.clock.now())

    def _worse(self):
        self._tell(severity=CRITICAL, seen_at=self.desk.clock.now())

    def _ended(self):
        self._tell(has_ended=True, seen_at=self.desk.clock.now())

    def _usual(self):
        self._tell(has_ended=True, is_adopted=True, seen_at=self.desk.clock.now())

    def _late(self):
        self._tell(severity=WARNING, seen_at=self.desk.clock.now() - timedelta(minutes=40))

    def _duplicate(self):
        if self.events:
            self.desk.see(**self.events[-1])

    def _lifts(self):
        found = self.desk.incidents.latest()
        if found:
            self.desk.lift(found[0].id)

    def _cool_down(self):
        self.desk.clock.advance(minutes=60)

    def _hours(self):
        self.desk.clock.advance(minutes=125)

    def _minutes(self):
        self.desk.clock.advance(minutes=7)

    def _end(self):
        self.desk.end()

    def _tell(self, **told):
        self.events.append(told)
        self.desk.see(**told)

    # ---- trouble

    def _arm(self, death, rival):
        calls = Counter()

        def trouble(call, done):
            calls[done] += 1
            here = (calls[done], done)
            if rival and here == rival and self.events:
                self._disarm()
                self.desk.see(**self.events[-1])
            if death and here == death:
                self._disarm()
                raise Died(f"at {call}")

        for store in self._stores:
            store.trouble = trouble

    def _disarm(self):
        for store in self._stores:
            store.trouble = lambda _call, _done: None

    @property
    def _stores(self):
        return self.desk.incidents, self.desk.measures, self.desk.mails


def holds(story):
    """At rest, when nobody has anything left to repeat."""
    desk, now = story.desk, story.desk.clock.now()
    incidents, on_record = desk.incidents.latest(), desk.measures.on_record
    assert len(incidents) <= 1, "one incident for a scope"
    steps = [
        one
        for found in {i.id for i in desk.incidents._steps}
        for one in desk.incidents.steps(found)
    ]
    revisions = [one.revision for one in desk.incidents._steps]
    assert revisions == list(range(1, len(revisions) + 1)), "every revision once, none missing"
    in_force = [one for one in on_record if one.is_in_force(now)]
    for incident in incidents:
        wanted = incident.measure
        expected = [] if wanted is None or incident.is_over or now >= wanted.until else [wanted.id]
        assert [one.id for one in in_force] == expected, "what is in force is what is on record"
        if incident.state is IncidentState.ACTING and now < incident.ends_at:
            assert expected, "an incident that is acted on has a measure"
            kind = MeasureKind.FREEZE if incident.severity is CRITICAL else MeasureKind.TIGHTEN
            assert wanted.kind is kind
    told = {f"incident/{one.id}/{one.told_revision}" for one in steps}
    assert set(desk.mails.mails) <= told, "no mail but for a revision"
    for found in {one.id for one in steps}:
        last = desk.incidents.steps(found)[-1]
        assert notice_key(last) in desk.mails.mails, "the latest news of each incident was told"
    worth = [one for one in steps if one.step not in UNTOLD]
    assert len(desk.mails.mails) <= len(worth), "no mail without news"
    for one in steps:
        if one.step is StepKind.LIFTED:
            assert one.by == "arn:owner"
            assert one.note == "a load test"


moments = st.one_of(st.none(), st.tuples(st.integers(1, 7), st.booleans()))
stories = st.lists(st.tuples(st.sampled_from(STEPS), moments, moments), min_size=1, max_size=14)


@settings(max_examples=400, deadline=None)
@given(stories)
def test_nothing_is_done_twice_and_nothing_is_lost_in_any_order(steps):
    story = Story()
    for step, death, rival in steps:
        story.run(step, death, rival)
    story.settle()
    holds(story)


@settings(max_examples=200, deadline=None)
@given(stories)
def test_after_a_person_lifted_it_no_one_who_comes_late_puts_it_in_force_again(steps):
    story = Story()
    story.run("anomaly")
    incident = story.desk.standing()
    unborn = incident.measure
    for step, death, rival in steps:
        story.run(step, death, rival)
    story.settle()
    story.desk.lift(incident.id)

    story.desk.measures.put(unborn)

    assert unborn.id not in {
        one.id for one in story.desk.measures.on_record if one.is_in_force(story.desk.clock.now())
    }


@pytest.mark.parametrize("first", EVENTS)
@pytest.mark.parametrize("second", STEPS)
@pytest.mark.parametrize("third", STEPS)
def test_every_order_of_three_with_a_death_at_every_write(first, second, third):
    for number in range(1, 8):
        for done in (False, True):
            story = Story()
            story.run(first)
            story.run(second, (number, done))
            story.run(third)
            story.settle()
            holds(story)


def test_a_sighting_in_vain_is_repeated_until_there_is_a_configuration():
    story = Story()
    applied, story.desk.source.config = story.desk.source.config, None
    assert isinstance(story.desk.source, FixedConfig)
    with pytest.raises(Exception, match="no configuration is in force"):
        story.run("anomaly")
    story.desk.source.config = applied

    story.run("duplicate")

    holds(story)
    assert story.desk.standing(SEARCH).state is IncidentState.ACTING
