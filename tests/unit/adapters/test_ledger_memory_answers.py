"""What became of an id: asked of its shard, of those above it, and of the journal till it tells."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.entry_record import entry_text
from cost_sentry.adapters.journal_progress import progress_key
from cost_sentry.adapters.ledger_items import ShardState, adjusted_key, number, resolved_key
from cost_sentry.adapters.ledger_memory import (
    LOOKS_MAX,
    Memory,
    adopted_by_another,
    charged_when_expired,
)
from cost_sentry.adapters.ledger_writes import expired_text, pending_text, resolved_text
from cost_sentry.application.ports import Resolved, SameId
from cost_sentry.domain.errors import InvariantViolated, LedgerBehind, LedgerUnavailable
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import (
    ReservationState,
    ResolvedReservation,
    charged_in_full,
)
from cost_sentry.domain.shard import stamp_of
from tests.fakes.builders import NOON, hold, reservation, resolution
from tests.fakes.noted_calls import NotedCalls, shard_item

HELD = reservation("r1", hold(100), attempt="run.first")
ASKED = replace(HELD, attempt="another run.first")
SETTLED = resolution(40)
EXPIRED = charged_in_full(HELD, NOON)
TRUE = resolution(25)
REMEMBERED = {"ended": frozenset({stamp_of("r1")})}


def pending(held=HELD):
    return {held.request_id: pending_text(held)}


def expired(held=HELD, charged=EXPIRED):
    return {held.request_id: expired_text(held, charged)}


def last(of, resolved, kind=EntryKind.SETTLE):
    return entry_text(kind, NOON, reservation=of, resolution=resolved)


def journaled(ended=SETTLED, key=resolved_key):
    text = resolved_text(HELD, ended)
    return {**key("r1", HELD.account), "record": {"S": text}}


def shard(bits="", **state):
    return ShardState(place=f"search/web#{bits}" if bits else "search/web", **state)


class Journal(NotedCalls):
    """Has some items now, and more after so many looks were waited for."""

    def __init__(self, *items, later=(), after=0):
        super().__init__(*items)
        self._later, self._after, self.pauses = later, after, []

    def pause(self, attempt):
        self.pauses.append(attempt)
        if len(self.pauses) == self._after:
            super().__init__(*self._later)


def in_shard(state, *items, asked=ASKED, **more):
    calls = Journal(*items, **more)
    return Memory(calls, calls.pause).in_shard(state, asked), calls.pauses


SAME = SameId(reservation=HELD, resolution=SETTLED)


def test_an_id_that_runs_is_gone_on_with_by_its_own_execution_only():
    state = shard(pending=pending())

    assert in_shard(state, asked=replace(HELD, attempt="run.second"))[0] == HELD
    assert in_shard(state)[0] == SameId(reservation=HELD, resolution=None)


def test_an_id_that_nobody_remembers_is_free():
    assert in_shard(shard(ended=frozenset({"other"}))) == (None, [])


def test_an_expired_id_is_answered_with_what_it_was_charged():
    assert in_shard(shard(expired=expired()))[0] == SameId(reservation=HELD, resolution=EXPIRED)


def test_an_id_that_ended_last_in_its_shard_needs_no_look_at_the_journal():
    state = shard(entry=last(HELD, SETTLED), **REMEMBERED)

    assert in_shard(state) == (SAME, [])


@pytest.mark.parametrize(
    "entry",
    [
        last(replace(HELD, request_id="r2"), resolution(7)),
        entry_text(EntryKind.ALLOT, NOON, moves={"a@b": 1}),
        None,
    ],
    ids=["another call's end", "money that moved", "none"],
)
def test_an_end_that_the_journal_has_is_read_there(entry):
    assert in_shard(shard(entry=entry, **REMEMBERED), journaled()) == (SAME, [])


def test_an_end_that_is_on_its_way_is_waited_for():
    found = in_shard(shard(**REMEMBERED), later=[journaled()], after=3)

    assert found == (SAME, [0, 1, 2])


def test_an_end_that_does_not_arrive_is_waited_for_some_seconds():
    calls = Journal()

    with pytest.raises(LedgerBehind, match="'r1' was used a moment ago"):
        Memory(calls, calls.pause).in_shard(shard(**REMEMBERED), ASKED)
    assert calls.pauses == list(range(LOOKS_MAX)) == list(range(25))


@pytest.mark.parametrize(
    ("above", "answer"),
    [
        (
            {"pending": {"M": {"r1": {"S": pending_text(HELD)}}}},
            SameId(reservation=HELD, resolution=None),
        ),
        (
            {"expired": {"M": {"r1": {"S": expired_text(HELD, EXPIRED)}}}},
            SameId(reservation=HELD, resolution=EXPIRED),
        ),
        ({"entry": last(HELD, SETTLED)}, SAME),
    ],
    ids=["runs", "expired", "ended"],
)
@pytest.mark.parametrize("place", ["search/web#0", "search/web"])
def test_an_id_that_a_shard_above_held_is_answered_from_there(above, answer, place):
    state = shard("01", inherited=frozenset({stamp_of("r1")}))
    held = replace(answer.reservation, shard=place.partition("#")[2])
    if "entry" in above:
        held = answer.reservation

    found, pauses = in_shard(state, shard_item(place, **above))

    assert (found, pauses) == (replace(answer, reservation=held), [])


def test_the_shard_above_gives_a_running_call_to_its_own_execution():
    state = shard("01", inherited=frozenset({stamp_of("r1")}))
    above = shard_item("search/web#0", pending={"M": {"r1": {"S": pending_text(HELD)}}})

    found, _ = in_shard(state, above, asked=replace(HELD, attempt="run.second"))

    assert found == replace(HELD, shard="0")


def resolved_before(state, *items, ended=TRUE, **more):
    calls = Journal(*items, **more)
    pauses = calls.pauses
    mine = ResolvedReservation(reservation=HELD, resolution=ended)
    return Memory(calls, calls.pause).resolved_before(mine, state), pauses


def told(ended, *, first=False):
    resolved = ResolvedReservation(reservation=HELD, resolution=ended)
    return Resolved(resolved=resolved, first=first)


@pytest.mark.parametrize(
    "state", [None, shard(), shard(**REMEMBERED)], ids=["no shard", "forgotten", "remembered"]
)
def test_how_a_call_ended_is_read_from_the_journal(state):
    assert resolved_before(state, journaled()) == (told(SETTLED), [])


def test_whoever_ended_it_just_so_is_told_that_he_did():
    assert resolved_before(shard(), journaled(), ended=SETTLED)[0] == told(SETTLED, first=True)


def test_how_a_call_ended_is_read_from_its_shard_if_it_was_the_last():
    state = shard(entry=last(HELD, SETTLED), **REMEMBERED)

    assert resolved_before(state) == (told(SETTLED), [])


def test_what_was_charged_to_an_expired_call_is_read_from_its_shard():
    state = shard(expired=expired(), **REMEMBERED)

    assert resolved_before(state) == (told(EXPIRED), [])


@pytest.mark.parametrize("state", [None, shard(ended=frozenset({"other"}))])
def test_a_call_that_was_never_held_did_not_end(state):
    with pytest.raises(InvariantViolated, match="'r1' is neither pending nor resolved"):
        resolved_before(state)


def test_an_end_that_the_journal_does_not_have_yet_is_waited_for():
    found = resolved_before(shard(**REMEMBERED), later=[journaled()], after=2)

    assert found == (told(SETTLED), [0, 1])


def test_an_end_that_never_arrives_is_waited_for_some_seconds():
    calls = Journal()
    mine = ResolvedReservation(reservation=HELD, resolution=TRUE)

    with pytest.raises(LedgerUnavailable, match="how 'r1' ended a moment ago"):
        Memory(calls, calls.pause).resolved_before(mine, shard(**REMEMBERED))
    assert calls.pauses == list(range(LOOKS_MAX))


ADJUSTED = journaled(TRUE, adjusted_key)


def test_the_true_cost_of_an_expired_call_counts_once_it_is_known():
    for state in (None, shard()):
        assert resolved_before(state, journaled(EXPIRED)) == (told(EXPIRED), [])
    assert resolved_before(shard(), journaled(EXPIRED), ADJUSTED) == (told(TRUE, first=True), [])
    assert resolved_before(shard(), journaled(), ADJUSTED) == (told(SETTLED), [])


def progress(projected):
    return {**progress_key("search/web"), "projected": number(projected)}


def test_a_true_cost_that_is_on_its_way_to_the_journal_is_waited_for():
    later = [journaled(EXPIRED), ADJUSTED, progress(7)]
    now = [journaled(EXPIRED), progress(6)]

    found = resolved_before(shard(sequence=7, **REMEMBERED), *now, later=later, after=2)

    assert found == (told(TRUE, first=True), [0, 1])


def test_a_charge_stays_once_the_journal_has_every_entry_of_its_shard():
    state = shard(sequence=7, **REMEMBERED)

    assert resolved_before(state, journaled(EXPIRED), progress(7)) == (told(EXPIRED), [])


@pytest.mark.parametrize(
    ("state", "ended"),
    [(shard(sequence=7, **REMEMBERED), SETTLED), (shard(sequence=7), EXPIRED)],
    ids=["it did not expire", "its shard has forgotten it"],
)
def test_an_end_that_nothing_can_change_any_more_waits_for_no_entry(state, ended):
    assert resolved_before(state, journaled(ended), progress(6)) == (told(ended), [])


def test_a_charge_that_still_waits_for_its_true_cost_is_no_older_than_the_journals():
    state = shard(expired=expired(), **REMEMBERED)

    assert resolved_before(state, journaled(EXPIRED)) == (told(EXPIRED), [])


@pytest.mark.parametrize(
    ("held", "found"),
    [
        (replace(HELD, attempt="run.second"), True),
        (replace(HELD, attempt="other.second"), False),
        (replace(HELD, attempt="run.second", digest="other"), False),
    ],
)
def test_only_the_same_call_of_the_same_execution_is_followed(held, found):
    mine = ResolvedReservation(reservation=HELD, resolution=TRUE)
    charged = shard(expired=expired(held))

    assert adopted_by_another(shard(pending=pending(held)), HELD) == (held if found else None)
    assert charged_when_expired(charged, mine) == ((held, EXPIRED) if found else None)


@pytest.mark.parametrize(
    "ended",
    [EXPIRED, resolution(25, estimated=True), resolution(25, ReservationState.EXPIRED)],
    ids=["nobody knows", "estimated", "expired again"],
)
def test_only_a_true_cost_takes_the_place_of_a_charge(ended):
    mine = ResolvedReservation(reservation=HELD, resolution=ended)

    assert charged_when_expired(shard(expired=expired()), mine) is None


def test_nothing_is_followed_where_nothing_is():
    mine = ResolvedReservation(reservation=HELD, resolution=TRUE)

    for state in (None, shard()):
        assert adopted_by_another(state, HELD) is None
        assert charged_when_expired(state, mine) is None
