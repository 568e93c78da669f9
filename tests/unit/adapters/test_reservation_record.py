"""Records that were written by earlier versions are read for ever: they are in the journal."""

import json

import pytest

from cost_sentry.adapters.reservation_record import (
    record_text,
    reservation_from_record,
    reservation_to_record,
    resolution_from_record,
    resolution_to_record,
)
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.reservation import ReservationState, external_use
from tests.fakes.builders import budget, hold, reservation


@pytest.mark.parametrize(
    ("path", "retry"), [(None, 0), (None, 2), ((), 0), ((), 2), (("a" * 12, "b" * 12), 0)]
)
def test_where_in_its_run_a_call_stood_survives_its_record(path, retry):
    held = reservation("r1", hold(), path_digests=path, retry=retry)

    assert reservation_from_record(json.loads(record_text(reservation_to_record(held)))) == held


def test_a_call_of_no_run_needs_no_room_for_it():
    plain, deep = reservation("r1", hold()), reservation("r1", hold(), path_digests=("a",), retry=1)

    assert reservation_to_record(deep) == [*reservation_to_record(plain), [["a"], 1]]


@pytest.mark.parametrize("unit", list(Unit))
def test_a_hold_of_every_unit_survives_its_record(unit):
    held = reservation("r1", hold(1, budget(unit=unit)))

    text = record_text(reservation_to_record(held))

    assert reservation_from_record(json.loads(text)) == held


@pytest.mark.parametrize("calls", [0, 1, 2, 10_000])
def test_how_many_calls_external_usage_was_survives_its_record(calls):
    held = reservation("r1", hold(), calls=calls)
    ended = external_use(held, held.reserved_at, state=ReservationState.SETTLED)

    assert reservation_from_record(json.loads(record_text(reservation_to_record(held)))) == held
    assert resolution_from_record(json.loads(record_text(resolution_to_record(ended)))) == ended
