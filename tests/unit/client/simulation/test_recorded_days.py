"""Recorded days as calls: which are read, what windows start with, what is told of both."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cost_sentry.application.journal_ports import RecordedPage, RecordSize
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.problems import Problem
from cost_sentry_client.simulation import recorded_days
from cost_sentry_client.simulation.recorded_days import Days, read_days, reading_cost
from tests.fakes.admissions import SmallBook, config
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.fakes.memory_journal import MemoryJournal

MONTHLY = budget("monthly", 10**9, window=WindowKind.MONTH)
DAY = Days(first=date(2026, 11, 21), count=1)
NOW = NOON + timedelta(days=2)


class Records:
    def __init__(self, *records):
        self.records, self.asked = records, []

    def pages(self, start, end):
        self.asked.append((start, end))
        found = tuple(r for r in self.records if start <= r.at <= end)
        yield RecordedPage(records=found[:1], scanned=900, read_units=40)
        yield RecordedPage(records=found[1:], scanned=100, read_units=2)


def settled(request_id, at, cost=40):
    held = reservation(request_id, hold(100, MONTHLY, at), now=at)
    ended = resolution(cost, resolved_at=at + timedelta(seconds=1))
    return LedgerEntry(
        account="search/web",
        sequence=1,
        kind=EntryKind.SETTLE,
        at=ended.resolved_at,
        reservation=held,
        resolution=ended,
    )


def read(*records, days=DAY, now=NOW, of=MONTHLY):
    journal, source = MemoryJournal(), Records(*records)
    journal.write([r for r in records if isinstance(r, LedgerEntry)])
    found = read_days(
        days,
        source,
        journal,
        before=config(of),
        after=config(of),
        price_book=SmallBook(),
        now=now,
        progress=lambda _: None,
    )
    return found, source


def test_the_calls_of_the_days_come_with_what_windows_had_posted_before():
    yesterday = settled("early", NOON - timedelta(days=1), cost=30)

    found, _ = read(yesterday, settled("r1", NOON), settled("r2", NOON + timedelta(days=1)))

    assert [one.request.request_id for one in found.calls] == ["r1"]
    assert found.posted == {"monthly@2026-11": 30}
    assert found.name == "2026-11-21"


def test_several_days_are_whole_days_of_utc():
    days = Days(first=date(2026, 11, 21), count=3)

    last = days.end - timedelta(seconds=2)
    found, source = read(settled("r1", days.start), settled("r2", last), days=days, now=days.end)

    assert len(found.calls) == 2
    assert found.name == days.text == "2026-11-21 and 2 days more"
    assert source.asked[0][0] == datetime(2026, 11, 21, tzinfo=UTC)
    assert Days(first=DAY.first, count=2).text == "2026-11-21 and 1 day more"


@pytest.mark.parametrize(
    ("window", "until"),
    [(WindowKind.DAY, DAY.end + timedelta(days=2)), (WindowKind.MONTH, NOW + timedelta(days=40))],
)
def test_nothing_is_read_that_came_when_all_was_over(window, until):
    later = NOW + timedelta(days=40)
    of = budget("monthly", 10**9, window=window)

    _, source = read(settled("r1", NOON), now=later, of=of)

    end_of_month = datetime(2026, 12, 3, tzinfo=UTC)
    assert source.asked[0][1] == min(until, end_of_month)


def test_what_was_read_and_what_records_do_not_hold_is_told():
    notes = " ".join(read(settled("r1", NOON))[0].notes)

    assert "1,000 items were read for it: 42 read units, $0.000006 at list price." in notes
    assert "Records hold no text." in notes
    assert "over" not in notes.split()
    assert "tried again" not in notes


def test_how_many_requests_were_tried_again_is_told():
    found, _ = read(settled("r1", NOON), settled("r1~2", NOON + timedelta(seconds=2)))

    assert len(found.calls) == 1
    assert "1 request was tried again: one call each" in " ".join(found.notes)


def test_a_day_that_is_not_over_and_one_whose_refusals_are_gone_are_told():
    today = read(settled("r1", NOON), now=NOON + timedelta(hours=1))[0].notes
    long_ago = read(settled("r1", NOON), now=NOON + timedelta(days=40))[0].notes

    assert "The last of these days is not over." in today
    assert "Refusals are kept for 30 days: those of these days may be gone." in long_ago


def test_a_day_without_calls_is_refused():
    with pytest.raises(Problem, match="no call is on record for 2026-11-21"):
        read(settled("late", NOON + timedelta(days=1)))


def test_more_calls_than_fit_into_memory_are_refused(monkeypatch):
    monkeypatch.setattr(recorded_days, "CALLS_MAX", 1)

    with pytest.raises(Problem, match="more than 1 calls are on record"):
        read(settled("r1", NOON), settled("r2", NOON + timedelta(seconds=9)))


def test_what_reading_costs_is_told_before_it_is_done():
    told = reading_cost(RecordSize(items=1_200_000, read_units=90_000))

    assert "1,200,000 items" in told
    assert "90,000 read units, $0.01125 at list price" in told


def test_who_tries_a_cap_on_children_is_told_what_is_not_known_of_trees():
    at = NOON + timedelta(hours=1)
    capped = budget("fan-out", 3, unit=Unit.CHILDREN, window=WindowKind.SESSION)

    with_cap, _ = read(settled("r1", at), of=capped)
    without, _ = read(settled("r1", at))

    told = [note for note in with_cap.notes if "children" in note]
    assert len(told) == 1
    assert not any("children" in note for note in without.notes)
