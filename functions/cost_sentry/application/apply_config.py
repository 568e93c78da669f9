"""Put a checked configuration in force. Doing it twice changes nothing the second time."""

from collections.abc import Iterable, Mapping
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
from cost_sentry.application.config_size import must_fit
from cost_sentry.application.ports import Clock, ConfigStore, LedgerBooks
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import LedgerContention, LedgerUnavailable
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
    """Put ``wanted`` in force, and then its limits; say what changed.

    Budgets that are not in force yet are defined first: one in force that the ledger does not know
    would refuse everyone. The limits of the others follow what is in force, so that whatever is
    refused changes none of them. They take effect at once and keep what is spent. Every budget is
    defined every time, so a run that was cut short, or a limit changed elsewhere, is set right.

    Raises:
        ConfigurationError: It is too large to be stored, or a budget would change its unit, window
            or time zone. Nothing was changed but budgets that are not in force.
        LedgerContention: Another operator changed the configuration meanwhile; theirs holds.
        LedgerUnavailable: The ledger could not be asked, and the message says if ``wanted`` may be
            in force; safe to try again.
    """
    wanted, now = with_version(wanted), clock.now()
    document = config_to_document(wanted)
    must_fit(document)
    stored = store.read()
    current = config_from_document(stored[1]) if stored else None
    changes = plan_config(current, wanted, books.limits())
    in_force = {budget.id for budget in current.budgets} if current else set()
    _define((one for one in wanted.budgets if one.id not in in_force), books, now)
    replaced = stored[0] if stored else None
    try:
        if replaced != wanted.version:
            _put_in_force(wanted.version, document, replaced, store)
    except LedgerContention:
        # A budget that is new in theirs and in ours has our limit, if ours was the later one.
        _set_limits(read_config(store), store, books, now)
        raise
    _set_limits_of(wanted, store, books, now)
    return AppliedConfig(version=wanted.version, replaced=replaced, changes=changes, at=now)


def _define(budgets: Iterable[Budget], books: LedgerBooks, now: datetime) -> None:
    for budget in budgets:
        books.define(budget.in_ledger, budget.window_at(now).id)


def _put_in_force(
    version: str, document: Mapping[str, object], replaced: str | None, store: ConfigStore
) -> None:
    """An answer that was lost on its way back is no failure."""
    try:
        store.write(version, document, replaced)
    except LedgerContention:
        raise
    except LedgerUnavailable as error:
        if not _is_in_force(version, store, error):
            raise


def _is_in_force(version: str, store: ConfigStore, error: LedgerUnavailable) -> bool:
    try:
        stored = store.read()
    except LedgerUnavailable as still:
        message = f"version {version} may be in force, with limits of before; apply again ({error})"
        raise type(error)(message) from still
    return stored is not None and stored[0] == version


def _set_limits_of(
    wanted: SentryConfig, store: ConfigStore, books: LedgerBooks, now: datetime
) -> None:
    try:
        _set_limits(wanted, store, books, now)
    except LedgerUnavailable as error:
        message = (
            f"version {wanted.version} is in force, and some of its budgets may have their limits "
            f"of before: apply again, and they are set right ({error})"
        )
        raise type(error)(message) from error


def _set_limits(
    config: SentryConfig | None, store: ConfigStore, books: LedgerBooks, now: datetime
) -> None:
    """Those of ``config``, or of what took its place meanwhile: whoever is last looks again."""
    while config is not None:
        _define(config.budgets, books, now)
        latest = read_config(store)
        config = None if latest is None or latest.version == config.version else latest
