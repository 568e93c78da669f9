"""What decides while the stored configuration cannot be read: one answer, and then the other."""

from datetime import timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.dynamodb_config_store import FRESH_FOR, IN_FORCE_FOR, CachedConfigSource
from cost_sentry.application.config_document import config_to_document
from cost_sentry.application.ports import Stored
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from tests.fakes.builders import ManualClock, budget
from tests.fakes.configurations import configuration

OLD, NEW = configuration(budget(limit=1)), configuration(budget(limit=2))
DOCUMENTS = {"old": config_to_document(OLD), "new": config_to_document(NEW)}
UNREADABLE = {**DOCUMENTS["old"], "format": 6}
STATES = ("old", "new", "unreadable", "away")


class Store:
    """What it was asked, when, and what it said."""

    def __init__(self, clock):
        self.clock, self.state = clock, "old"
        self.asked = []

    def stored(self):
        self.asked.append((self.clock.now(), self.state))
        if self.state == "away":
            raise LedgerUnavailable("away")
        if self.state == "unreadable":
            return Stored("newer", UNREADABLE, ())
        config = OLD if self.state == "old" else NEW
        return Stored(config.version, DOCUMENTS[self.state], ())

    def seen(self):
        """When a configuration was read last, and which; ``None``: never."""
        good = [(at, state) for at, state in self.asked if state in DOCUMENTS]
        return good[-1] if good else None


def answer(source):
    try:
        return source.current().version
    except ConfigurationError:
        return "unreadable"
    except LedgerUnavailable:
        return "away"


steps = st.lists(
    st.tuples(
        st.sampled_from((0.1, 0.9, 1, 2, 60, 299, 300, 900)), st.sampled_from((None, *STATES))
    ),
    min_size=1,
    max_size=60,
)


@given(st.sampled_from(STATES), steps)
def test_what_was_read_last_decides_for_five_minutes_and_then_nothing_until_one_can_be_read(
    first, steps
):
    clock = ManualClock()
    store = Store(clock)
    store.state = first
    source = CachedConfigSource(store, clock)
    for seconds, state in [(0, None), *steps]:
        clock.advance(seconds=seconds)
        store.state = state or store.state
        given = answer(source)
        asked_at, heard = store.asked[-1]
        seen = store.seen()
        assert clock.now() - asked_at < FRESH_FOR
        if heard in DOCUMENTS or (seen and asked_at - seen[0] < IN_FORCE_FOR):
            assert given == (OLD if seen[1] == "old" else NEW).version
            stands_in = heard not in DOCUMENTS
            assert (source.stand_in is not None) == stands_in
            if stands_in:
                assert source.stand_in.age_seconds == (asked_at - seen[0]) // timedelta(seconds=1)
        else:
            assert given == heard
            assert source.stand_in is None


@pytest.mark.parametrize("is_warm", [True, False])
@pytest.mark.parametrize("fault", ["unreadable", "away"])
def test_in_an_hour_of_calls_the_answer_changes_once_after_five_minutes(is_warm, fault):
    clock = ManualClock()
    store = Store(clock)
    source = CachedConfigSource(store, clock)
    if is_warm:
        answer(source)
    store.state = fault
    began = clock.now()
    told = []
    while clock.now() - began < timedelta(hours=1):
        told.append((answer(source), clock.now() - began))
        clock.advance(seconds=0.7)

    runs = [(said, next(each)[1]) for said, each in groupby(told, key=lambda one: one[0])]

    assert [said for said, _ in runs] == ([OLD.version, fault] if is_warm else [fault])
    assert runs[-1][1] - (IN_FORCE_FOR if is_warm else timedelta(0)) < FRESH_FOR * 2
