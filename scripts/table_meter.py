"""Write and read units of the ledger and the journal, counted by the size of what they touch.

``python -m scripts.table_meter`` measures, which takes minutes, and writes ``UNITS`` for the pages.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.application.entry_sequence import advanced
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.reservation import Hold, Reservation, ReservationState, Resolution
from cost_sentry.domain.shard import stamp_of
from cost_sentry.domain.usage import TokenUsage
from cost_sentry.domain.window import WindowKind
from tests.fakes.dynamodb_table import create_table

UNITS = Path(__file__).with_name("table_units.json")
CALLS_PER_MINUTE = (1, 10, 60)
"""Of one account, for which the pages say what a call costs."""
TABLE = "ledger"
ACCOUNT = "support/helpdesk"
MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODEL_SECONDS = 3
CALLS_AFTER = 8
"""After the first minute: the shard remembers now what it will, calls of the last minute."""
CALLS_COUNTED = 64
"""Eight refills of each budget; ended calls are forgotten some times meanwhile."""
_WRITE_BYTES, _READ_BYTES = 1024, 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Of one call, on average."""

    ledger_writes: Decimal
    journal_writes: Decimal
    reads: Decimal


class Meter:
    """A DynamoDB client that counts, and keeps every entry that a write of a shard leaves.

    Transactions count twice, and a condition that did not hold counts: DynamoDB bills both. Its
    answers carry the time of the run, as DynamoDB's carry its own.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 client
        self._client = client
        self.writes = 0
        self.reads = 0
        self.now = START
        self.entries: list[LedgerEntry] = []
        self._kept: set[tuple[str, int]] = set()

    def get_item(self, **arguments: Any) -> Any:  # noqa: ANN401
        """See boto3."""
        answer = self._client.get_item(**arguments)
        self.reads += units(answer.get("Item"), _READ_BYTES)
        answer["ResponseMetadata"]["HTTPHeaders"]["date"] = format_datetime(self.now, usegmt=True)
        return answer

    def query(self, **arguments: Any) -> Any:  # noqa: ANN401
        """See boto3."""
        answer = self._client.query(**arguments)
        whole = sum(size(item) for item in answer["Items"])
        self.reads += max(1, -(-whole // _READ_BYTES))
        return answer

    def update_item(self, **arguments: Any) -> Any:  # noqa: ANN401
        """See boto3."""
        before = self._written(arguments["Key"])
        try:
            answer = self._client.update_item(**arguments)
        except ClientError:
            self.writes += before
            raise
        self.writes += max(before, self._written(arguments["Key"]))
        return answer

    def transact_write_items(self, *, TransactItems: list[Any]) -> Any:  # noqa: ANN401, N803
        """See boto3."""
        answer = self._client.transact_write_items(TransactItems=TransactItems)
        for action in TransactItems:
            (body,) = action.values()
            key = body.get("Key") or {name: body["Item"][name] for name in ("pk", "sk")}
            self.writes += 2 * self._written(key)
        return answer

    def transact_get_items(self, *, TransactItems: list[Any]) -> Any:  # noqa: ANN401, N803
        """See boto3."""
        answer = self._client.transact_get_items(TransactItems=TransactItems)
        self.reads += sum(2 * units(r.get("Item"), _READ_BYTES) for r in answer["Responses"])
        return answer

    def _written(self, key: Mapping[str, Any]) -> int:
        item = self._client.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")
        if item is not None and key["pk"]["S"].startswith("ACCOUNT#"):
            self._keep(ShardState.of(item))
        return units(item, _WRITE_BYTES)

    def _keep(self, shard: ShardState) -> None:
        entry = shard.last_entry()
        if entry is not None and (entry.place, entry.sequence) not in self._kept:
            self._kept.add((entry.place, entry.sequence))
            self.entries.append(entry)


def units(item: Mapping[str, Any] | None, unit_bytes: int) -> int:
    """Units that one item of this size takes; one at least."""
    return max(1, -(-size(item or {}) // unit_bytes))


def size(item: Mapping[str, Any]) -> int:
    """Bytes of an item as DynamoDB's developer guide counts them ("Item sizes and formats")."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    (kind, content), *_ = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return (len(content.strip("-")) + 1) // 2 + 1
        case "SS" | "NS":
            return sum(len(text.encode()) for text in content)
        case "M":
            return 3 + sum(len(k.encode()) + _value_size(v) + 1 for k, v in content.items())
        case _:
            return 1


def measured(calls_per_minute: int) -> Units:
    """Run an account at this rate until it is as large as it gets, then count some calls."""
    with _sentry() as (meter, ledger, journal):
        first_counted = calls_per_minute + CALLS_AFTER
        count = Decimal(CALLS_COUNTED)
        ledger_writes = journal_writes = projected = 0
        for number in range(first_counted + CALLS_COUNTED):
            if number == first_counted:
                ledger_writes = journal_writes = meter.reads = 0
            meter.writes, meter.now = 0, START + timedelta(minutes=number / calls_per_minute)
            _pay(number, meter.now, ledger)
            ledger_writes, meter.writes = ledger_writes + meter.writes, 0
            entries, projected = meter.entries[projected:], len(meter.entries)
            _project(entries, meter.now, ledger, journal)
            journal_writes += meter.writes
        return Units(
            ledger_writes=ledger_writes / count,
            journal_writes=journal_writes / count,
            reads=meter.reads / count,
        )


@contextmanager
def _sentry() -> Iterator[tuple[Meter, DynamoDbLedger, DynamoDbJournal]]:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1", **keys)
        create_table(client, TABLE)
        meter = Meter(client)
        calls = LedgerCalls(meter, TABLE)
        books = DynamoDbBooks(calls, _no_pause, _Noon())
        for budget in _budgets():
            books.define(budget, budget.window_at(START).id)
        journal = DynamoDbJournal(JournalCalls(meter, TABLE), calls, _no_pause)
        yield meter, DynamoDbLedger(calls, _no_pause), journal


class _Noon:
    def now(self) -> datetime:
        return START


def _no_pause(_attempt: int) -> None:
    return None


def _budgets() -> tuple[Budget, ...]:
    plenty = 10**15
    return (
        Budget(id="organisation", scope={}, unit=Unit.USD, window=WindowKind.MONTH, limit=plenty),
        Budget(
            id="support-daily",
            scope={"team": "support"},
            unit=Unit.USD,
            window=WindowKind.DAY,
            limit=plenty,
        ),
    )


def _pay(number: int, at: datetime, ledger: DynamoDbLedger) -> None:
    """One call, reserved and settled."""
    answer = ledger.reserve(_reservation(number, at))
    if not isinstance(answer, Reserved):
        raise TypeError(f"call {number} was not reserved: {answer}")
    ledger.resolve(answer.reservation, _resolution(answer.reservation))


def _project(
    entries: list[LedgerEntry], at: datetime, ledger: DynamoDbLedger, journal: DynamoDbJournal
) -> None:
    """As ``project_entries`` does for a batch that holds one call, made at that time."""
    now = at + timedelta(seconds=MODEL_SECONDS + 1)
    journal.write(entries)
    for budget in _budgets():
        journal.totals(budget.id, budget.window_at(now).id)
    for place in dict.fromkeys(entry.place for entry in entries):
        before = journal.progress(place)
        after, _ = advanced(place, before, [e.sequence for e in entries if e.place == place])
        journal.advance(place, before, after)
        ledger.forget(place, now)


def _request_id(number: int, at: datetime) -> str:
    """A version 7 UUID, as the client makes it: it proves that it is new."""
    return str(UUID(int=int(at.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | number))


def _reservation(number: int, at: datetime) -> Reservation:
    request_id = _request_id(number, at)
    quote = 3_034_900_000
    return Reservation(
        request_id=request_id,
        account=ACCOUNT,
        attempt=stamp_of(request_id),
        digest="0" * 32,
        decision="ALLOW",
        model_asked=MODEL,
        model_used=MODEL,
        price_version="2026-11-21+000000000000",
        input_bound_tokens=1_259,
        output_limit_tokens=300,
        quote_picodollars=quote,
        holds=tuple(
            Hold(budget_id=b.id, window_id=b.window_at(at).id, unit=b.unit, amount=quote)
            for b in _budgets()
        ),
        tags={"team": "support", "application": "helpdesk"},
        priority="normal",
        reserved_at=at,
        expires_at=at + timedelta(seconds=420),
    )


def _resolution(held: Reservation) -> Resolution:
    usage = TokenUsage(input_tokens=21, output_tokens=190)
    return Resolution(
        state=ReservationState.SETTLED,
        resolved_at=held.reserved_at + timedelta(seconds=MODEL_SECONDS),
        cost_picodollars=1_068_100_000,
        total_tokens=usage.total_tokens,
        usage=usage,
        estimated=False,
        reason="usage reported",
    )


def units_text(rates: tuple[int, ...] = CALLS_PER_MINUTE) -> str:
    """What was measured, as it is kept."""
    found = {rate: measured(rate) for rate in rates}
    kept = {str(rate): {n: str(v) for n, v in asdict(u).items()} for rate, u in found.items()}
    return json.dumps(kept, indent=2) + "\n"


def units_kept() -> dict[int, Units]:
    """By calls per minute."""
    kept = json.loads(UNITS.read_text(encoding="utf-8"))
    return {
        int(rate): Units(**{name: Decimal(text) for name, text in units_of.items()})
        for rate, units_of in kept.items()
    }


if __name__ == "__main__":
    UNITS.write_text(units_text(), encoding="utf-8")
