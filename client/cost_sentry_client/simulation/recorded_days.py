"""Recorded days as calls, read from the journal of a deployment."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cost_sentry.application.journal_ports import RecordedRequests, RecordSize
from cost_sentry.application.ports import PriceBook
from cost_sentry.application.priced_models import priced
from cost_sentry.application.recorded_calls import RecordedCalls
from cost_sentry.application.recorded_windows import PostedBefore, Totals
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.money_display import spent_text
from cost_sentry_client.problems import Problem
from cost_sentry_client.simulation.source import CALLS_MAX, CallSource

READ_UNIT_PICODOLLARS = 125_000
"""List price of us-east-1: $0.125 for a million."""
REFUSALS_KEPT = timedelta(days=30)
ENDED_WITHIN = timedelta(days=2)
"""After a call was made nothing more is written about it: it ran, expired, or was put right."""
_NO_TEXT = (
    "Records hold no text. A call that was allowed as asked is taken for plain text without tools,"
    " and an output limit that is the default's for none; what was refused, routed, rerouted or"
    " shortened is on record as it was asked. A prompt that nobody estimated then has no estimate."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Whole days of UTC."""

    first: date
    count: int

    @property
    def start(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time.min, UTC)

    @property
    def end(self) -> datetime:
        """The first moment after them."""
        return self.start + timedelta(days=self.count)

    @property
    def text(self) -> str:
        """``2026-11-27``, or ``2026-11-27 and 6 days more``."""
        more = self.count - 1
        tail = f" and {more} {'day' if more == 1 else 'days'} more" if more else ""
        return f"{self.first.isoformat()}{tail}"


def reading_cost(size: RecordSize) -> str:
    """What it costs to read the records, before it is done."""
    dollars = spent_text(Unit.USD, size.read_units * READ_UNIT_PICODOLLARS)
    return (
        f"the journal is not ordered by time, so the whole table is read: {size.items:,} items"
        f" as DynamoDB last counted, {size.read_units:,} read units, {dollars} at list price"
    )


def read_days(
    days: Days,
    records: RecordedRequests,
    totals: Totals,
    *,
    before: SentryConfig,
    after: SentryConfig,
    price_book: PriceBook,
    now: datetime,
    progress: Callable[[str], None],
) -> CallSource:
    """Every call of these days, and what budget windows had posted before.

    Args:
        days: begun, at least.
        records: everything on record; read once, from end to end.
        totals: of budget windows.
        before: what decides now.
        after: what is tried; windows of its budgets are looked up too.
        price_book: see ``RecordedCalls``.
        now: records that are newer are not looked at.
        progress: is told how far it is.
    """
    budgets = (*before.budgets, *after.budgets)
    posted = PostedBefore.read(budgets, totals, start=days.start, now=now)
    book = priced(price_book, before.endpoint_models)
    found = RecordedCalls(start=days.start, end=days.end, config=before, price_book=book)
    scanned = units = 0
    for page in records.pages(days.start, _until(budgets, days, now)):
        scanned, units = scanned + page.scanned, units + page.read_units
        for record in page.records:
            found.add(record)
            posted.add(record)
        if len(found) > CALLS_MAX:
            raise _too_many(days)
        progress(f"{scanned:,} items read")
    calls = found.calls()
    if not any(call.is_counted for call in calls):
        raise _no_calls(days)
    notes = (*_notes(found, days, now, scanned=scanned, units=units), *_of_runs(budgets))
    return CallSource(name=days.text, calls=calls, posted=posted.amounts(), notes=notes)


def _until(budgets: Iterable[Budget], days: Days, now: datetime) -> datetime:
    """Later records change neither the calls nor any window that was open when they began."""
    ends = (budget.window_at(days.start).end or now for budget in budgets)
    return min(now, max(days.end, *ends) + ENDED_WITHIN)


def _notes(
    found: RecordedCalls, days: Days, now: datetime, *, scanned: int, units: int
) -> Iterator[str]:
    cost = spent_text(Unit.USD, units * READ_UNIT_PICODOLLARS)
    yield f"{scanned:,} items were read for it: {units:,} read units, {cost} at list price."
    yield _NO_TEXT
    yield (
        "Budget windows start with what they had posted when the first day began; one of a budget"
        " that is new starts empty."
    )
    if found.tried_again:
        some = "1 request was" if found.tried_again == 1 else f"{found.tried_again:,} requests were"
        yield f"{some} tried again: one call each, with what the last attempt used."
    for what, count in found.left_out.items():
        yield f"Left out: {count:,} {what}."
    if now < days.end:
        yield "The last of these days is not over."
    if days.start < now - REFUSALS_KEPT:
        yield "Refusals are kept for 30 days: those of these days may be gone."


def _of_runs(budgets: Iterable[Budget]) -> Iterator[str]:
    if any(budget.unit is Unit.CHILDREN for budget in budgets):
        yield (
            "Which children an agent had when the first day began is not known: those that call"
            " again count then."
        )


def _too_many(days: Days) -> Problem:
    return Problem(
        f"more than {CALLS_MAX:,} calls are on record for {days.text} (UTC)",
        where="--day, --days",
        fix="name fewer days; of a single day with so many, simulate a part with --requests",
        exit_code=ExitCode.REFUSED,
    )


def _no_calls(days: Days) -> Problem:
    return Problem(
        f"no call is on record for {days.text} (UTC)",
        where="--day",
        fix="name a day on which calls were made; the stage is the one that --stage says",
        exit_code=ExitCode.REFUSED,
    )
