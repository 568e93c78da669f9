"""Carry the entries that left the account items into the journal, the totals and the alerts.

Entries of one shard come in order, perhaps repeatedly; those of different shards in any order.
Whatever fails is handed back and delivered again, so every step can be repeated without harm.
Between them come refusals that found a budget used up; they move no money, and may raise an alert.
And marks, by which others know how far the journal is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cost_sentry.application.decision_log_ports import EntryNotWritable
from cost_sentry.application.entry_sequence import Gap, advanced
from cost_sentry.application.journal_ports import AlertOutbox, Alerts, Journal, Limits
from cost_sentry.application.ports import Clock, ConfigSource
from cost_sentry.application.projection import Projection, StreamedEntry
from cost_sentry.application.record_alerts import BudgetWindow, record_alerts
from cost_sentry.application.send_alerts import send_alerts
from cost_sentry.domain.alert import AlertKey
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from cost_sentry.domain.figures import figures_of
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.spend import postings_of

SENDS_MAX = 10
"""Mails per run: a storm must not hold up the projection."""


class Forgetful(Protocol):
    """The part of ``Ledger`` that the projection needs."""

    def forget(self, place: str, now: datetime) -> None:
        """Drop resolved reservations that the journal holds."""
        ...


class StreamMarks(Protocol):
    """Who is told how far the entries came. Raises ``LedgerUnavailable``."""

    def note_carried(self, at: datetime) -> None:
        """A mark that was sent then came through; what was written before it did too."""
        ...

    def note_failed(self, at: datetime) -> None:
        """Entries could not be journaled at this moment."""
        ...


def project_entries(
    batch: Sequence[StreamedEntry],
    *,
    journal: Journal,
    outbox: AlertOutbox,
    alerts: Alerts,
    ledger: Forgetful,
    config: ConfigSource,
    limits: Limits,
    marks: StreamMarks,
    clock: Clock,
) -> Projection:
    """Project a batch. Never raises for what a later delivery can put right.

    Args:
        batch: records of the stream, each shard's in its order.
        journal: where entries and totals are kept.
        outbox: where alerts wait for sending.
        alerts: how they are sent.
        ledger: forgets what the journal now holds.
        config: budgets, thresholds and owners.
        limits: of the budgets, as in force.
        marks: told how far this is.
        clock: the time of the run.
    """
    run, now = _Run(batch), clock.now()
    new = _write(run, journal)
    repeated = len(run.open()) - len(new)
    recorded = _record_alerts(
        run, journal=journal, outbox=outbox, config=config, limits=limits, now=now
    )
    gaps = _advance(run, journal)
    _forget(run, ledger, now)
    _note(run, marks, now)
    sending = send_alerts(outbox, alerts, clock, SENDS_MAX)
    return Projection(
        failed_ids=run.failed_ids(),
        problems=tuple(run.problems),
        new=len(new),
        figures=figures_of(new),
        repeated=max(repeated, 0),
        gaps=gaps,
        alerts=recorded,
        sending=sending,
    )


class _Run:
    """Which records of a batch are still good: a shard stops at its first failing record."""

    def __init__(self, batch: Sequence[StreamedEntry]) -> None:
        self.problems: list[str] = []
        self._batch = batch
        self._blocked_from: dict[str, int] = {}
        for record in batch:
            if not record.is_known:
                self.block(record, record.problem)

    def open(self) -> list[tuple[StreamedEntry, LedgerEntry]]:
        """The records that have not failed, with their entries, in order."""
        return [
            (record, record.entry)
            for position, record in enumerate(self._batch)
            if record.entry is not None and not self._is_blocked(position)
        ]

    def refused(self) -> set[BudgetWindow]:
        """The budget windows that refusals found used up, as far as they have not failed."""
        return {
            record.used_up
            for position, record in enumerate(self._batch)
            if record.used_up is not None and not self._is_blocked(position)
        }

    def marks(self) -> list[datetime]:
        """When the marks were sent that are in it."""
        return [record.mark for record in self._batch if record.mark is not None]

    def places(self) -> dict[str, list[int]]:
        """The sequences that have not failed, by shard."""
        found: dict[str, list[int]] = {}
        for record, entry in self.open():
            found.setdefault(record.place, []).append(entry.sequence)
        return found

    def block(self, record: StreamedEntry, problem: str) -> None:
        """Fail this record and its shard's later ones."""
        position = self._batch.index(record)
        first = min(position, self._blocked_from.get(record.place, position))
        self._blocked_from[record.place] = first
        self.problems.append(problem)

    def block_place(self, place: str, problem: str) -> None:
        """Fail all records of a shard."""
        self._blocked_from[place] = 0
        self.problems.append(problem)

    def block_from(self, record: StreamedEntry, problem: str) -> None:
        """Fail this record and all later ones, of whatever shard."""
        first = self._batch.index(record)
        for position in range(len(self._batch) - 1, first - 1, -1):
            place = self._batch[position].place
            self._blocked_from[place] = min(position, self._blocked_from.get(place, position))
        self.problems.append(problem)

    def block_all(self, problem: str) -> None:
        """Fail all records."""
        self._blocked_from = {record.place: 0 for record in self._batch}
        self.problems.append(problem)

    def failed_ids(self) -> tuple[str, ...]:
        """What the stream shall deliver again."""
        return tuple(r.record_id for i, r in enumerate(self._batch) if self._is_blocked(i))

    def _is_blocked(self, position: int) -> bool:
        return position >= self._blocked_from.get(self._batch[position].place, len(self._batch))


def _write(run: _Run, journal: Journal) -> Sequence[LedgerEntry]:
    """Write what is good; the entries that were new."""
    try:
        return journal.write([entry for _, entry in run.open()])
    except (EntryNotWritable, LedgerUnavailable):
        return _write_singly(run, journal)


def _write_singly(run: _Run, journal: Journal) -> Sequence[LedgerEntry]:
    """One at a time, so that an entry that cannot be written fails for its own shard only.

    And so that a table that seldom answers gets some more each time: all at once would never pass.
    """
    new: list[LedgerEntry] = []
    refused: set[str] = set()
    for record, entry in run.open():
        if record.place in refused:
            continue
        try:
            new += journal.write([entry])
        except EntryNotWritable as error:
            refused.add(record.place)
            run.block(record, str(error))
        except LedgerUnavailable as error:
            run.block_from(record, str(error))
            break
    return new


def _record_alerts(
    run: _Run,
    *,
    journal: Journal,
    outbox: AlertOutbox,
    config: ConfigSource,
    limits: Limits,
    now: datetime,
) -> tuple[AlertKey, ...]:
    """A crossing that could not be recorded comes again with its records; none is lost."""
    windows = {(p.budget_id, p.window_id) for _, entry in run.open() for p in postings_of(entry)}
    try:
        return record_alerts(
            windows,
            journal=journal,
            outbox=outbox,
            config=config,
            limits=limits,
            now=now,
            refused=run.refused(),
        )
    except LedgerUnavailable as error:
        run.block_all(str(error))
    except ConfigurationError as error:
        run.problems.append(f"no alert could be considered: {error}")
    return ()


def _advance(run: _Run, journal: Journal) -> tuple[Gap, ...]:
    """Note how far each shard has come, after all that depends on its entries is done."""
    found: list[Gap] = []
    for place, sequences in run.places().items():
        try:
            before = journal.progress(place)
            after, gaps = advanced(place, before, sequences)
            if after != before:
                journal.advance(place, before, after)
            found += gaps
        except LedgerUnavailable as error:
            run.block_place(place, str(error))
    return tuple(found)


def _forget(run: _Run, ledger: Forgetful, now: datetime) -> None:
    """Housekeeping; what cannot be forgotten now is forgotten later."""
    for place in run.places():
        try:
            ledger.forget(place, now)
        except LedgerUnavailable as error:
            run.problems.append(f"account {place!r} was not tidied: {error}")
            return


def _note(run: _Run, marks: StreamMarks, now: datetime) -> None:
    """A mark beside entries that failed is not noted; another will be sent."""
    try:
        if run.failed_ids():
            marks.note_failed(now)
        elif run.marks():
            marks.note_carried(max(run.marks()))
    except LedgerUnavailable as error:
        run.problems.append(f"how far the journal is was not noted: {error}")
