"""Which rules hold of endpoints: those of ``sentry.yaml``, or what is left for those that sleep.

Whoever takes ``endpoints`` out of ``sentry.yaml`` wants no more sleeps. What sleeps by then cannot
wake by itself: it is looked after until it has woken, and nothing else is begun.
"""

from collections.abc import Iterable

from cost_sentry.application.endpoint_ports import SleepRecords
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepRecord
from cost_sentry.domain.sentry_config import SentryConfig


def rules_for_all(config: SentryConfig, records: SleepRecords) -> EndpointRules | None:
    """For a scheduled run; ``None``: there is nothing to do. Raises ``LedgerUnavailable``."""
    if config.endpoints is not None:
        return config.endpoints
    kept = records.all()
    under_way = [record for record in kept.records if not record.has_ended]
    return withdrawn(under_way) if under_way or kept.unreadable else None


def rules_for(name: str, config: SentryConfig, records: SleepRecords) -> EndpointRules | None:
    """For one endpoint; ``None``: nobody put it to sleep. Raises ``LedgerUnavailable``."""
    if config.endpoints is not None:
        return config.endpoints
    record = records.read(name)
    return None if record is None else withdrawn([record])


def withdrawn(records: Iterable[SleepRecord]) -> EndpointRules:
    """Instances cost what they did when these fell asleep: of two prices the higher counts."""
    prices: dict[str, int] = {}
    for kind, price in (one for record in records for one in record.prices.items()):
        prices[kind] = max(price, prices.get(kind, 0))
    return EndpointRules(is_withdrawn=True, instance_prices=prices)
