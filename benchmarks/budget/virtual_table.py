"""A sentry on the simulator's model of DynamoDB: nothing takes time, and time is virtual.

The model takes 1,000 write units a second of one item, so an account must not grow for ever: its
stream is projected, in batches as the deployment makes them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.budget.bench_sentry import BenchSentry
from benchmarks.budget.wire_meter import WireMeter
from cost_sentry.adapters.dynamodb_alert_outbox import DynamoDbAlertOutbox
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_usage_cursors import DynamoDbStreamWatch
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.stream_records import streamed_entries
from cost_sentry.application.project_entries import project_entries
from cost_sentry.application.projection import StreamedEntry
from cost_sentry.domain.budget import Budget
from tests.fakes.recorded_alerts import RecordedAlerts
from tests.simulation.dynamodb.items import Written
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient
from tests.simulation.world import deployment_facts

BATCH_WAIT = timedelta(seconds=deployment_facts.trigger("STREAM_WAIT_SECONDS"))
BATCH_MAX = deployment_facts.trigger("STREAM_BATCH_MAX")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Record = dict[str, Any]


class VirtualClock:
    """Time that moves when the benchmark says so."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        """See ``application.ports.Clock``."""
        return self.time

    def microseconds(self) -> int:
        """For the model."""
        return (self.time - _EPOCH) // timedelta(microseconds=1)


class VirtualSentry:
    """These budgets on an empty table. Move time by ``at`` only.

    Args:
        start: the first moment.
        budgets: all of them.
        metered: count at the wire of a real boto3 client, see ``meter``.
        on_projection: what the meter counts projections as.
    """

    def __init__(
        self,
        start: datetime,
        *budgets: Budget,
        metered: bool = False,
        on_projection: str = "",
    ) -> None:
        self.clock = VirtualClock(start)
        model = DynamoDbModel(self.clock.microseconds)
        model.items.listen(self._listen)
        self.meter = WireMeter(model, self.clock)
        self._entries: list[tuple[datetime, StreamedEntry]] = []
        self._on_projection = on_projection
        self._number = 0
        self.batches = 0
        """Runs of the projection."""
        self.client = self.meter.client if metered else InstantClient(model)
        self.sentry = BenchSentry(
            client=self.client,
            budgets=budgets,
            clock=self.clock,
            pause=_nobody_else_writes,
            creates_table=False,
        )
        # One for all runs, as an environment that is used again has one: it knows what it wrote.
        self._journal = DynamoDbJournal(
            JournalCalls(self.client, self.sentry.table),
            LedgerCalls(self.client, self.sentry.table),
            _nobody_else_writes,
        )

    def at(self, moment: datetime) -> BenchSentry:
        """The sentry at this moment, which is not before the last one."""
        while self._entries and self._entries[0][0] + BATCH_WAIT <= moment:
            self.clock.time = self._entries[0][0] + BATCH_WAIT
            batch, self._entries = self._entries[:BATCH_MAX], self._entries[BATCH_MAX:]
            with self.meter.doing(self._on_projection):
                self._project([entry for _, entry in batch])
            self.batches += 1
        self.clock.time = moment
        return self.sentry

    def _listen(self, written: Sequence[Written]) -> None:
        for one in written:
            self._number += 1
            record = {"dynamodb": _change(one, self._number)}
            for entry in streamed_entries({"Records": [record]}):
                self._entries.append((self.clock.time, entry))

    def _project(self, entries: Sequence[StreamedEntry]) -> None:
        calls = LedgerCalls(self.client, self.sentry.table)
        done = project_entries(
            entries,
            journal=self._journal,
            outbox=DynamoDbAlertOutbox(calls, _nobody_else_writes),
            alerts=RecordedAlerts(),
            ledger=self.sentry.ledger,
            config=self.sentry.admission.config_source,
            limits=self.sentry.books,
            marks=DynamoDbStreamWatch(calls),
            clock=self.clock,
        )
        if done.failed_ids:
            raise RuntimeError(f"the projection refused {len(done.failed_ids)} records")


def _nobody_else_writes(_attempt: int) -> None:
    return None


def _change(one: Written, number: int) -> Record:
    return {
        "Keys": {"pk": {"S": one.key[0]}, "sk": {"S": one.key[1]}},
        "SequenceNumber": f"{number:021d}",
        **({} if one.before is None else {"OldImage": one.before}),
        **({} if one.after is None else {"NewImage": one.after}),
    }
