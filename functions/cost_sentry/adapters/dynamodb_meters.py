"""The meters on DynamoDB, read. The journal writes them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import Item
from cost_sentry.adapters.meter_items import (
    hour_pk,
    meter_key,
    meter_of,
    meters_pk,
    minute_in,
    minute_sk,
    scope_of,
)
from cost_sentry.application.meter_ports import ScopeMinute
from cost_sentry.domain.meter import MODEL, Meter, Scope

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


class DynamoDbMeters:
    """``meter_ports.Meters`` and ``OwnUse``.

    Args:
        calls: the journal's calls to the table.
        items: single items of the same table.
        now: the time, so that hours to come are not asked for.
    """

    def __init__(
        self, calls: JournalCalls, items: LedgerCalls, now: Callable[[], datetime]
    ) -> None:
        self._calls = calls
        self._items = items
        self._now = now

    def active(self, since: datetime) -> Sequence[Scope]:
        """See the port. One question for each hour; half a read unit where nobody called."""
        found: dict[Scope, None] = {}
        hour, last = since, self._now() + _MINUTE  # Another's clock may be ahead.
        while hour_pk(hour) <= hour_pk(last):
            found |= {scope_of(item["sk"]["S"]): None for item in self._calls.query(hour_pk(hour))}
            hour += _HOUR
        return tuple(found)

    def minutes(self, scope: Scope, since: datetime, until: datetime) -> Sequence[ScopeMinute]:
        """See the port."""
        return [_scope_minute(item) for item in self._between(scope, since, until)]

    def own(self, model_id: str, since: datetime, until: datetime) -> Mapping[datetime, Meter]:
        """See the port."""
        items = self._between((MODEL, model_id), since, until)
        return {minute_in(item): meter_of(item) for item in items}

    def slots(self, model_id: str) -> Meter:
        """See the port."""
        return meter_of(self._items.get(meter_key((MODEL, model_id), None)))

    def _between(self, scope: Scope, since: datetime, until: datetime) -> list[Item]:
        last = until - timedelta(microseconds=1)
        return self._calls.query_between(meters_pk(scope), minute_sk(since), minute_sk(last))


def _scope_minute(item: Item) -> ScopeMinute:
    meter = meter_of(item)
    used = meter.used
    return ScopeMinute(
        minute=minute_in(item),
        calls=used.calls,
        picodollars=used.picodollars,
        input_tokens=used.input_tokens + used.cache_read_tokens + used.cache_write_tokens,
        output_tokens=used.output_tokens,
        held_calls=meter.held.calls,
        held_picodollars=meter.held.picodollars,
    )
