"""Records that were written by earlier versions are read for ever: they are in the journal."""

import json

import pytest

from cost_sentry.adapters.reservation_record import (
    record_text,
    reservation_from_record,
    reservation_to_record,
)
from cost_sentry.domain.budget import Unit
from tests.fakes.builders import budget, hold, reservation


@pytest.mark.parametrize("unit", list(Unit))
def test_a_hold_of_every_unit_survives_its_record(unit):
    held = reservation("r1", hold(1, budget(unit=unit)))

    text = record_text(reservation_to_record(held))

    assert reservation_from_record(json.loads(text)) == held
