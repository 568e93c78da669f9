"""Records that were written by earlier versions are read for ever: they are in the journal."""

import json
from datetime import UTC, datetime

import pytest

from cost_sentry.adapters.reservation_record import (
    record_text,
    reservation_from_record,
    reservation_to_record,
    resolution_from_record,
)
from cost_sentry.domain.budget import Unit
from tests.fakes.builders import budget, hold, reservation

FIRST = (
    '{"acct":"search/web","ask":"amazon.nova-lite-v1:0","at":1795262400000,"book":"b","dec":"ALLOW",'
    '"dig":"d","exp":1795262820000,"hold":[["search-daily","2026-11-21","usd",100],'
    '["search-weekly","2026-W47","tokens",80],["search-ever","all","usd",100]],"id":"r1","in":30,'
    '"out":50,"pri":"normal","quo":100,"tags":{"team":"search"},"try":"a","use":"amazon.nova-lite-v1:0"}'
)
"""As the first version wrote it."""


def test_a_reservation_of_the_first_version_is_read():
    held = reservation_from_record(json.loads(FIRST))

    assert [(h.key, h.unit, h.amount) for h in held.holds] == [
        ("search-daily@2026-11-21", Unit.USD, 100),
        ("search-weekly@2026-W47", Unit.TOKENS, 80),
        ("search-ever@all", Unit.USD, 100),
    ]
    assert held.reserved_at == datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert held.output_limit_tokens == 50


def test_a_resolution_of_the_first_version_is_read():
    record = {"at": 1795262400000, "cost": 40, "est": False, "state": "SETTLED", "tok": 25}

    ended = resolution_from_record({**record, "use": [5, 10, 5, 3, 2], "why": "usage reported"})

    assert ended.usage.prompt_tokens == 15
    assert ended.posting(hold(100, budget(unit=Unit.TOKENS))) == 25


@pytest.mark.parametrize("unit", list(Unit))
def test_a_hold_of_every_unit_survives_its_record(unit):
    held = reservation("r1", hold(1, budget(unit=unit)))

    text = record_text(reservation_to_record(held))

    assert reservation_from_record(json.loads(text)) == held
