"""Put a checked configuration in force. Doing it twice changes nothing the second time."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.application.config_changes import (
    ChangedThing,
    ChangeKind,
    ConfigChange,
    plan_config,
)
from cost_sentry.application.config_document import config_to_document, with_version
from cost_sentry.application.config_size import must_fit
from cost_sentry.application.ports import Clock, ConfigStore, LedgerBooks
from cost_sentry.application.raised_limits import as_raised, measures_on_record, without_raises
from cost_sentry.application.stored_config import (
    NotCompared,
    StoredConfig,
    not_compared,
    stored_config,
)
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import ConfigurationError, LedgerContention, LedgerUnavailable
from cost_sentry.domain.measure import Measures
from cost_sentry.domain.sentry_config import SentryConfig

__all__ = [
    "AppliedConfig",
    "ChangeKind",
    "ChangedThing",
    "ConfigChange",
    "apply_config",
    "plan_config",
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
    not_compared: NotCompared | None = None
    """What ``changes`` cannot tell, if the version in force before could not be read."""


def apply_config(
    wanted: SentryConfig, *, store: ConfigStore, books: LedgerBooks, clock: Clock
) -> AppliedConfig:
    """Put ``wanted`` in force, and then its limits; say what changed.

    Budgets that are not in force yet are defined first: one in force that the ledger does not know
    would refuse everyone. The limits of the others follow what is in force, so that whatever is
    refused changes none of them. They take effect at once and keep what is spent. Every budget is
    defined every time, so a run that was cut short, or a limit changed elsewhere, is set right.
    Raises in force stay on top of the limits, whatever those become.

    One in force that cannot be read is replaced like any other, or nobody could ever apply again.
    Which budgets it has the ledger tells: one that is known there may be in force.

    Raises:
        ConfigurationError: It is too large to be stored, or a budget would change its unit, window
            or time zone: nothing was changed. Or another operator put one in force meanwhile that
            cannot be read, so that nobody here can set its limits.
        LedgerContention: Another operator changed the configuration meanwhile; theirs holds.
        LedgerUnavailable: The ledger could not be asked, and the message says if ``wanted`` may be
            in force; safe to try again.
    """
    wanted, now = with_version(wanted), clock.now()
    document = config_to_document(wanted)
    must_fit(document)
    before, limits, measures = stored_config(store), books.limits(), measures_on_record(store)
    unraised = without_raises(limits, wanted.budgets, measures, now)
    changes = plan_config(before.config if before else None, wanted, unraised)
    books.refuse_other_kinds(budget.in_ledger for budget in wanted.budgets)
    in_force = _budgets_in_force(before, limits)
    new = (one for one in wanted.budgets if one.id not in in_force)
    _define(new, measures, books, now)
    replaced = before.version if before else None
    try:
        if not _holds(before, wanted.version):
            _put_in_force(wanted.version, document, replaced, store)
    except LedgerContention:
        # A budget that is new in theirs and in ours has our limit, if ours was the later one.
        _set_limits(_latest(wanted, store), store, books, now)
        raise
    _set_limits_of(wanted, store, books, now)
    return AppliedConfig(
        version=wanted.version,
        replaced=replaced,
        changes=changes,
        at=now,
        not_compared=not_compared(before, wanted, limits),
    )


def _budgets_in_force(before: StoredConfig | None, limits: Mapping[str, int]) -> Container[str]:
    if before is None:
        return ()
    return limits if before.config is None else {budget.id for budget in before.config.budgets}


def _holds(stored: StoredConfig | None, version: str) -> bool:
    """Whether this version is in force, and not what was left of it."""
    return stored is not None and stored.version == version and stored.config is not None


def _define(
    budgets: Iterable[Budget], measures: Measures, books: LedgerBooks, now: datetime
) -> None:
    for budget in budgets:
        books.define(as_raised(budget, measures, now), budget.window_at(now).id)


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
        stored = stored_config(store)
    except LedgerUnavailable as still:
        message = f"version {version} may be in force, with limits of before; apply again ({error})"
        raise type(error)(message) from still
    return _holds(stored, version)


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
    """Those of ``config``, or of what took its place meanwhile: whoever is last looks again.

    The same for raises: whoever raises a limit meanwhile is seen here, or sees this.
    """
    while config is not None:
        measures = measures_on_record(store)
        _define(config.budgets, measures, books, now)
        latest = _latest(config, store)
        is_same = latest is None or latest.version == config.version
        config = None if is_same and measures_on_record(store) == measures else latest


def _latest(ours: SentryConfig, store: ConfigStore) -> SentryConfig | None:
    stored = stored_config(store)
    if stored is not None and stored.config is None:
        raise ConfigurationError(
            f"another operator put version {stored.version} in force meanwhile, and its limits "
            f"cannot be set from here, so some may be those of version {ours.version}: apply "
            f"its sentry.yaml again with the version of cost-sentry that did ({stored.fault})"
        )
    return stored.config if stored else None
