"""Cursors of usage and marks of the stream, on every engine."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_usage_cursors import (
    DynamoDbStreamWatch,
    DynamoDbUsageCursors,
)
from cost_sentry.adapters.usage_cursor_record import cursor_from_text
from cost_sentry.application.usage_ports import CursorMoved
from cost_sentry.domain.external_usage import Base
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.usage_cursor import Intent, Minute, UsageCursor, new_cursor
from tests.contract.engines import EVERY, MEMORY, TABLES
from tests.fakes.builders import NOON
from tests.fakes.reconciliations import MINUTE, NOVA, MemoryCursors

USED = Counts(
    calls=1,
    picodollars=2 * 10**15,
    input_tokens=3,
    output_tokens=4,
    cache_read_tokens=5,
    cache_write_tokens=6,
)


def whole_cursor() -> UsageCursor:
    """With everything that a cursor may have."""
    return replace(
        new_cursor(NOVA, NOON),
        until=NOON + 9 * MINUTE,
        base=Base(metered=USED, own=Counts(calls=7), bound=Counts(output_tokens=8), booked=USED),
        minutes={NOON: Minute(metered=USED, booked=Counts(calls=1)), NOON + MINUTE: Minute()},
        number=41,
        intents=(
            Intent(number=42, minute=NOON, amounts=USED, price_version="2026-11-21+abc"),
            Intent(number=43, minute=NOON + MINUTE, amounts=Counts(calls=1), price_version=None),
            Intent(
                number=44,
                minute=NOON,
                amounts=USED,
                price_version="b",
                charged_as="amazon.nova-lite-v1:0",
            ),
        ),
    )


@pytest.mark.parametrize("engine", EVERY)
class TestUsageCursors:
    @pytest.fixture
    def cursors(self, engine, request):
        if engine == MEMORY:
            return MemoryCursors()
        return DynamoDbUsageCursors(request.getfixturevalue("table").items)

    def test_a_model_that_nobody_looked_at_has_none(self, cursors):
        assert cursors.read(NOVA) is None

    def test_what_was_written_is_read(self, cursors):
        written = cursors.write(whole_cursor())

        assert cursors.read(NOVA) == written == replace(whole_cursor(), version=1)
        assert cursors.read("other") is None

    def test_a_version_is_replaced_by_one_run_only(self, cursors):
        first = cursors.write(whole_cursor())
        second = cursors.write(replace(first, intents=()))

        for stale in (whole_cursor(), first):
            with pytest.raises(CursorMoved):
                cursors.write(stale)
        assert cursors.read(NOVA) == second

    def test_every_model_that_has_a_cursor_is_known_once(self, cursors):
        assert cursors.models() == []
        again = cursors.write(whole_cursor())
        cursors.write(replace(again, intents=()))
        cursors.write(new_cursor("us.amazon.nova-pro-v1:0", NOON))

        assert list(cursors.models()) == [NOVA, "us.amazon.nova-pro-v1:0"]

    def test_up_to_when_all_was_compared_never_goes_back(self, cursors):
        cursors.begun(NOON)
        assert cursors.surveyed() is None
        cursors.note_surveyed(NOON + MINUTE)
        cursors.note_surveyed(NOON)

        assert cursors.surveyed() == NOON + MINUTE

    def test_the_first_minute_is_the_one_after_the_first_run_for_good(self, cursors):
        first = cursors.begun(NOON + timedelta(seconds=59))

        assert first == NOON + MINUTE
        assert cursors.begun(NOON + timedelta(days=9)) == first


@pytest.mark.parametrize("engine", TABLES)
class TestStreamWatch:
    @pytest.fixture
    def items(self, table):
        return table.items

    def test_the_last_mark_that_came_through_counts_in_whatever_order_they_come(self, items):
        watch = DynamoDbStreamWatch(items)
        watch.tick(NOON)
        before = watch.carried()
        watch.note_carried(NOON + MINUTE)
        watch.note_carried(NOON)
        watch.note_failed(NOON + 2 * MINUTE)

        carried = watch.carried()
        assert before.until is None
        assert (carried.until, carried.failed_at) == (NOON + MINUTE, NOON + 2 * MINUTE)

    def test_another_environment_knows_the_first_minute_too(self, items):
        first = DynamoDbUsageCursors(items).begun(NOON)

        assert DynamoDbUsageCursors(items).begun(NOON + 5 * MINUTE) == first


def test_a_cursor_of_a_later_form_is_not_misread():
    with pytest.raises(ValueError, match="form 2"):
        cursor_from_text("[2,0,0,0,[[],[],[],[]],[],0,[]]", model_id=NOVA, version=1)
