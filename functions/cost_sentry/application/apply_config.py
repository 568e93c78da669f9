"""Put a checked configuration in force. Doing it twice changes nothing the second time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.application.config_changes import (
    ChangedThing,
    ChangeKind,
    ConfigChange,
    plan_config,
)
from cost_sentry.application.config_document import (
    config_from_document,
    config_to_document,
    with_version,
)
from cost_sentry.application.ports import Clock, ConfigStore, LedgerBooks
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.sentry_config import SentryConfig

__all__ = [
    "AppliedConfig",
    "ChangeKind",
    "ChangedThing",
    "ConfigChange",
    "apply_config",
    "plan_config",
    "read_config",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedConfig:
    """What applying did."""

    version: str
    """In force now."""
    replaced: str | None
    """The version in force before; ``None`` at first. Equal to ``version`` if it stayed."""
    changes: tuple[ConfigChange, ...]
    """Empty: nothing changed."""
    at: datetime


def read_config(store: ConfigStore) -> SentryConfig | None:
    """The configuration in force; ``None`` before the first."""
    stored = store.read()
    return config_from_document(stored[1]) if stored else None


def apply_config(
    wanted: SentryConfig, *, store: ConfigStore, books: LedgerBooks, clock: Clock
) -> AppliedConfig:
    """Define every budget in the ledger, then put ``wanted`` in force; say what changed.

    Limits take effect at the ledger at once and keep what is spent. They come first, because a
    budget in force that the ledger does not know would refuse everyone. Every budget is defined
    every time, so a run that was cut short, or a limit changed elsewhere, is set right.

    Raises:
        ConfigurationError: A budget would change its unit, window or time zone. Nothing was
            changed, unless it is a budget that was once removed; then only budgets not in force
            were.
        LedgerContention: Another operator changed the configuration meanwhile; theirs holds.
        LedgerUnavailable: The ledger could not be asked; safe to try again.
    """
    wanted, now = with_version(wanted), clock.now()
    stored = store.read()
    current = config_from_document(stored[1]) if stored else None
    changes = plan_config(current, wanted, books.limits())
    _define(_new_ones_first(current, wanted), books, now)
    replaced = stored[0] if stored else None
    if replaced != wanted.version:
        _put_in_force(wanted, replaced, store, books, now)
    return AppliedConfig(version=wanted.version, replaced=replaced, changes=changes, at=now)


def _new_ones_first(current: SentryConfig | None, wanted: SentryConfig) -> list[Budget]:
    # The ledger remembers removed budgets and refuses a new unit, window or time zone for their
    # ids. Asked first, it refuses before any limit in force was touched.
    in_force = {budget.id for budget in current.budgets} if current else set()
    return sorted(wanted.budgets, key=lambda budget: budget.id in in_force)


def _define(budgets: Iterable[Budget], books: LedgerBooks, now: datetime) -> None:
    for budget in budgets:
        books.define(budget.in_ledger, budget.window_at(now).id)


def _put_in_force(
    wanted: SentryConfig,
    replaced: str | None,
    store: ConfigStore,
    books: LedgerBooks,
    now: datetime,
) -> None:
    try:
        store.write(wanted.version, config_to_document(wanted), replaced)
    except LedgerContention:
        # The other operator's limits may have been overwritten by ours a moment ago.
        winner = read_config(store)
        _define(winner.budgets if winner else (), books, now)
        raise
