"""When a shard forgets what the journal has kept, to the millisecond and to the stamp."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.journal_progress import number_set, progress_key
from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls
from cost_sentry.adapters.ledger_forgetting import STAMPS_MIN, forget_idle, forget_journaled
from cost_sentry.adapters.ledger_items import ShardState, number, place_key
from cost_sentry.domain.request_id import STAMP_KEPT
from tests.fakes.builders import NOON
from tests.fakes.moto_journal import journal_on_moto
from tests.fakes.noted_calls import NotedCalls, shard_item

PLACE = "search/web"
NOW = int(NOON.timestamp() * 1000)
LONG_AGO = NOW - STAMP_KEPT // timedelta(milliseconds=1)
"""The last moment of which a stamp is still kept."""
FADED = frozenset({"faded"})
FEW = frozenset({"one"})
ENOUGH = frozenset(f"stamp {n}" for n in range(STAMPS_MIN))
TOO_FEW = frozenset(f"stamp {n}" for n in range(STAMPS_MIN - 1))


def progress(projected, *missing):
    item = {**progress_key(PLACE), "projected": number(projected)}
    return item | ({"missing": number_set(frozenset(missing))} if missing else {})


def busy(*progresses, **shard):
    calls = NotedCalls(shard_item(PLACE, **shard), *progresses)
    forget_journaled(calls, PLACE, NOON)
    return [write["UpdateExpression"] for write in calls.updates]


def idle(*progresses, outcome=None, **shard):
    item = shard_item(PLACE, **shard)
    calls = NotedCalls(item, *progresses, outcome=outcome)
    done = forget_idle(calls, ShardState.of(item), NOON)
    return done, [write["UpdateExpression"] for write in calls.updates]


LAID_ASIDE = "SET faded = :ended, faded_sequence = :sequence REMOVE faded_at DELETE ended :ended"
LAID_ASIDE_AND_KEPT = (
    "SET faded = :ended, faded_sequence = :sequence, faded_at = :now DELETE ended :ended"
)
MARKED = "SET faded_at = :now"
DROPPED = "REMOVE faded, faded_at, faded_sequence"


def test_a_dozen_stamps_are_worth_a_write_and_fewer_are_not():
    assert busy(ended=ENOUGH) == [LAID_ASIDE]
    assert busy(ended=TOO_FEW) == []


def test_what_is_laid_aside_counts_as_kept_at_once_if_the_journal_has_its_last_entry():
    assert busy(progress(7), ended=ENOUGH, sequence=7) == [LAID_ASIDE_AND_KEPT]
    assert busy(progress(6), ended=ENOUGH, sequence=7) == [LAID_ASIDE]


@pytest.mark.parametrize(
    ("found", "writes"),
    [
        (progress(5), [MARKED]),
        (progress(4), []),
        (progress(9, 6), [MARKED]),
        (progress(9, 5), []),
        (progress(9, 3), []),
        (progress(9, 3, 6), []),
    ],
)
def test_stamps_begin_to_age_when_the_journal_misses_none_of_their_entries(found, writes):
    assert busy(found, faded=FADED, faded_sequence=5, ended=ENOUGH) == writes
    assert idle(found, faded=FADED, faded_sequence=5) == (len(writes), writes)


@pytest.mark.parametrize(
    ("faded_at", "ended", "writes"),
    [
        (LONG_AGO - 1, ENOUGH, [LAID_ASIDE]),
        (LONG_AGO, ENOUGH, []),
        (LONG_AGO - 1, TOO_FEW, []),
    ],
)
def test_stamps_that_faded_make_room_once_they_were_kept_long_enough(faded_at, ended, writes):
    assert busy(faded=FADED, faded_at=faded_at, ended=ended) == writes


@pytest.mark.parametrize(
    ("shard", "writes"),
    [
        ({"ended": FEW}, [LAID_ASIDE]),
        ({"ended": FEW, "faded": FADED, "faded_at": LONG_AGO - 1}, [LAID_ASIDE]),
        ({"ended": FEW, "faded": FADED, "faded_at": LONG_AGO}, []),
        ({"ended": FEW, "faded_at": NOW}, [LAID_ASIDE]),
        ({"faded": FADED, "faded_at": LONG_AGO - 1}, [DROPPED]),
        ({"faded": FADED, "faded_at": LONG_AGO}, []),
    ],
)
def test_an_idle_shard_forgets_step_by_step_however_little_it_remembers(shard, writes):
    assert idle(**shard) == (len(writes), writes)


def aged_by(clock, **shard):
    """What a run writes whose own clock says noon, and the ledger's says this."""
    calls = NotedCalls(shard_item(PLACE, **shard), progress(9))
    calls.answers_at = clock
    forget_journaled(calls, PLACE, NOON)
    forget_idle(calls, ShardState.of(shard_item(PLACE, **shard)), NOON)
    return calls.updates


@pytest.mark.parametrize("minutes", [-3, 3])
def test_stamps_age_by_the_ledgers_clock_and_not_by_that_of_whoever_looks(minutes):
    clock = NOON + timedelta(minutes=minutes)
    then = int(clock.timestamp() * 1000)
    kept = STAMP_KEPT // timedelta(milliseconds=1)

    for marked in aged_by(clock, faded=FADED, faded_sequence=5):
        assert marked["ExpressionAttributeValues"][":now"] == number(then)
    assert aged_by(clock, faded=FADED, faded_at=then - kept, ended=ENOUGH) == []
    assert len(aged_by(clock, faded=FADED, faded_at=then - kept - 1, ended=ENOUGH)) == 2


def test_a_step_that_another_run_took_first_is_not_counted():
    done, writes = idle(ended=FEW, outcome=ConditionFailed(item=None))

    assert (done, writes) == (0, [LAID_ASIDE])


def test_a_shard_that_is_not_there_has_nothing_to_forget():
    gone = NotedCalls()

    forget_journaled(gone, PLACE, NOON)

    assert forget_idle(gone, ShardState(place=PLACE, ended=FEW), NOON) == 0
    assert gone.updates == []


class Overtaken(LedgerCalls):
    """Another run changes the shard between the look and the write."""

    meanwhile = None

    def answered_at(self):
        return None  # The engine's own time is not that of these tests.

    def update(self, arguments):
        if self.meanwhile:
            self._client.put_item(TableName=self._table, Item=self.meanwhile)
        return super().update(arguments)


def overtaken(before, meanwhile, *progresses):
    """What stands in the shard when both are done."""
    with journal_on_moto() as store:
        calls = Overtaken(store.client, "ledger")
        for item in (shard_item(PLACE, **before), *progresses):
            store.client.put_item(TableName="ledger", Item=item)
        calls.meanwhile = None if meanwhile is None else shard_item(PLACE, **meanwhile)
        forget_journaled(calls, PLACE, NOON)
        forget_idle(calls, ShardState.of(shard_item(PLACE, **before)), NOON)
        return ShardState.of(calls.get(place_key(PLACE)))


FADED_FIFTH = {"faded": FADED, "faded_sequence": 5}
MARKED_BEFORE = {"faded": FADED, "faded_at": LONG_AGO - 1}


@pytest.mark.parametrize(
    ("before", "meanwhile"),
    [
        (FADED_FIFTH, {"faded": FADED, "faded_at": 5}),
        (FADED_FIFTH, {}),
        (MARKED_BEFORE, {"faded": FADED, "faded_at": 5}),
        ({**MARKED_BEFORE, "ended": ENOUGH}, {"faded": FADED, "faded_at": 5, "ended": FEW}),
        ({"ended": ENOUGH}, {"faded": FADED, "ended": FEW}),
    ],
    ids=["marked", "dropped", "marked anew", "laid aside again", "laid aside"],
)
def test_a_step_that_another_run_overtook_changes_nothing(before, meanwhile):
    found = overtaken(before, meanwhile, progress(9))

    assert found == ShardState.of(shard_item(PLACE, **meanwhile))


def test_stamps_that_the_journal_was_not_asked_about_are_not_marked():
    """Others were laid aside since the look, of which it lacks the last entry."""
    others = {"faded": FADED, "faded_sequence": 6}

    assert overtaken(FADED_FIFTH, others, progress(5)).faded_at == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FADED_FIFTH, {"faded": FADED, "faded_at": NOW}),
        (MARKED_BEFORE, {}),
        ({"ended": ENOUGH}, {"faded": ENOUGH, "faded_at": NOW}),
        ({**MARKED_BEFORE, "ended": ENOUGH}, {"faded": ENOUGH, "faded_at": NOW}),
    ],
)
def test_a_step_that_nobody_overtook_happens(before, after):
    found = overtaken(before, None, progress(9))

    assert found == ShardState(place=PLACE, sequence=7, **after)
