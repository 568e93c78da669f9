"""The record of a sleep: which states follow, who works on it, what it saved."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from cost_sentry.domain.endpoint import Snapshot
from cost_sentry.domain.endpoint_sleep import (
    CLAIM,
    LEGAL,
    REFUSED_FOR,
    SleepState,
    Slept,
    answered,
    claimed,
    fell_asleep,
    first_sleep,
    moved,
    put_off,
    released,
    woken,
)
from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.sleep_tries import PAUSE_MAX, PAUSE_MIN, gave_up
from tests.fakes.builders import NOON, reservation
from tests.unit.domain.test_endpoint_plan import PRICES, endpoint

SNAPSHOT = Snapshot(endpoint=endpoint(), content='{"config":"a"}')
RECORD = first_sleep(SNAPSHOT, None, NOON)
HOUR = timedelta(hours=1)


def in_state(state: SleepState, **changes):
    return replace(RECORD, state=state, **changes)


@pytest.mark.parametrize(("before", "after"), list(product(SleepState, SleepState)))
def test_only_legal_states_follow(before, after):
    record = in_state(before)

    if after in LEGAL[before]:
        assert moved(record, after, NOON, "because").state is after
    else:
        with pytest.raises(InvariantViolated):
            moved(record, after, NOON, "because")


def test_nothing_is_taken_away_without_a_verified_snapshot():
    before = {state for state, following in LEGAL.items() if SleepState.FALLING_ASLEEP in following}

    assert before == {SleepState.VERIFIED}


def test_no_sleep_that_began_is_closed_without_an_answer_unless_somebody_else_ended_it():
    before = {state for state, following in LEGAL.items() if SleepState.CLOSED in following}

    assert before == {SleepState.ANSWERED, SleepState.ASLEEP, SleepState.RESTORING}


def test_every_write_has_a_revision_of_its_own():
    record, seen = RECORD, {RECORD.revision}
    for step in (
        lambda r: moved(r, SleepState.VERIFIED, NOON, ""),
        lambda r: claimed(r, NOON),
        released,
        lambda r: moved(r, SleepState.FALLING_ASLEEP, NOON, ""),
        lambda r: fell_asleep(r, NOON),
        lambda r: put_off(r, NOON, "no money", id_is_used=False),
    ):
        record = step(record)
        assert record.revision not in seen
        seen.add(record.revision)


def test_a_claim_keeps_others_away_for_a_while():
    record = claimed(RECORD, NOON)

    assert record.is_claimed(NOON + CLAIM - timedelta(seconds=1))
    assert not record.is_claimed(NOON + CLAIM)
    assert not released(record).is_claimed(NOON)


def test_the_next_sleep_has_another_number_and_goes_on_counting():
    ended = in_state(SleepState.CLOSED, total=Slept(sleeps=3, seconds=7))

    record = first_sleep(SNAPSHOT, ended, NOON)

    assert record.cycle == RECORD.cycle + 1
    assert record.total == Slept(sleeps=3, seconds=7)
    assert record.wake_id != RECORD.wake_id


def test_a_sleep_does_not_begin_while_another_has_not_ended():
    with pytest.raises(InvariantViolated):
        first_sleep(SNAPSHOT, in_state(SleepState.ASLEEP), NOON)


def test_what_is_saved_is_the_price_of_the_time_asleep():
    asleep = in_state(SleepState.ASLEEP, since=NOON)

    record = woken(asleep, reservation(), NOON + 10 * HOUR, "called", PRICES)

    assert record.total == Slept(seconds=36_000, saved_picodollars=14_080_000_000_000)


def test_a_saving_that_nobody_can_price_is_unknown_and_not_zero():
    asleep = in_state(SleepState.ASLEEP, since=NOON)

    record = woken(asleep, reservation(), NOON + HOUR, "called", {})

    assert record.total == Slept(seconds=3_600, unpriced_seconds=3_600)


def test_wakes_that_fail_are_tried_less_and_less_often_each_with_an_id_of_its_own():
    record, pauses, ids = in_state(SleepState.RESTORING), [], set()
    for _ in range(12):
        ids.add(record.wake_id)
        asleep = gave_up(record, NOON, "no capacity")
        pauses.append(asleep.not_before - NOON)
        record = woken(asleep, reservation(), NOON, "called", PRICES)

    assert pauses[0] == PAUSE_MIN
    assert pauses[-1] == PAUSE_MAX
    assert pauses == sorted(pauses)
    assert len(ids) == 12
    assert answered(record, NOON).failures == 0


def test_a_refused_wake_keeps_its_id_and_a_used_id_is_not_used_again():
    asleep = in_state(SleepState.ASLEEP)

    refused = put_off(asleep, NOON, "", id_is_used=False)
    assert refused.wake_id == asleep.wake_id
    assert refused.not_before == NOON + REFUSED_FOR
    assert put_off(asleep, NOON, "", id_is_used=True).wake_id != asleep.wake_id


def test_snapshots_that_would_restore_alike_have_the_same_digest_and_no_others():
    later = Snapshot(endpoint=endpoint(made_at=NOON), content=SNAPSHOT.content)

    assert later.digest == SNAPSHOT.digest
    assert replace(SNAPSHOT, content="{}").digest != SNAPSHOT.digest
    assert replace(SNAPSHOT, endpoint=endpoint("other")).digest != SNAPSHOT.digest
