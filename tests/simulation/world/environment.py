"""One execution environment: the real use cases over the real adapters, as bootstrap builds them.

Its client, clock and pauses are the simulation's; everything between them is what runs in Lambda.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property, lru_cache
from typing import Any

from cost_sentry.adapters import system_clock
from cost_sentry.adapters.cached_circuits import CachedCircuits
from cost_sentry.adapters.cached_sleepers import CachedSleepers
from cost_sentry.adapters.dynamodb_alert_outbox import DynamoDbAlertOutbox
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_circuits import DynamoDbCircuits
from cost_sentry.adapters.dynamodb_config_store import CachedConfigSource, DynamoDbConfigStore
from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.dynamodb_retries import DynamoDbRetries
from cost_sentry.adapters.dynamodb_run_trees import DynamoDbRunTrees, KnownRunTrees
from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps
from cost_sentry.adapters.dynamodb_usage_cursors import DynamoDbStreamWatch
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.s3_emergency_store import S3EmergencyStore
from cost_sentry.adapters.s3_objects import S3Objects
from cost_sentry.adapters.sns_alerts import SnsAlerts
from cost_sentry.application.admit_request import Admission
from cost_sentry.application.circuit_check import CircuitAdvice
from cost_sentry.application.count_calls import CountedJournal
from cost_sentry.application.emergency_admission import EmergencyAdmission
from cost_sentry.application.emergency_ports import Outage, OutcomeKeeper
from cost_sentry.application.keep_emergency_allowances import AllowanceKeeper
from cost_sentry.application.ports import PriceBook
from cost_sentry.application.watch_models import ModelWatch
from cost_sentry.bootstrap import STORE_SECONDS_MAX, UPKEEP_SECONDS_MAX
from cost_sentry.domain.decision import Decision
from tests.simulation.world import latencies
from tests.simulation.world.scheduler import Scheduler

TABLE = "ledger"
REGION = "us-east-1"
BUCKET = "emergency"


class SkewedClock:
    """``application.ports.Clock`` on virtual time.

    Args:
        start: of the simulation.
        skew_seconds: how far this clock is ahead.
    """

    def __init__(self, scheduler: Scheduler, start: datetime, skew_seconds: int = 0) -> None:
        self._scheduler = scheduler
        self._start = start + timedelta(seconds=skew_seconds)
        self.skew_seconds = skew_seconds

    def now(self) -> datetime:
        """See the port."""
        return self._start + timedelta(milliseconds=self._scheduler.now // latencies.MILLISECOND)


def start_of(text: str) -> datetime:
    """A moment of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@lru_cache(maxsize=16)
def http_date(start: datetime, seconds: int) -> str:
    """The moment so many seconds later, as ``Date`` of HTTP gives it."""
    return format_datetime(start + timedelta(seconds=seconds), usegmt=True)


class Environment:
    """What one process keeps between its invocations.

    Args:
        scheduler: whose tasks run in it.
        client: DynamoDB's.
        clock: its own.
        price_book: shared; it is data.
        topic: SNS's client.
        watch: wraps the ledger, to see what it answers.
        s3: S3's client; ``None`` where nothing is set aside for outages.
        kept: is told what the store keeps of a call's end, by slot.
    """

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        client: Any,
        clock: SkewedClock,
        price_book: PriceBook,
        topic: Any,
        watch: Callable[[DynamoDbLedger], Any],
        s3: Any = None,
        kept: Callable[[str, Any], None] = lambda _slot, _resolution: None,
    ) -> None:
        self._scheduler = scheduler
        self._topic = topic
        self._watch = watch
        self._s3 = s3
        self._kept = kept
        self.client = client
        self.clock = clock
        self.price_book = price_book
        self.calls = LedgerCalls(client, TABLE)
        self.invocation = ""
        """Names the one that runs here, as Lambda's request id does."""
        self.sagemaker: Any = None
        """Endpoints, where a configuration has some."""

    def pause(self, attempt: int) -> None:
        """As ``system_clock.pause``, on virtual time."""
        longest = min(system_clock.PAUSE_SECONDS_MAX, 0.002 * 2.0 ** min(attempt, 10))
        self._scheduler.sleep(
            int(self._scheduler.current.random.random() * longest * latencies.SECOND)
        )

    @cached_property
    def ledger(self) -> Any:
        return self._watch(DynamoDbLedger(self.calls, self.pause))

    @cached_property
    def books(self) -> DynamoDbBooks:
        return DynamoDbBooks(self.calls, self.pause, self.clock)

    @cached_property
    def store(self) -> DynamoDbConfigStore:
        return DynamoDbConfigStore(self.calls, self.clock)

    @cached_property
    def config_source(self) -> CachedConfigSource:
        return CachedConfigSource(self.store, self.clock)

    @cached_property
    def admission(self) -> Admission:
        return Admission(
            config_source=self.config_source,
            price_book=self.price_book,
            ledger=self.ledger,
            clock=self.clock,
            without_ledger=self._decide_without_ledger if self._s3 else None,
            circuits=CircuitAdvice(
                circuits=CachedCircuits(lambda: self._circuits, self.clock),
                pause=lambda: self.pause(10),
            ),
            retry_records=self._retries,
            run_trees=lambda: self._run_trees,
            sleepers=lambda: self._sleepers,
        )

    @cached_property
    def _sleepers(self) -> CachedSleepers:
        return CachedSleepers(lambda: DynamoDbSleeps(self.calls), self.clock)

    @cached_property
    def _run_trees(self) -> KnownRunTrees:
        return KnownRunTrees(DynamoDbRunTrees(self.calls, self.pause))

    @cached_property
    def _circuits(self) -> DynamoDbCircuits:
        return DynamoDbCircuits(self.calls, REGION)

    @cached_property
    def _retries(self) -> DynamoDbRetries:
        return DynamoDbRetries(self.calls, REGION, self.pause)

    @cached_property
    def model_watch(self) -> ModelWatch:
        return ModelWatch(store=self._circuits, config_source=self.config_source, clock=self.clock)

    @property
    def trying_again(self) -> dict[str, Any]:
        return {"config_source": self.config_source, "bank": self._retries, "clock": self.clock}

    def _decide_without_ledger(self, outage: Outage) -> Decision | str:
        emergency = EmergencyAdmission(
            store=self.emergency_store(STORE_SECONDS_MAX),
            price_book=self.price_book,
            clock=self.clock,
        )
        return emergency.decide(outage)

    @property
    def has_store(self) -> bool:
        """Whether anything can be set aside for outages."""
        return self._s3 is not None

    def emergency_store(self, seconds_max: int | None = None) -> S3EmergencyStore:
        """As bootstrap makes it: after so many seconds it asks for nothing more."""
        until = None if seconds_max is None else self.clock.now() + timedelta(seconds=seconds_max)
        return S3EmergencyStore(
            S3Objects(
                self._s3, BUCKET, self.pause, lambda: until is None or self.clock.now() < until
            )
        )

    @property
    def outcomes(self) -> Callable[[], OutcomeKeeper] | None:
        """As settlement gets it; what it is told is heard."""
        return (lambda: _WatchedOutcomes(self.emergency_store(), self._kept)) if self._s3 else None

    def allowance_keeper(self) -> AllowanceKeeper:
        """For one run."""
        return AllowanceKeeper(
            config_source=self.config_source,
            price_book=self.price_book,
            ledger=self.ledger,
            store=self.emergency_store(UPKEEP_SECONDS_MAX),
            log=self.decision_log,
            clock=self.clock,
        )

    @cached_property
    def decision_log(self) -> DynamoDbDecisionLog:
        return DynamoDbDecisionLog(JournalCalls(self.client, TABLE))

    @cached_property
    def outbox(self) -> DynamoDbAlertOutbox:
        return DynamoDbAlertOutbox(self.calls, self.pause)

    @cached_property
    def alerts(self) -> SnsAlerts:
        return SnsAlerts(self._topic, "arn:aws:sns:us-east-1:123456789012:alerts")

    @cached_property
    def projection(self) -> dict[str, Any]:
        return {
            "journal": CountedJournal(
                journal=DynamoDbJournal(JournalCalls(self.client, TABLE), self.calls, self.pause),
                watch=self.model_watch,
                bank=self._retries,
                config_source=self.config_source,
            ),
            "outbox": self.outbox,
            "alerts": self.alerts,
            "ledger": self.ledger,
            "config": self.config_source,
            "limits": self.books,
            "marks": DynamoDbStreamWatch(self.calls),
            "clock": self.clock,
        }


class _WatchedOutcomes:
    """The store as settlement sees it, and a note of what it answers."""

    def __init__(self, store: OutcomeKeeper, kept: Callable[[str, Any], None]) -> None:
        self._store = store
        self._kept = kept

    def put_outcome(self, slot_id: str, resolution: Any) -> Any:
        """See the port."""
        stands = self._store.put_outcome(slot_id, resolution)
        self._kept(slot_id, stands)
        return stands
