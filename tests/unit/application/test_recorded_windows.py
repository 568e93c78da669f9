"""What windows had posted before a recorded day, from their totals of now."""

from datetime import timedelta

from cost_sentry.application.recorded_windows import PostedBefore
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.reservation import charged_in_full
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.fakes.entries import Account
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.refusals import refusal

MONTHLY = budget("monthly", window=WindowKind.MONTH)
START = NOON.replace(hour=0)
NOW = NOON + timedelta(days=3)


def journal_of(*calls):
    """Of (cost, seconds after the start of the day) on the monthly budget."""
    account, journal = Account(), MemoryJournal()
    entries = []
    for number, (cost, second) in enumerate(calls):
        at = START + timedelta(seconds=second)
        name, held = f"r{number}", hold(100, MONTHLY, at)
        reserve = account.reserve(name, held, reserved_at=at)
        entries += [reserve, account.resolve(reserve, resolution(cost, resolved_at=at))]
    journal.write(entries)
    return journal, entries


def posted_before(journal, entries, *budgets, now=NOW):
    found = PostedBefore.read(budgets or (MONTHLY,), journal, start=START, now=now)
    for entry in entries:
        found.add(entry)
    return found.amounts()


def test_what_was_posted_from_the_start_on_is_taken_back():
    journal, entries = journal_of((30, -60), (40, 0), (50, 86_400))

    assert posted_before(journal, entries) == {"monthly@2026-11": 30}


def test_a_window_that_opens_with_the_day_or_later_starts_empty():
    journal, entries = journal_of((30, 60))
    daily, cap = budget("daily"), budget("cap", unit=Unit.IN_FLIGHT, window=WindowKind.NONE)

    assert posted_before(journal, entries, daily, cap) == {}


def test_a_window_without_end_has_posted_since_ever():
    forever = budget("monthly", window=WindowKind.NONE)
    journal, entries = journal_of((30, -60))

    assert posted_before(journal, entries, forever) == {"monthly@all": 0}
    assert posted_before(journal, [], MONTHLY, forever)["monthly@2026-11"] == 30


def test_a_budget_that_counted_something_else_starts_empty():
    tokens = budget("monthly", unit=Unit.TOKENS, window=WindowKind.MONTH)
    journal, _ = journal_of((30, -60))

    assert posted_before(journal, [], tokens) == {"monthly@2026-11": 0}


def test_a_cost_that_was_put_right_later_is_taken_back_as_it_was_posted():
    account, journal = Account(), MemoryJournal()
    at = START - timedelta(minutes=10)
    of = reservation("r1", hold(100, MONTHLY), reserved_at=at)
    expired = account.resolve(of, charged_in_full(of, START - timedelta(minutes=1)))
    adjusted = account.adjust(of, resolution(40, resolved_at=NOON))
    journal.write([expired, adjusted])

    assert posted_before(journal, [adjusted]) == {"monthly@2026-11": 100}


def test_what_is_posted_while_records_are_read_changes_nothing():
    journal, entries = journal_of((30, -60))
    _, later = journal_of((30, -60), (70, 86_400 * 4))

    assert posted_before(journal, [*entries, *later[2:]]) == {"monthly@2026-11": 30}


def test_totals_that_lag_behind_never_make_less_than_nothing():
    journal, entries = journal_of((30, 60))
    _, more = journal_of((30, 60), (50, 90))

    assert posted_before(journal, more) == {"monthly@2026-11": 0}
    assert posted_before(journal, [*entries, *refused()]) == {"monthly@2026-11": 0}


def refused():
    log = MemoryJournal()
    log.record(refusal(), NOON)
    return log.recorded
